//===- HostSide.cpp - What a fabric module says of its host ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/translate/HostSide.h"

#include "dialects/flow/MachineAttr.h"
#include "dialects/flow/Orders.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace waferflow::fabric;

namespace waferflow {

Result<std::shared_ptr<HostSide>> HostSide::of(ModuleOp module,
                                               MaskFactory makeMask) {
  std::shared_ptr<HostSide> side(new HostSide);
  side->makeMask = std::move(makeMask);
  if (auto error = side->read(module))
    return *error;
  return side;
}

static std::optional<Error> declare(Operation *op, StringRef name, Type type,
                                    std::vector<HostDeclaration> &list) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  bool integer = tensor && tensor.getElementType().isSignlessInteger();
  if (!tensor || !tensor.hasStaticShape() ||
      !(integer || tensor.getElementType().isF32())) {
    std::string text;
    llvm::raw_string_ostream(text) << type;
    return Error{op->getName().getStringRef().str() + " '" + name.str() + "'",
                 "expected a tensor of known shape of f32 or integers, got " +
                     text};
  }
  for (const HostDeclaration &other : list)
    if (other.name == name)
      return Error{op->getName().getStringRef().str() + " '" + name.str() + "'",
                   "is there twice"};
  HostDeclaration declaration;
  declaration.name = name.str();
  declaration.shape = tensor.getShape().vec();
  declaration.integer = integer;
  list.push_back(std::move(declaration));
  return std::nullopt;
}

std::optional<Error> HostSide::read(ModuleOp op) {
  module = op;
  auto machineAttr = op->getAttrOfType<flow::MachineAttr>("flow.machine");
  itsStep = op->getAttrOfType<flow::StepAttr>("flow.step");
  if (!machineAttr || !itsStep)
    return Error{"program", std::string("expected a module with ") +
                                (machineAttr ? "flow.step" : "flow.machine") +
                                ", got none"};
  itsMachine = flow::machineFromAttr(machineAttr);
  int64_t gt = std::max<int64_t>(1, itsStep.getGt());
  if (auto error = checkTokens(itsStep.getTokens(), itsStep.getSeq()))
    return error;
  if (gt > itsMachine.width)
    return Error{"flow.step", "expected at most " +
                                  std::to_string(itsMachine.width) +
                                  " token groups, the columns of the machine, "
                                  "got " +
                                  std::to_string(gt)};
  tokenLayout = layTokens(itsStep.getTokens(), itsStep.getSeq(), gt,
                          itsMachine.width, itsMachine.height);
  for (auto argument : op.getOps<ArgumentOp>()) {
    if (auto error =
            declare(argument, argument.getName(), argument.getType(), given))
      return error;
    given.back().weight = argument.getWeightAttr();
  }
  for (auto result : op.getOps<ResultOp>()) {
    if (auto error =
            declare(result, result.getName(), result.getType(), wanted))
      return error;
    wanted.back().gradient = result.getGradientAttr();
  }
  return std::nullopt;
}

static const HostDeclaration *find(const std::vector<HostDeclaration> &list,
                                   const std::string &name) {
  for (const HostDeclaration &each : list)
    if (each.name == name)
      return &each;
  return nullptr;
}

const HostDeclaration *HostSide::argument(const std::string &name) const {
  return find(given, name);
}
const HostDeclaration *HostSide::result(const std::string &name) const {
  return find(wanted, name);
}

Result<FeatureOrder> HostSide::orderOf(flow::LayoutAttr layout) const {
  std::string name = layout.getOrder().getValue().str();
  auto op = dyn_cast_or_null<flow::OrderOp>(
      SymbolTable::lookupSymbolIn(module, layout.getOrder()));
  if (!op)
    return Error{"order @" + name, "expected a flow.order of that name, got "
                                   "none"};
  FeatureOrder order = flow::featureOrder(op);
  if (order.columns > tokenLayout.groupColumns)
    return Error{"order @" + name,
                 "expected at most " +
                     std::to_string(tokenLayout.groupColumns) +
                     " columns, those of a token group, got " +
                     std::to_string(order.columns)};
  if (layout.getGo() > tokenLayout.groupColumns)
    return Error{"order @" + name,
                 "expected at most " +
                     std::to_string(tokenLayout.groupColumns) +
                     " output groups, the columns of a token group, got " +
                     std::to_string(layout.getGo())};
  return order;
}

Result<std::shared_ptr<const HostLayout>> HostSide::layout(HostAttr host) {
  auto &made = layouts[{host.getFeatures(), host.getRows()}];
  if (made)
    return made;
  auto result = std::make_shared<HostLayout>();
  int64_t columns = tokenLayout.groupColumns;
  result->group.assign(columns, -1);
  result->member.assign(columns, -1);
  if (flow::LayoutAttr features = host.getFeatures()) {
    auto order = orderOf(features);
    if (!order)
      return order.errors;
    result->featureCount = order->features();
    result->features = replicaLayout(*order, features.getGo(),
                                     flow::groupForm(features), columns);
  }
  if (flow::LayoutAttr rows = host.getRows()) {
    auto order = orderOf(rows);
    if (!order)
      return order.errors;
    if (rows.getGo() != host.getFeatures().getGo() ||
        rows.getForm() != host.getFeatures().getForm())
      return Error{"form " + host.getForm().str(),
                   "expected rows and features in the same output groups"};
    result->rowCount = order->features();
    result->rows =
        shareRows(*order, rows.getGo(), flow::groupForm(rows), columns);
    for (size_t g = 0; g < result->rows.groups.size(); ++g)
      for (size_t m = 0; m < result->rows.groups[g].columns.size(); ++m) {
        int32_t column = result->rows.groups[g].columns[m];
        result->group[column] = static_cast<int32_t>(g);
        result->member[column] = static_cast<int32_t>(m);
      }
  }
  layouts[{host.getFeatures(), host.getRows()}] = result;
  return std::shared_ptr<const HostLayout>(std::move(result));
}

Result<std::shared_ptr<const LivePositions>>
HostSide::positions(const std::string &name) {
  auto &made = masks[name];
  if (made)
    return made;
  const HostDeclaration *weight = argument(name);
  bool dense = false;
  if (!weight) {
    const HostDeclaration *gradient = result(name);
    if (!gradient || !gradient->gradient)
      return Error{"tensor '" + name + "'",
                   "expected an argument or a gradient of that name, got none"};
    // Its own positions are those of a weight, which may have another name as
    // an argument.
    std::string of = gradient->gradient.getWeight().str();
    dense = gradient->gradient.getAt() == "dense";
    for (const HostDeclaration &each : given)
      if (each.weight && each.weight.getName() == of)
        weight = &each;
    if (!weight)
      return Error{"result '" + name + "'",
                   "is the gradient of '" + of + "', which is no argument"};
    if (weight->shape != gradient->shape)
      return Error{"result '" + name + "'",
                   "expected the shape of '" + of + "', " +
                       describe(false, weight->shape) + ", got " +
                       describe(false, gradient->shape)};
  }
  auto live = std::make_shared<LivePositions>();
  if (weight->shape.size() == 2) {
    live->rows = weight->shape[0];
    live->columns = weight->shape[1];
  } else {
    live->rows = 1;
    live->columns = elementsOf(weight->shape);
  }
  if (!dense && weight->weight && weight->weight.getMask()) {
    auto mask = makeMask(weight->weight, live->rows, live->columns);
    if (!mask)
      return mask.errors;
    live->bits.resize(live->rows * live->columns);
    live->description = (*mask)->describe();
    std::vector<uint64_t> words((*mask)->wordsPerRow());
    for (int64_t r = 0; r < live->rows; ++r) {
      (*mask)->row(r, words.data());
      for (int64_t c = 0; c < live->columns; ++c)
        live->bits[r * live->columns + c] = words[c / 64] >> (c % 64) & 1;
    }
  }
  made = live;
  return made;
}

/// Values that a module carries itself.
static Result<HostTensor> constantOf(ElementsAttr value) {
  auto type = cast<ShapedType>(value.getType());
  bool integer = type.getElementType().isIntOrIndex();
  HostTensor tensor = HostTensor::zeros(type.getShape().vec(), integer);
  if (auto dense = dyn_cast<DenseElementsAttr>(value)) {
    if (integer) {
      for (auto [to, from] :
           llvm::zip(tensor.integers(), dense.getValues<APInt>()))
        to = from.getSExtValue();
      return tensor;
    }
    if (type.getElementType().isF32()) {
      llvm::copy(dense.getValues<float>(), tensor.floats().begin());
      return tensor;
    }
  }
  if (auto resource = dyn_cast<DenseF32ResourceElementsAttr>(value))
    if (auto array = resource.tryGetAsArrayRef();
        array && array->size() == tensor.floats().size()) {
      llvm::copy(*array, tensor.floats().begin());
      return tensor;
    }
  return Error{"value", "expected elements of f32 or integers that are there"};
}

Result<const HostTensor *> HostSide::tensor(HostAttr host,
                                            const HostTensors &tensors) {
  if (ElementsAttr value = host.getValue()) {
    auto &made = constants[value];
    if (!made) {
      auto constant = constantOf(value);
      if (!constant)
        return constant.errors;
      made = std::make_shared<const HostTensor>(std::move(*constant));
    }
    return made.get();
  }
  auto it = tensors.find(host.getTensor().str());
  if (it == tensors.end())
    return Error{"tensor '" + host.getTensor().str() + "'",
                 "expected an argument of that name, got none"};
  return &it->second;
}

} // namespace waferflow
