//===- MappedStep.cpp - A step with its mapping, read back ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/MappedStep.h"

#include "dialects/flow/Orders.h"

using namespace mlir;

namespace waferflow::flow {

namespace {

/// The order that `op` gives a class, where it gives one.
FailureOr<FeatureOrder> readOrder(OrderOp op, const FeatureClass &cls,
                                  int64_t columns) {
  FeatureOrder laid = cls.order(columns);
  OrderForm form = cls.heads ? OrderForm::Heads : OrderForm::Blocked;
  bool table = op.getForm() == OrderForm::Table && !cls.chunked;
  if ((!table && op.getForm() != form) ||
      static_cast<int64_t>(op.getColumns()) != laid.columns ||
      static_cast<int64_t>(op.getFeatures()) != cls.features)
    return op.emitOpError("expected ")
           << stringifyOrderForm(form) << (cls.chunked ? "" : " order or table")
           << " of " << cls.features << " features on " << laid.columns
           << " columns, got " << stringifyOrderForm(op.getForm()) << " of "
           << op.getFeatures() << " on " << op.getColumns();
  FeatureOrder order = featureOrder(op);
  if (auto bad = checkOrder(cls, columns, order))
    return op.emitOpError() << bad->what;
  return order;
}

/// Every layout of a class (and layer) names one order.
class OrderReader {
public:
  OrderReader(MappedStep &mapped) : mapped(mapped) {}

  LogicalResult run() {
    for (auto [i, kernel] : llvm::enumerate(mapped.shape.kernels)) {
      const KernelShape &shape = mapped.problem.kernels[i];
      Operation *op = kernel;
      std::optional<LayoutAttr> in = kernel.getInLayout();
      std::optional<LayoutAttr> out = kernel.getOutLayout();
      if (auto relayout = dyn_cast<RelayoutOp>(op)) {
        in = relayout.getFrom();
        out = relayout.getTo();
      }
      if (failed(add(op, shape.inClass, shape.layer, in)) ||
          failed(add(op, shape.outClass, shape.layer, out)))
        return failure();
    }
    return success();
  }

private:
  LogicalResult add(Operation *op, int32_t index, int32_t layer,
                    std::optional<LayoutAttr> layout) {
    if (index < 0 || !layout)
      return success();
    const FeatureClass &cls = mapped.problem.classes[index];
    std::pair key(index, cls.perLayer ? layer : -1);
    auto [it, isNew] = nameOf.try_emplace(key, layout->getOrder(), op);
    if (!isNew) {
      auto [known, first] = it->second;
      if (known == layout->getOrder())
        return success();
      InFlightDiagnostic diagnostic = op->emitOpError("expected the order ")
                                      << known << ", got "
                                      << layout->getOrder();
      diagnostic.attachNote(first->getLoc())
          << "that other features of the same class have here";
      return diagnostic;
    }
    auto order =
        SymbolTable::lookupNearestSymbolFrom<OrderOp>(op, layout->getOrder());
    if (!order)
      return op->emitOpError("expected the order ")
             << layout->getOrder() << " to exist";
    auto read = readOrder(order, cls, mapped.solution.tokens.groupColumns);
    if (failed(read))
      return failure();
    mapped.orders[key] = std::move(*read);
    return success();
  }

  MappedStep &mapped;
  std::map<std::pair<int32_t, int32_t>,
           std::pair<FlatSymbolRefAttr, Operation *>>
      nameOf;
};

} // namespace

FailureOr<const FeatureOrder *> MappedStep::orderOf(size_t kernel,
                                                    int32_t cls) const {
  int32_t layer =
      problem.classes[cls].perLayer ? problem.kernels[kernel].layer : -1;
  auto it = orders.find({cls, layer});
  if (it != orders.end())
    return &it->second;
  FlowKernel op = shape.kernels[kernel];
  return op->emitOpError("expected a layout of its features; run "
                         "choose-mapping");
}

StringRef MappedStep::orderName(Value value) const {
  int32_t cls = shape.classIndex(value);
  if (cls < 0)
    return {};
  int32_t layer = -1;
  // What the step is given lies as its first reader wants it.
  auto kernel = value.getDefiningOp<FlowKernel>();
  for (Operation *user : value.getUsers())
    if (!kernel)
      kernel = dyn_cast<FlowKernel>(user);
  if (problem.classes[cls].perLayer && kernel && kernel.getLayer())
    layer = static_cast<int32_t>(*kernel.getLayer());
  auto it = orders.find({cls, layer});
  return it == orders.end() ? StringRef(problem.classes[cls].name)
                            : StringRef(it->second.name);
}

FailureOr<MappedStep> readMappedStep(ModuleOp module) {
  MappedStep mapped;
  mapped.step = findStep(module);
  if (!mapped.step)
    return failure();
  auto attr = mapped.step->getAttrOfType<StepAttr>("flow.step");
  if (attr.getGt() == 0 || attr.getKeepEvery() == 0)
    return mapped.step.emitOpError(
        "expected gt and keep_every of flow.step to be chosen; run "
        "choose-mapping");
  auto problem =
      buildMappingProblem(mapped.step, mapped.shape, attr.getTokens());
  if (failed(problem))
    return failure();
  mapped.problem = std::move(*problem);
  MappingSolution &solution = mapped.solution;
  solution.tokens =
      layTokens(attr.getTokens(), attr.getSeq(), attr.getGt(),
                mapped.problem.machine.width, mapped.problem.machine.height);
  for (FlowKernel kernel : mapped.shape.kernels) {
    auto mapping = kernel.getMapping();
    if (!mapping)
      return kernel->emitOpError("expected a mapping; run choose-mapping");
    KernelChoice choice;
    choice.outputGroups = mapping->getGo();
    choice.form = mapping->getForm() == "contiguous" ? GroupForm::Contiguous
                                                     : GroupForm::Interleaved;
    choice.buffers = mapping->getBuffers();
    choice.keyBlock = mapping->getKeyBlock();
    choice.broadcast = mapping->getBroadcast() == "input"
                           ? Sddmm::Broadcast::Input
                           : Sddmm::Broadcast::Output;
    solution.choices.push_back(choice);
    solution.headChunks =
        std::max<int64_t>(solution.headChunks, mapping->getChunks());
  }
  solution.orders.assign(mapped.problem.classes.size(), OrderKind::Blocked);
  if (failed(OrderReader(mapped).run()))
    return failure();
  mapped.laid = layOut(mapped.problem, solution.tokens, solution.headChunks);
  return mapped;
}

} // namespace waferflow::flow
