//===- SlotPlan.cpp - Element-wise work, slot by slot ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/SlotPlan.h"
#include "compiler/elements/ElementBody.h"
#include "compiler/elements/SlotCompiler.h"

using namespace mlir;

namespace waferflow::fabric {

using Kind = Element::Kind;

FailureOr<int64_t> SlotPlan::slotOf(flow::LayoutAttr layout, int64_t column,
                                    int64_t feature, int32_t input) {
  auto [of, isNew] = slotMaps.try_emplace(layout.getAsOpaquePointer());
  if (isNew)
    for (const auto &features : lowering.layoutOf(layout).features) {
      auto &slots = of->second.emplace_back();
      for (auto [slot, held] : llvm::enumerate(features))
        if (held >= 0)
          slots[held] = static_cast<int64_t>(slot);
    }
  const auto &slots = of->second[column];
  if (auto it = slots.find(feature); it != slots.end())
    return it->second;
  return kernel->emitOpError()
         << "needs feature " << feature << " of its input " << input
         << " in column " << column << ", which holds another part of it";
}

int32_t SlotPlan::table(Where &where, const Element &constant) {
  bool positions = constant.kind == Kind::Positions;
  int number = static_cast<int>(constant.number);
  int64_t ordinal = where.ordinals[{positions, number}]++;
  flow::LayoutAttr layout = where.job->slots.layout;
  auto [it, isNew] =
      where.job->tables.emplace(std::tuple(positions, number, ordinal),
                                static_cast<int32_t>(tables.size()));
  if (isNew) {
    Table table;
    table.positions = positions;
    table.number = constant.number;
    size_t features = lowering.orderOf(layout).features();
    table.values.resize(positions ? 0 : features);
    table.places.resize(positions ? features : 0);
    tables.push_back(std::move(table));
  }
  Table &table = tables[it->second];
  if (positions)
    table.places[where.feature] = constant;
  else
    table.values[where.feature] = constant.value;
  return it->second;
}

int32_t SlotPlan::vector(int32_t input, flow::LayoutAttr layout) {
  for (size_t i = 0; i < vectors.size(); ++i)
    if (vectors[i].input == input && vectors[i].layout == layout)
      return static_cast<int32_t>(i);
  vectors.push_back({input, layout, Held(), Value()});
  return static_cast<int32_t>(vectors.size()) - 1;
}

/// The node of the graph with places relative to (column, slot): equal for all
/// slots that do the same.
FailureOr<int32_t> SlotPlan::relative(int32_t node, Where &where) {
  return nodes.copy(graph, node, where.known,
                    [&](int32_t leaf) { return relativeLeaf(leaf, where); });
}

FailureOr<Element> SlotPlan::relativeLeaf(int32_t node, Where &where) {
  Element element = graph[node];
  switch (element.kind) {
  case Kind::FeatureConstant:
  case Kind::Positions:
    return Element::leaf(element.kind, element.number, table(where, element));
  case Kind::Activation:
  case Kind::Feature: {
    bool isVector = element.kind == Kind::Feature;
    flow::LayoutAttr layout =
        isVector ? where.job->slots.layout
                 : lowering.held(kernel->getOperand(element.input)).layout;
    auto slot = slotOf(layout, where.column, element.index, element.input);
    if (failed(slot))
      return failure();
    element.index = *slot - where.slot;
    if (isVector)
      element.shift = vector(element.input, layout);
    return element;
  }
  case Kind::OverFeatures:
  case Kind::OverTokens: {
    auto it = bound.find(node);
    if (it == bound.end())
      return kernel->emitOpError("uses what it sums up over tokens for each "
                                 "feature, which stays in the columns");
    int64_t index = 0;
    while (index < static_cast<int64_t>(results.size()) &&
           results[index].address != it->second.address)
      ++index;
    if (index == static_cast<int64_t>(results.size()))
      results.push_back(it->second);
    return Element::leaf(element.ofToken ? Kind::RowScalar : Kind::Scalar,
                         element.number, index);
  }
  default:
    return element;
  }
}

LogicalResult SlotPlan::formJob(Job &job) {
  ColumnLayout layout = lowering.layoutOf(job.slots.layout);
  std::map<std::vector<int32_t>, int32_t> forms;
  std::set<int32_t> seen;
  job.form.resize(layout.columns());
  for (int64_t c = 0; c < layout.columns(); ++c) {
    job.form[c].assign(layout.slots(), -1);
    for (int64_t s = 0; s < layout.slotsOf(c); ++s) {
      int32_t feature = layout.features[c][s];
      if (feature < 0 || (job.slots.once && !seen.insert(feature).second) ||
          job.slots.nodes[feature].empty())
        continue;
      Where where;
      where.job = &job;
      where.column = c;
      where.slot = s;
      where.feature = feature;
      std::vector<int32_t> form;
      for (int32_t node : job.slots.nodes[feature]) {
        auto local = relative(node, where);
        if (failed(local))
          return failure();
        form.push_back(*local);
      }
      auto [it, isNew] =
          forms.emplace(form, static_cast<int32_t>(job.forms.size()));
      if (isNew)
        job.forms.push_back(form);
      job.form[c][s] = it->second;
    }
  }
  findPeriod(job);
  return success();
}

/// One code for slots s, s + 1, .. s + period - 1 of every column, if columns
/// hold whole periods from slot 0 on.
void SlotPlan::findPeriod(Job &job) {
  int64_t slots = job.form.empty() ? 0 : job.form.front().size();
  for (int64_t period : {int64_t(1), int64_t(2)}) {
    std::vector<int32_t> wanted(period, -1);
    bool repeats = true;
    for (const std::vector<int32_t> &column : job.form) {
      int64_t held = llvm::find(column, -1) - column.begin();
      repeats &= held % period == 0;
      for (int64_t s = 0; s < slots && repeats; ++s) {
        int32_t &form = wanted[s % period];
        if (s < held && form < 0)
          form = column[s];
        repeats = s < held ? column[s] == form : column[s] < 0;
      }
    }
    if (repeats) {
      job.period = period;
      return;
    }
  }
}

/// How many of the first numbers are repeated by all others: a head's, where
/// heads have the same.
static size_t periodOf(const StepLowering::Positions &numbers) {
  size_t count = numbers.size();
  for (size_t period = 1; period < count; ++period)
    if (count % period == 0 &&
        std::equal(numbers.begin() + period, numbers.end(), numbers.begin()))
      return period;
  return count;
}

/// [seq, features], or [seq, n] where the features repeat the first n; made
/// once for all layers, since it may be large.
DenseElementsAttr SlotPlan::positionsOf(const Table &table) {
  StepLowering::Positions key;
  for (const Element &place : table.places)
    key.push_back(
        {place.constant.getAsOpaquePointer(), place.index, place.stride});
  key.resize(periodOf(key));
  DenseElementsAttr &known = lowering.positions[key];
  if (known)
    return known;
  int64_t seq = lowering.tokens.seq;
  std::vector<float> values;
  values.reserve(seq * key.size());
  ArrayRef<Element> places(table.places.data(), key.size());
  for (int64_t p = 0; p < seq; ++p)
    for (const Element &place : places) {
      auto dense = dyn_cast_or_null<ElementsAttr>(place.constant);
      values.push_back(static_cast<float>(
          dense ? *elementOf(dense, place.index + p * place.stride) : 0));
    }
  auto type = RankedTensorType::get({seq, static_cast<int64_t>(key.size())},
                                    Float32Type::get(kernel->getContext()));
  return known = DenseElementsAttr::get(type, ArrayRef<float>(values));
}

LogicalResult SlotPlan::fillTables(Job &job) {
  Builder b(kernel->getContext());
  flow::LayoutAttr layout = job.slots.layout;
  int64_t slots = lowering.layoutOf(layout).slots();
  for (const auto &entry : job.tables) {
    Table &table = tables[entry.second];
    DenseElementsAttr value =
        table.positions ? positionsOf(table)
                        : DenseElementsAttr::get(
                              RankedTensorType::get(
                                  {static_cast<int64_t>(table.values.size())},
                                  b.getF32Type()),
                              ArrayRef<float>(SmallVector<float>(
                                  table.values.begin(), table.values.end())));
    auto host = HostAttr::get(b.getContext(), "",
                              table.positions ? "positions" : "features",
                              layout, {}, false, 0, 0, value);
    Type element = table.positions
                       ? lowering.storage
                       : computedType(table.number, kernel->getContext());
    int64_t tl = table.positions ? lowering.tokensPerCore() : 1;
    auto held = lowering.resident(kernel, host, element, slots * tl);
    if (failed(held))
      return failure();
    table.held = *held;
  }
  return success();
}

LogicalResult SlotPlan::allocate() {
  Builder b(kernel->getContext());
  for (int32_t i = 0; i < nodes.size(); ++i) {
    const Element &leaf = nodes[i];
    if (leaf.kind != Kind::Tokens)
      continue;
    auto argument = cast<BlockArgument>(kernel->getOperand(leaf.input));
    auto host =
        HostAttr::get(b.getContext(), lowering.argumentName(argument), "tokens",
                      {}, {}, false, leaf.shift, leaf.pad, {});
    auto held = lowering.resident(kernel, host, b.getI32Type(),
                                  lowering.tokensPerCore());
    if (failed(held))
      return failure();
    tokens[{leaf.input, leaf.shift, leaf.pad, 0}] = *held;
  }
  for (Vector &vector : vectors) {
    auto held = lowering.scratch(kernel, lowering.storage,
                                 lowering.layoutOf(vector.layout).slots());
    if (failed(held))
      return failure();
    vector.held = *held;
  }
  auto temporaries = [&](Type type, int64_t count, Held &to) {
    if (count == 0)
      return success();
    auto held =
        lowering.scratch(kernel, type, count * lowering.tokensPerCore());
    if (succeeded(held))
      to = *held;
    return LogicalResult(held);
  };
  if (failed(temporaries(b.getF32Type(), rowReals + reals, realBuffer)) ||
      failed(
          temporaries(b.getI32Type(), rowIntegers + integers, integerBuffer)))
    return failure();
  return success();
}

LogicalResult SlotPlan::prepare() {
  for (Job &job : jobs) {
    job.firstSink = static_cast<int32_t>(sinks.size());
    llvm::append_range(sinks, job.slots.sinks);
    if (failed(formJob(job)) || failed(fillTables(job)))
      return failure();
  }
  std::vector<RowRoot> roots;
  for (auto &[node, sink] : rows) {
    if (graph[node].ofFeature)
      return kernel->emitOpError(
          "has a result without features that differs between them");
    Where where;
    auto local = relative(node, where);
    if (failed(local))
      return failure();
    int32_t index = static_cast<int32_t>(sinks.size());
    sinks.push_back(sink);
    if (sink.held.kind == Held::Kind::Scalar && !nodes[*local].ofToken &&
        sink.kind == Sink::Kind::Store)
      scalarStores.push_back({*local, index});
    else
      roots.push_back({*local, index});
  }
  // What slots need of their tokens alone is computed once, before them.
  SlotContext write = context();
  std::vector<int32_t> ofSlots;
  for (const Job &job : jobs)
    for (const std::vector<int32_t> &form : job.forms)
      llvm::append_range(ofSlots, form);
  std::vector<RowRoot> before;
  for (int32_t node : write.hoist(ofSlots))
    before.push_back({node, -1});
  before.insert(before.end(), roots.begin(), roots.end());
  SlotCompiler(write, rowCode).rows(before);
  for (Job &job : jobs)
    for (const std::vector<int32_t> &form : job.forms) {
      job.codes.emplace_back();
      SlotCompiler(write, job.codes.back())
          .slot(form, job.firstSink, job.slots.together);
    }
  rowReals = write.rowReals;
  rowIntegers = write.rowIntegers;
  reals = write.reals;
  integers = write.integers;
  return allocate();
}

void SlotPlan::inject(Phase &phase) {
  for (Vector &vector : vectors) {
    auto argument = cast<BlockArgument>(kernel->getOperand(vector.input));
    std::string name = lowering.argumentName(argument);
    auto host = HostAttr::get(kernel->getContext(), name, "features",
                              vector.layout, {}, false, 0, 0, {});
    vector.color = phase.color();
    phase.routeDown(vector.color, 0, lowering.columns(), lowering.rows());
    phase.inject(vector.color, 0, lowering.columns(), name, host,
                 lowering.storage);
  }
}

const Held &SlotPlan::heldOf(const Element &leaf) const {
  switch (leaf.kind) {
  case Kind::Positions:
  case Kind::FeatureConstant:
    return tables[leaf.index].held;
  case Kind::Tokens:
    return tokens.at({leaf.input, leaf.shift, leaf.pad, 0});
  case Kind::Feature:
    return vectors[leaf.shift].held;
  default:
    return leaf.input < 0 ? results[leaf.index]
                          : lowering.held(kernel->getOperand(leaf.input));
  }
}

Type SlotPlan::typeOf(const SlotOperand &operand) const {
  switch (operand.kind) {
  case SlotOperand::Kind::Leaf:
    return heldOf(nodes[operand.index]).element;
  case SlotOperand::Kind::Sink:
    return sinks[operand.index].held.element;
  default:
    return computedType(operand.number, kernel->getContext());
  }
}

SlotContext SlotPlan::context() const {
  SlotContext context;
  context.nodes = &nodes;
  context.typeOf = [this](const SlotOperand &operand) {
    return typeOf(operand);
  };
  context.target = [this](int32_t sink) {
    const Sink &to = sinks[sink];
    return SlotTarget{to.kind, to.combine, to.held.element,
                      to.held.kind == Held::Kind::Activation};
  };
  return context;
}

} // namespace waferflow::fabric
