//===- Collect.cpp - Sums and maxima over cores ---------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/Collect.h"

using namespace mlir;

namespace waferflow::fabric {

namespace {

constexpr How once = {{}, {}, {}, {}, /*configured=*/false, false};

void combined(Emit &e, Combine combine, Value to, Value a, Value b) {
  if (combine == Combine::Add)
    e.binary<AddOp>(to, a, b, once);
  else if (combine == Combine::Max)
    e.binary<MaxOp>(to, a, b, once);
  else
    e.binary<MinOp>(to, a, b, once);
}

/// A chain of hops along x or y; colors alternate with the sender's number.
struct Chain {
  Value even, odd;
  Value of(int64_t sender) const { return sender % 2 ? odd : even; }
};

std::string named(const char *name, int64_t group) {
  return name + (group ? std::to_string(group) : std::string());
}

/// Columns begin to end - 1 of a group that have the number's parity.
SelectAttr parity(Phase &phase, int64_t first, int64_t begin, int64_t end,
                  int64_t odd) {
  return phase.coresWhere(first + begin, first + end, 0, phase.lowering.rows(),
                          phase.x() - first, 2, odd);
}

bool hasParity(int64_t begin, int64_t end, int64_t odd) {
  return begin + (begin % 2 != odd) < end;
}

} // namespace

void collectRows(Phase &phase, const Held &from, const Held &to,
                 Combine combine, int64_t begin, int64_t end, Part before,
                 Part after) {
  const StepLowering &lowering = phase.lowering;
  int64_t columns = lowering.tokens.groupColumns, rows = lowering.rows();
  int64_t last = end - 1;
  bool chained = end - begin > 1, back = columns > 1;
  Chain chain;
  if (chained)
    chain = {phase.color(), phase.color()};
  Value result = back ? phase.color() : Value();
  for (int64_t g = 0; g < lowering.tokens.groups; ++g) {
    int64_t first = g * columns;
    auto route = [&](Value color, int64_t b, int64_t e, int64_t odd, Link rx,
                     Link tx) {
      if (hasParity(b, e, odd))
        phase.route(color, parity(phase, first, b, e, odd), rx, {tx});
    };
    if (chained)
      for (int64_t odd : {0, 1}) {
        route(chain.of(odd), begin, last, odd, Link::Ramp, Link::East);
        route(chain.of(odd), begin + 1, end, 1 - odd, Link::West, Link::Ramp);
      }
    auto towards = [&](int64_t b, int64_t e, Link rx, ArrayRef<Link> tx) {
      if (b < e)
        phase.route(result, phase.cores(first + b, first + e, 0, rows), rx, tx);
    };
    if (back) {
      SmallVector<Link> both;
      if (last > 0)
        both.push_back(Link::West);
      if (last < columns - 1)
        both.push_back(Link::East);
      towards(last, end, Link::Ramp, both);
      towards(std::min<int64_t>(1, last), last, Link::East,
              {Link::Ramp, Link::West});
      towards(0, std::min<int64_t>(1, last), Link::East, {Link::Ramp});
      towards(end, columns - 1, Link::West, {Link::Ramp, Link::East});
      towards(std::max(end, columns - 1), columns, Link::West, {Link::Ramp});
    }
    // Those before the chain, its first column, those on the way, its last
    // one, those behind it.
    struct Piece {
      const char *name;
      int64_t begin, end;
      bool in, out;
    };
    SmallVector<Piece> pieces = {
        {"before", 0, begin, false, false},
        {"first", begin, chained ? begin + 1 : begin, false, true},
        {"middle", begin + 1, last, true, true},
        {"last", last, end, chained, false},
        {"behind", end, columns, false, false}};
    for (const Piece &piece : pieces) {
      if (piece.begin >= piece.end)
        continue;
      Code code(phase, named(piece.name, g),
                phase.cores(first + piece.begin, first + piece.end, 0, rows));
      auto colors = [&](bool sends) {
        SmallVector<Code::ColorAt> at;
        for (int64_t odd : {0, 1})
          if (hasParity(piece.begin, piece.end, odd))
            at.push_back({chain.of(sends ? odd : 1 - odd),
                          parity(phase, first, piece.begin, piece.end, odd)});
        return at;
      };
      Value in = piece.in ? code.input(colors(false)) : Value();
      Value out = piece.out ? code.output(colors(true)) : Value();
      bool isLast = piece.begin == last;
      Value share = back && isLast ? code.output(result) : Value();
      Value taken = back && !isLast ? code.input(result) : Value();
      Emit e(code.local("main", /*start=*/true));
      before(code, e);
      Value own = e.dsd(code.buffer(from), e.at(0), e.at(from.extent));
      Value sum = e.dsd(code.buffer(to), e.at(0), e.at(to.extent));
      auto queue = [&](Value q, bool input) {
        return input ? e.fabin(q, e.at(from.extent), from.element)
                     : e.fabout(q, e.at(from.extent), from.element);
      };
      if (in)
        combined(e, combine, out ? queue(out, false) : sum, queue(in, true),
                 own);
      else if (out || isLast)
        e.mov(out ? queue(out, false) : sum, own, once);
      if (share)
        e.mov(queue(share, false), sum, once);
      if (taken)
        e.mov(sum, queue(taken, true), once);
      after(code, e);
    }
  }
}

void collectScalar(Phase &phase, const Held &from, const Held &to,
                   Combine combine, bool everyColumn, Part before, Part after) {
  const StepLowering &lowering = phase.lowering;
  int64_t columns = lowering.tokens.groupColumns, rows = lowering.rows();
  int64_t groups = lowering.tokens.groups, all = groups * columns;
  bool acrossX = everyColumn && columns > 1;
  Chain x, y, g;
  if (acrossX)
    x = {phase.color(), phase.color()};
  if (rows > 1)
    y = {phase.color(), phase.color()};
  if (groups > 1)
    g = {phase.color(), phase.color()};
  Value result = all * rows > 1 ? phase.color() : Value();
  int64_t root = (groups - 1) * columns;

  for (int64_t group = 0; group < groups; ++group) {
    int64_t first = group * columns;
    if (acrossX)
      for (int64_t odd : {0, 1}) {
        if (hasParity(1, columns, odd))
          phase.route(x.of(odd), parity(phase, first, 1, columns, odd),
                      Link::Ramp, {Link::West});
        if (hasParity(0, columns - 1, 1 - odd))
          phase.route(x.of(odd), parity(phase, first, 0, columns - 1, 1 - odd),
                      Link::East, {Link::Ramp});
      }
    if (rows > 1)
      for (int64_t odd : {0, 1}) {
        if (hasParity(0, rows - 1, odd))
          phase.route(y.of(odd),
                      phase.coresWhere(first, first + 1, 0, rows - 1, phase.y(),
                                       2, odd),
                      Link::Ramp, {Link::South});
        if (hasParity(1, rows, 1 - odd))
          phase.route(y.of(odd),
                      phase.coresWhere(first, first + 1, 1, rows, phase.y(), 2,
                                       1 - odd),
                      Link::North, {Link::Ramp});
      }
    if (group + 1 < groups) {
      Value color = g.of(group);
      phase.route(color, phase.cores(first, first + 1, rows - 1, rows),
                  Link::Ramp, {Link::East});
      if (columns > 1)
        phase.route(color,
                    phase.cores(first + 1, first + columns, rows - 1, rows),
                    Link::West, {Link::East});
      phase.route(
          color,
          phase.cores(first + columns, first + columns + 1, rows - 1, rows),
          Link::West, {Link::Ramp});
    }
  }
  if (result) {
    // Along the last row, and up every column.
    auto lastRow = [&](int64_t begin, int64_t end, Link rx,
                       SmallVector<Link> tx) {
      if (begin >= end)
        return;
      if (rx != Link::Ramp)
        tx.push_back(Link::Ramp);
      if (rows > 1)
        tx.push_back(Link::North);
      phase.route(result, phase.cores(begin, end, rows - 1, rows), rx, tx);
    };
    SmallVector<Link> both;
    if (root > 0)
      both.push_back(Link::West);
    if (root < all - 1)
      both.push_back(Link::East);
    lastRow(root, root + 1, Link::Ramp, both);
    lastRow(1, root, Link::East, {Link::West});
    lastRow(0, std::min<int64_t>(1, root), Link::East, {});
    lastRow(root + 1, all - 1, Link::West, {Link::East});
    lastRow(std::max(root + 1, all - 1), all, Link::West, {});
    if (rows > 2)
      phase.route(result, phase.cores(0, all, 1, rows - 1), Link::South,
                  {Link::Ramp, Link::North});
    if (rows > 1)
      phase.route(result, phase.cores(0, all, 0, 1), Link::South, {Link::Ramp});
  }

  struct Piece {
    std::string name;
    int64_t x0, x1, y0, y1;
  };
  for (int64_t group = 0; group < groups; ++group) {
    int64_t first = group * columns, behind = first + columns;
    SmallVector<Piece> pieces;
    auto add = [&](const char *name, int64_t x0, int64_t x1, int64_t y0,
                   int64_t y1) {
      if (x0 < x1 && y0 < y1)
        pieces.push_back({named(name, group), x0, x1, y0, y1});
    };
    add("top", first, first + 1, 0, rows > 1 ? 1 : 0);
    add("down", first, first + 1, 1, rows - 1);
    add("bottom", first, first + 1, rows - 1, rows);
    add("others", first + 1, acrossX ? behind - 1 : behind, 0, rows);
    add("end", std::max(first + 1, behind - 1), acrossX ? behind : first, 0,
        rows);
    for (const Piece &piece : pieces) {
      bool leads = piece.x0 == first, lowest = piece.y1 == rows;
      bool isRoot =
          leads && lowest && piece.y0 == rows - 1 && group == groups - 1;
      Code code(phase, piece.name,
                phase.cores(piece.x0, piece.x1, piece.y0, piece.y1));
      auto colorsX = [&](bool sends) {
        SmallVector<Code::ColorAt> at;
        for (int64_t odd : {0, 1})
          if (hasParity(piece.x0 - first, piece.x1 - first, odd))
            at.push_back(
                {x.of(sends ? odd : 1 - odd),
                 phase.coresWhere(piece.x0, piece.x1, piece.y0, piece.y1,
                                  phase.x() - first, 2, odd)});
        return at;
      };
      auto colorsY = [&](bool sends) {
        SmallVector<Code::ColorAt> at;
        for (int64_t odd : {0, 1})
          if (hasParity(piece.y0, piece.y1, odd))
            at.push_back({y.of(sends ? odd : 1 - odd),
                          phase.coresWhere(piece.x0, piece.x1, piece.y0,
                                           piece.y1, phase.y(), 2, odd)});
        return at;
      };
      Value inX, inY, inG, out;
      if (acrossX && piece.x1 < behind)
        inX = code.input(colorsX(false));
      if (leads && piece.y0 > 0)
        inY = code.input(colorsY(false));
      bool bottom = leads && lowest && piece.y0 == rows - 1;
      if (bottom && group > 0)
        inG = code.input(g.of(group - 1));
      if (!leads && acrossX)
        out = code.output(colorsX(true));
      else if (leads && !bottom)
        out = code.output(colorsY(true));
      else if (bottom && !isRoot)
        out = code.output(g.of(group));
      Value share = result && isRoot ? code.output(result) : Value();
      Value taken = result && !isRoot ? code.input(result) : Value();
      Emit e(code.local("main", /*start=*/true));
      if (leads || acrossX)
        before(code, e);
      Value own = e.dsd(code.buffer(from), e.at(0), e.at(1));
      Value sum = e.dsd(code.buffer(to), e.at(0), e.at(1));
      // What comes last is passed on with the own sum as it comes.
      SmallVector<Value> ins = {inX, inY, inG};
      llvm::erase_if(ins, [](Value in) { return !in; });
      for (auto [i, in] : llvm::enumerate(ins))
        combined(e, combine,
                 out && i + 1 == ins.size()
                     ? e.fabout(out, e.at(1), from.element)
                     : own,
                 e.fabin(in, e.at(1), from.element), own);
      if (out && ins.empty())
        e.mov(e.fabout(out, e.at(1), from.element), own, once);
      if (isRoot)
        e.mov(sum, own, once);
      if (share)
        e.mov(e.fabout(share, e.at(1), to.element), sum, once);
      if (taken)
        e.mov(sum, e.fabin(taken, e.at(1), to.element), once);
      after(code, e);
    }
  }
}

South routeSouth(Phase &phase) {
  const StepLowering &lowering = phase.lowering;
  int64_t all = lowering.columns(), rows = lowering.rows();
  int64_t height = lowering.machine.height;
  South south{phase, phase.color(), Value()};
  if (rows > 1)
    south.odd = phase.color();
  for (int64_t odd : {0, 1}) {
    Value color = odd ? south.odd : south.even;
    if (hasParity(0, rows, odd))
      phase.route(color, phase.coresWhere(0, all, 0, rows, phase.y(), 2, odd),
                  Link::Ramp, {Link::South});
    if (hasParity(1, rows, 1 - odd))
      phase.route(color,
                  phase.coresWhere(0, all, 1, rows, phase.y(), 2, 1 - odd),
                  Link::North, {Link::Ramp});
  }
  if (rows < height)
    phase.route(south.last(), phase.cores(0, all, rows, height), Link::North,
                {Link::South});
  return south;
}

void eachRow(const South &south,
             llvm::function_ref<void(Code &, Emit &, Value, Value)> write) {
  Phase &phase = south.phase;
  int64_t all = phase.lowering.columns(), rows = phase.lowering.rows();
  struct Piece {
    const char *name;
    int64_t begin, end;
  };
  for (const Piece &piece : {Piece{"top", 0, 1}, Piece{"below", 1, rows}}) {
    if (piece.begin >= piece.end)
      continue;
    Code code(phase, piece.name, phase.cores(0, all, piece.begin, piece.end));
    auto colors = [&](bool sends) {
      SmallVector<Code::ColorAt> at;
      for (int64_t odd : {0, 1})
        if (hasParity(piece.begin, piece.end, odd))
          at.push_back({(odd == 1) == sends ? south.odd : south.even,
                        phase.coresWhere(0, all, piece.begin, piece.end,
                                         phase.y(), 2, odd)});
      return at;
    };
    Value in = piece.begin > 0 ? code.input(colors(false)) : Value();
    Value out = code.output(colors(true));
    Emit e(code.local("main", /*start=*/true));
    write(code, e, in, out);
  }
}

} // namespace waferflow::fabric
