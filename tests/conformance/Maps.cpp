//===- Maps.cpp - Random element-wise work, and relayouts -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/Expression.h"

#include "dialects/flow/Flow.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace waferflow::conformance {

Case mapCase(uint64_t seed) {
  using Kind = Operand::Kind;
  Random random(seed);
  Surroundings around(random);
  StepText step(around);
  int64_t features = random.between(2, 24), tokens = around.tokens();

  std::vector<Operand> operands;
  std::vector<TextValue> inputs;
  std::map<int, std::vector<float>> tables;
  std::vector<std::string> names;
  auto operand = [&](Kind kind, TextValue value, std::string name) {
    Operand one;
    one.kind = kind;
    one.value = value;
    operands.push_back(one);
    names.push_back(std::move(name));
    if (!value.name.empty())
      inputs.push_back(std::move(value));
  };
  int64_t activations = random.between(1, 3);
  for (int64_t i = 0; i < activations; ++i)
    operand(Kind::Activation, step.argument({tokens, features}),
            "arg" + std::to_string(i));
  if (random.chance(40))
    operand(Kind::Vector, step.weight("w", {features}), "w");
  if (random.chance(40)) {
    std::vector<float> &table = tables[static_cast<int>(operands.size())];
    for (int64_t i = 0; i < around.seq * features; ++i)
      table.push_back(rounded(around.type, random.real()));
    operand(Kind::Table, {}, "");
  }
  Expression expression =
      Expression::random(random, operands, random.between(0, 7));
  std::vector<int> results = {expression.last()};
  while (results.size() < 3 && random.chance(30))
    results.push_back(expression.any(random));
  auto made =
      step.kernel("flow.map", "", "forward", inputs,
                  [&](LinalgText &text, const std::vector<TextValue> &in) {
                    return writeMap(text, around, operands, in, tables,
                                    features, expression, results);
                  });
  for (const TextValue &value : made)
    step.result(value);

  Case result;
  result.type = around.type;
  result.machine = around.machine;
  result.text = step.str();
  result.what = std::to_string(features) + " features, " + around.what();
  int64_t seq = around.seq;
  result.reference = [=](ModuleOp, HostSide &,
                         const HostTensors &given) -> Result<Expected> {
    Expected expected;
    for (size_t r = 0; r < results.size(); ++r) {
      std::string name = "result" + std::to_string(r);
      expected.values[name] = expected.sizes[name] =
          HostTensor::zeros({tokens, features}, false);
    }
    std::string type = around.type;
    for (int64_t t = 0; t < tokens; ++t)
      for (int64_t f = 0; f < features; ++f) {
        auto values = expression.values(
            [&](int i) -> Number {
              if (operands[i].kind == Kind::Table)
                return tables.at(i)[t % seq * features + f];
              const std::vector<float> &all = given.at(names[i]).floats();
              return all[operands[i].kind == Kind::Vector ? f
                                                          : t * features + f];
            },
            f);
        for (size_t r = 0; r < results.size(); ++r) {
          std::string name = "result" + std::to_string(r);
          Number value = stored(type, values[results[r]]);
          expected.values[name].floats()[t * features + f] = value.value;
          expected.sizes[name].floats()[t * features + f] =
              static_cast<float>(value.size);
        }
      }
    return expected;
  };
  chooseOrder(result, seed);
  return result;
}

namespace {

struct Groups {
  int64_t go = 1;
  std::string form;
};

/// An order of as many features and columns as `like`, in any order.
FlatSymbolRefAttr otherOrder(ModuleOp module, flow::LayoutAttr like,
                             uint64_t seed) {
  auto order = module.lookupSymbol<flow::OrderOp>(like.getOrder().getValue());
  OpBuilder b(order);
  auto other = cast<flow::OrderOp>(b.clone(*order));
  other.setSymName("other");
  shuffleOrder(other, seed);
  return FlatSymbolRefAttr::get(other.getSymNameAttr());
}

/// Before what the step returns, one relayout after another; from the first one
/// in one output group on in another order, with a seed for it.
void insertRelayouts(ModuleOp module, const std::vector<Groups> &chain,
                     std::optional<uint64_t> reorder) {
  module.walk([&](func::ReturnOp end) {
    OpBuilder b(end);
    MLIRContext *context = module.getContext();
    mlir::Value value = end.getOperand(0);
    auto map = cast<flow::MapOp>(value.getDefiningOp());
    FlatSymbolRefAttr order = map.getOutLayout()->getOrder();
    auto layout = [&](const Groups &groups) {
      return flow::LayoutAttr::get(context, order, groups.go,
                                   groups.go == 1 ? "contiguous" : groups.form);
    };
    flow::LayoutAttr from = layout({});
    for (const Groups &groups : chain) {
      if (reorder && from.getGo() == 1 && groups.go == 1)
        order = otherOrder(module, from, *std::exchange(reorder, {}));
      flow::LayoutAttr to = layout(groups);
      if (from == to)
        continue;
      auto relayout = flow::RelayoutOp::create(
          b, end.getLoc(), value.getType(), value, from, to,
          b.getI64IntegerAttr(0),
          map->getAttrOfType<flow::KernelPhaseAttr>("phase"),
          map->getAttrOfType<flow::KernelSectionAttr>("section"),
          b.getStringAttr("relayout"),
          flow::MappingAttr::get(context, to.getGo(), to.getForm(), 1, "output",
                                 0, 1),
          flow::RegionAttr(), flow::LayoutAttr(), flow::LayoutAttr());
      value = relayout.getResult();
      from = to;
    }
    end.setOperand(0, value);
  });
}

} // namespace

Case relayoutCase(uint64_t seed) {
  Random random(seed);
  Surroundings around(random);
  StepText step(around);
  int64_t features = random.between(2, 24), tokens = around.tokens();
  // Relayouts move what a kernel has made.
  auto made = step.kernel(
      "flow.map", "", "forward", {step.argument({tokens, features})},
      [&](LinalgText &text, const std::vector<TextValue> &in) {
        std::string whole = "(t, f) -> (t, f)";
        return std::vector<TextValue>{
            {text.generic("pp", {{in[0].name, in[0].shape, whole}},
                          {{text.empty(in[0].shape), in[0].shape, whole}},
                          "    %v = arith.addf %x0, %x0 : f32\n", {"%v"})[0],
             in[0].shape}};
      });
  step.result(made[0]);
  int64_t each = (features + around.groupColumns() - 1) / around.groupColumns();
  int64_t columns = (features + each - 1) / each;
  std::vector<Groups> chain;
  int64_t length = random.between(1, 4);
  Case result;
  result.what =
      std::to_string(features) + " features, " + around.what() + ", groups";
  for (int64_t i = 0; i < length; ++i) {
    chain.push_back({random.between(1, std::min<int64_t>(columns, 5)),
                     random.pick({"interleaved", "contiguous"})});
    result.what +=
        " " + std::to_string(chain.back().go) + " " + chain.back().form;
  }
  result.type = around.type;
  result.machine = around.machine;
  result.text = step.str();
  std::optional<uint64_t> reorder;
  if (random.chance(50)) {
    reorder = seed + 7;
    chain.insert(chain.begin(), Groups());
    result.what += ", another order";
  }
  result.rewrite = [chain, reorder](ModuleOp module) {
    insertRelayouts(module, chain, reorder);
  };
  result.reference = [=](ModuleOp, HostSide &,
                         const HostTensors &given) -> Result<Expected> {
    HostTensor value = given.at("arg0"), size = value;
    for (size_t i = 0; i < value.floats().size(); ++i) {
      Number x = value.floats()[i], twice = stored(around.type, x + x);
      value.floats()[i] = twice.value;
      size.floats()[i] = static_cast<float>(twice.size);
    }
    return Expected{{{"result0", value}}, {{"result0", size}}};
  };
  chooseOrder(result, seed);
  return result;
}

} // namespace waferflow::conformance
