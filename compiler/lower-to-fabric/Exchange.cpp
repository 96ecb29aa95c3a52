//===- Exchange.cpp - Slots travel along the columns of a group -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/Exchange.h"
#include "compiler/lower-to-fabric/Emit.h"

#include <map>

using namespace mlir;

namespace waferflow::fabric {

namespace {

/// Where a column of a token group stands: what queues it has.
struct Place {
  const char *name;
  int64_t begin, end; ///< columns of a group
  bool west, east;    ///< has a neighbour there
};

/// Two colors for a direction, by the parity of the sender.
struct Lane {
  Value even, odd;
};

/// Pieces that each column takes in from the side where they come from, and
/// that it sends on, its own first: none travels further than it is wanted.
struct Travel {
  std::vector<int64_t> takes, sends;
  bool any() const {
    return llvm::any_of(takes, [](int64_t n) { return n > 0; });
  }
};

class Exchanger {
public:
  Exchanger(StepLowering &lowering, Operation *kernel, const Held &from,
            const Held &to, const std::vector<Move> &moves, bool accumulate,
            StringRef part)
      : lowering(lowering), kernel(kernel), from(from), to(to), moves(moves),
        accumulate(accumulate), columns(lowering.tokens.groupColumns),
        piece(from.slots * lowering.tokensPerCore()),
        phase(lowering, kernel, part) {
    east = travel(true);
    west = travel(false);
  }

  LogicalResult run() {
    if (east.any() || west.any()) {
      auto pieces = lowering.scratch(kernel, from.element, 2 * piece);
      if (failed(pieces))
        return failure();
      passing = *pieces;
    }
    Lane toEast, toWest;
    if (east.any())
      toEast = lane(Link::East);
    if (west.any())
      toWest = lane(Link::West);
    SmallVector<Place> places;
    if (columns == 1)
      places = {{"only", 0, 1, false, false}};
    else
      places = {{"first", 0, 1, false, true},
                {"last", columns - 1, columns, true, false}};
    if (columns > 2)
      places.push_back({"middle", 1, columns - 1, true, true});
    for (const Place &place : places)
      for (int64_t g = 0; g < lowering.tokens.groups; ++g)
        write(place, g, toEast, toWest);
    if (east.any() || west.any())
      lowering.freeScratch(passing);
    return success();
  }

private:
  /// Pieces come in the order of their distance, so a column that wants one
  /// takes all nearer ones.
  Travel travel(bool eastward) const {
    Travel travel;
    travel.takes.assign(columns, 0);
    travel.sends.assign(columns, 0);
    int64_t step = eastward ? 1 : -1;
    for (const Move &move : moves)
      for (int64_t c = move.fromColumn, n = 1; (move.toColumn - c) * step > 0;
           ++n) {
        c += step;
        travel.takes[c] = std::max(travel.takes[c], n);
        travel.sends[c - step] = travel.takes[c];
      }
    return travel;
  }

  /// Whether something comes to every slot of every column.
  bool fillsAll() const {
    return static_cast<int64_t>(moves.size()) * lowering.tokensPerCore() ==
           columns * to.extent;
  }
  int64_t firstOf(int64_t group) const {
    return group * lowering.tokens.groupColumns;
  }
  /// Columns begin to end of a group, with their number's parity in it.
  SelectAttr parity(int64_t group, int64_t begin, int64_t end, int64_t odd) {
    int64_t first = firstOf(group);
    return phase.coresWhere(first + begin, first + end, 0, lowering.rows(),
                            phase.x() - first, 2, odd);
  }

  Lane lane(Link towards) {
    Lane lane{phase.color(), phase.color()};
    Link behind = opposite(towards);
    bool eastward = towards == Link::East;
    for (int64_t g = 0; g < lowering.tokens.groups; ++g)
      for (int64_t odd : {0, 1}) {
        Value color = odd ? lane.odd : lane.even;
        // Senders of this parity, and their neighbours, of the other.
        route(color, g, eastward ? 0 : 1, eastward ? columns - 1 : columns, odd,
              Link::Ramp, towards);
        route(color, g, eastward ? 1 : 0, eastward ? columns : columns - 1,
              1 - odd, behind, Link::Ramp);
      }
    return lane;
  }
  void route(Value color, int64_t group, int64_t begin, int64_t end,
             int64_t odd, Link rx, Link tx) {
    if (begin + (begin % 2 != odd) < end)
      phase.route(color, parity(group, begin, end, odd), rx, {tx});
  }

  /// The color by the parity of the column, in [begin, end) of a group.
  SmallVector<Code::ColorAt> colorsOf(const Place &place, int64_t group,
                                      const Lane &lane, bool sends) {
    SmallVector<Code::ColorAt> colors;
    for (int64_t odd : {0, 1})
      if (place.begin + (place.begin % 2 != odd) < place.end)
        colors.push_back({(odd == 1) == sends ? lane.odd : lane.even,
                          parity(group, place.begin, place.end, odd)});
    return colors;
  }

  void write(const Place &place, int64_t group, const Lane &toEast,
             const Lane &toWest) {
    int64_t first = firstOf(group);
    Code code(phase,
              std::string(place.name) + (group ? std::to_string(group) : ""),
              phase.cores(first + place.begin, first + place.end, 0,
                          lowering.rows()));
    Value source = code.buffer(from), target = code.buffer(to);
    Value pieces = passing.extent > 1 ? code.buffer(passing) : Value();
    struct Queues {
      Value in, out;
    } eastward, westward;
    if (east.any() && place.west)
      eastward.in = code.input(colorsOf(place, group, toEast, false));
    if (east.any() && place.east)
      eastward.out = code.output(colorsOf(place, group, toEast, true));
    if (west.any() && place.east)
      westward.in = code.input(colorsOf(place, group, toWest, false));
    if (west.any() && place.west)
      westward.out = code.output(colorsOf(place, group, toWest, true));

    Emit e(code.local("main", /*start=*/true));
    if (accumulate || !fillsAll())
      e.mov(e.dsd(target, e.at(0), e.at(to.extent)), e.real(to.element, 0));
    take(e, source, target, e.at(0), e.at(0), Side::Own);
    shift(e, source, target, pieces, eastward.in, eastward.out, east,
          Side::West);
    shift(e, source, target, pieces, westward.in, westward.out, west,
          Side::East);
  }

  /// Sends on what came last, the own slots first, and takes in what comes.
  void shift(Emit &e, Value source, Value target, Value pieces, Value in,
             Value out, const Travel &travel, Side side) {
    using arith::CmpIPredicate;
    Value sends;
    auto sendFrom = [&](Value buffer, Emit::At offset, Emit::At step) {
      e.when(e.compare(CmpIPredicate::slt, step, sends), [&] {
        e.mov(e.fabout(out, e.at(piece), from.element),
              e.dsd(buffer, offset, e.at(piece)), {/*thread=*/1});
      });
    };
    if (in || out)
      sends = e.value(e.perColumn(lowering, travel.sends));
    if (out)
      sendFrom(source, e.at(0), e.at(0));
    if (!in)
      return;
    Emit::At takes = e.perColumn(lowering, travel.takes);
    e.loop(e.at(1), e.add(takes, e.at(1)), [&](Emit::At step) {
      // Pieces alternate between two places. Those that stay come to the one
      // from where nothing is being sent.
      Value number = arith::MinSIOp::create(e.b, e.loc, e.value(step), sends);
      Emit::At half =
          arith::RemSIOp::create(e.b, e.loc, number, e.index(2)).getResult();
      Emit::At offset = e.mul(half, e.at(piece));
      e.mov(e.dsd(pieces, offset, e.at(piece)),
            e.fabin(in, e.at(piece), from.element));
      if (out)
        sendFrom(pieces, offset, step);
      take(e, pieces, target, offset, step, side);
    });
  }

  /// Takes from the piece that comes from `step` columns away what is for here.
  /// The pieces of neighbours mostly go to neighbouring places.
  void take(Emit &e, Value piece, Value target, Emit::At offset, Emit::At step,
            Side side) {
    int64_t tl = lowering.tokensPerCore();
    int64_t by = side == Side::West ? -from.slots : from.slots;
    for (const Taking &taking : takingsFrom(moves, columns, side, by)) {
      SmallVector<int64_t> first, last, fromSlots, toSlots, extents;
      for (const Run &run : taking.byColumn) {
        first.push_back(run.first);
        last.push_back(run.last);
        fromSlots.push_back(run.from * tl);
        toSlots.push_back(run.to * tl);
        extents.push_back(run.count * tl);
      }
      auto copy = [&] {
        Emit::At extent = e.perColumn(lowering, extents);
        Value a = e.dsd(piece, e.add(offset, e.perColumn(lowering, fromSlots)),
                        extent);
        Emit::At place =
            e.add(e.mul(step, e.at(by * tl)), e.perColumn(lowering, toSlots));
        Value d = e.dsd(target, place, extent);
        if (accumulate)
          e.binary<AddOp>(d, d, a);
        else
          e.mov(d, a);
      };
      using arith::CmpIPredicate;
      auto is = [&](CmpIPredicate predicate, ArrayRef<int64_t> bound) {
        return e.compare(predicate, e.perColumn(lowering, bound), step);
      };
      if (taking.exactly) {
        e.when(is(CmpIPredicate::eq, first), copy);
        continue;
      }
      Value inside;
      if (taking.notBefore)
        inside = is(CmpIPredicate::sle, first);
      if (taking.notBehind) {
        Value near = is(CmpIPredicate::sge, last);
        inside =
            inside ? arith::AndIOp::create(e.b, e.loc, inside, near) : near;
      }
      if (inside)
        e.when(inside, copy);
      else
        copy();
    }
  }

  StepLowering &lowering;
  Operation *kernel;
  const Held &from, &to;
  const std::vector<Move> &moves;
  bool accumulate;
  int64_t columns, piece;
  Travel east, west;
  Held passing;
  Phase phase;
};

} // namespace

LogicalResult exchange(StepLowering &lowering, Operation *kernel,
                       const Held &from, const Held &to,
                       const std::vector<Move> &moves, bool accumulate,
                       StringRef part) {
  return Exchanger(lowering, kernel, from, to, moves, accumulate, part).run();
}

} // namespace waferflow::fabric
