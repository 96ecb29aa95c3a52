//===- Products.cpp - Random products with weights, and gradients ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/StepText.h"

#include "dialects/flow/Flow.h"
#include "dialects/flow/Orders.h"

using namespace mlir;

namespace waferflow::conformance {

namespace {

struct Shape {
  int64_t out = 1, in = 1;
  bool masked = true;
  std::string weight; ///< argument's type and attributes
};

Shape weightShape(Random &random) {
  Shape shape;
  shape.out = random.between(2, 20);
  shape.in = random.between(2, 20);
  shape.masked = !random.chance(15);
  std::string type =
      std::to_string(shape.out) + "x" + std::to_string(shape.in) + "xf32";
  std::string mask =
      shape.masked
          ? ", pruned = true, mask = #flow.mask<\"uniform\", sparsity = " +
                std::string(random.pick({"0.0", "0.3", "0.7", "0.9"})) +
                " : f64, seed = " + std::to_string(random.between(0, 999)) + ">"
          : "";
  shape.weight = "%w: tensor<" + type +
                 "> {flow.weight = #flow.weight<name = \"w\"" + mask + ">}";
  return shape;
}

std::string tensorOf(int64_t rows, int64_t columns) {
  return tensorType({rows, columns});
}

/// Columns that hold `features` in a blocked order.
int64_t columnsOf(int64_t features, int64_t width) {
  int64_t each = (features + width - 1) / width;
  return (features + each - 1) / each;
}

/// One product w[r, i] x[t, i], row by row as the ring adds it up.
Result<Expected> multiply(ModuleOp placed, HostSide &side,
                          const HostTensors &inputs) {
  flow::SpmmOp spmm;
  placed.walk([&](flow::SpmmOp op) { spmm = op; });
  flow::LayoutAttr in = *spmm.getInLayout(), out = *spmm.getOutLayout();
  auto orderOf = [&](flow::LayoutAttr layout) {
    return *flow::orderOf(placed, layout, spmm);
  };
  int64_t width = side.tokens().groupColumns;
  GroupForm form = flow::groupForm(in);
  ColumnLayout features = replicaLayout(orderOf(in), in.getGo(), form, width);
  OutputGroups groups = shareRows(orderOf(out), in.getGo(), form, width);
  auto live = side.positions("w");
  if (!live)
    return live.errors;
  bool transposed = spmm.getTransposed();
  std::string type = storageOf(side), sums = sumsOf(side);
  const HostTensor &x = inputs.at("arg1"), &w = inputs.at("w");
  int64_t tokens = x.shape[0], inFeatures = x.shape[1];
  int64_t outFeatures = transposed ? w.shape[1] : w.shape[0];
  HostTensor y = HostTensor::zeros({tokens, outFeatures}, false);
  for (int64_t t = 0; t < tokens; ++t)
    for (const OutputGroup &group : groups.groups)
      for (const OutputGroup::Row &row : group.rows) {
        float total = 0;
        int64_t members = static_cast<int64_t>(group.columns.size());
        for (int64_t k = 1; k <= members; ++k) {
          int32_t column = group.columns[(row.member + k) % members];
          float own = 0;
          for (int32_t i : features.features[column]) {
            int64_t r = transposed ? i : row.feature;
            int64_t c = transposed ? row.feature : i;
            if (!(*live)->live(r, c))
              continue;
            float a = rounded(type, w.floats()[r * w.shape[1] + c]);
            float b = rounded(type, x.floats()[t * inFeatures + i]);
            own = sums == "f32" ? multiplyAdd(a, b, own)
                                : rounded(sums, a * b + own);
          }
          total = k == 1 ? own : rounded(sums, total + own);
        }
        y.floats()[t * outFeatures + row.feature] = rounded(type, total);
      }
  return Expected{{{"result0", std::move(y)}}, {}};
}

/// Dots of the tokens of a core, added up down y and over token groups.
Result<Expected> gradient(ModuleOp placed, HostSide &side,
                          const HostTensors &inputs) {
  flow::SddmmOp sddmm;
  placed.walk([&](flow::SddmmOp op) { sddmm = op; });
  auto live = side.positions("w.grad");
  if (!live)
    return live.errors;
  std::string type = storageOf(side);
  const HostTensor &x = inputs.at("arg1"), &dy = inputs.at("arg2");
  int64_t in = x.shape[1], out = dy.shape[1];
  HostTensor dw = HostTensor::zeros({out, in}, false);
  const TokenLayout &tokens = side.tokens();
  for (int64_t o = 0; o < out; ++o)
    for (int64_t i = 0; i < in; ++i) {
      if (!(*live)->live(o, i))
        continue;
      float total = 0;
      for (int64_t group = 0; group < tokens.groups; ++group) {
        float sum = 0;
        for (int64_t row = 0; row < tokens.rowsUsed; ++row) {
          float dot = 0;
          for (int64_t t : tokensAt(tokens, group, row))
            if (t >= 0)
              dot = multiplyAdd(rounded(type, dy.floats()[t * out + o]),
                                rounded(type, x.floats()[t * in + i]), dot);
          sum = row == 0 ? dot : sum + dot;
        }
        total += sum;
      }
      dw.floats()[o * in + i] = total;
    }
  return Expected{{{"w.grad", std::move(dw)}}, {}};
}

/// Positions of a weight or its gradient that are not masked.
int64_t positionsOf(HostSide &side, const std::string &name) {
  auto live = side.positions(name);
  int64_t count = 0;
  for (int64_t r = 0; live && r < (*live)->rows; ++r)
    for (int64_t c = 0; c < (*live)->columns; ++c)
      count += (*live)->live(r, c);
  return count;
}

/// Every nonzero enters once a token group; every row of cores that holds
/// tokens starts one AXPY for it.
Counts productCounts(HostSide &side) {
  Counts counts;
  counts.nonzeros = positionsOf(side, "w") * side.tokens().groups;
  counts.axpys = counts.nonzeros * side.tokens().rowsUsed;
  return counts;
}

Counts gradientCounts(HostSide &side) {
  Counts counts;
  counts.dots = positionsOf(side, "w.grad") * side.tokens().groups *
                side.tokens().rowsUsed;
  return counts;
}

void remapProduct(ModuleOp module, bool interleaved) {
  StringRef form = interleaved ? "interleaved" : "contiguous";
  module.walk([&](flow::SpmmOp spmm) {
    auto m = *spmm.getMapping();
    spmm.setMappingAttr(flow::MappingAttr::get(
        m.getContext(), m.getGo(), m.getGo() > 1 ? form : m.getForm(),
        /*buffers=*/2, m.getBroadcast(), m.getKeyBlock(), m.getChunks()));
    auto in = *spmm.getInLayout();
    if (in.getGo() > 1)
      spmm.setInLayoutAttr(flow::LayoutAttr::get(m.getContext(), in.getOrder(),
                                                 in.getGo(), form));
  });
}

void remapGradient(ModuleOp module, int64_t buffers, bool input) {
  module.walk([&](flow::SddmmOp sddmm) {
    auto m = *sddmm.getMapping();
    sddmm.setMappingAttr(flow::MappingAttr::get(
        m.getContext(), m.getGo(), m.getForm(), buffers,
        input ? "input" : "output", m.getKeyBlock(), m.getChunks()));
  });
}

Case productCase(uint64_t seed, bool transposed) {
  Random random(seed);
  Surroundings around(random);
  Shape shape = weightShape(random);
  int64_t from = transposed ? shape.out : shape.in;
  int64_t to = transposed ? shape.in : shape.out;
  Case result;
  result.type = around.type;
  result.machine = around.machine;
  std::string x = tensorOf(around.tokens(), from);
  std::string y = tensorOf(around.tokens(), to);
  std::string w = tensorOf(shape.out, shape.in);
  result.text = module(shape.weight + ", %x: " + x, y, around,
                       "flow.spmm %x, %w " +
                           std::string(transposed ? "transposed " : "") + "{" +
                           labels(transposed ? "backward" : "forward") +
                           "} : (" + x + ", " + w + ") -> " + y,
                       y);
  int64_t most = std::min<int64_t>({columnsOf(from, around.groupColumns()),
                                    columnsOf(to, around.groupColumns()), 9});
  result.go = random.between(1, std::min<int64_t>(most, 5));
  bool interleaved = random.chance(60);
  result.remap = [=](ModuleOp module) { remapProduct(module, interleaved); };
  result.reference = multiply;
  result.counts = productCounts;
  result.what = w + (shape.masked ? "" : " dense") + ", " + around.what() +
                ", go " + std::to_string(result.go) +
                (interleaved ? " interleaved" : " contiguous");
  chooseOrder(result, seed);
  return result;
}

} // namespace

Case spmmCase(uint64_t seed) { return productCase(seed, false); }
Case transposedCase(uint64_t seed) { return productCase(seed, true); }

Case sddmmCase(uint64_t seed) {
  Random random(seed);
  Surroundings around(random);
  Shape shape = weightShape(random);
  bool dense = !shape.masked || random.chance(30);
  Case result;
  result.type = around.type;
  result.machine = around.machine;
  std::string x = tensorOf(around.tokens(), shape.in);
  std::string dy = tensorOf(around.tokens(), shape.out);
  std::string w = tensorOf(shape.out, shape.in);
  std::string at = dense ? "dense" : "mask";
  result.text =
      module(shape.weight + ", %x: " + x + ", %dy: " + dy,
             w + " {flow.gradient = #flow.gradient<weight = \"w\", at = \"" +
                 at + "\">}",
             around,
             "flow.sddmm %dy, %x at \"" + at + "\" {weight = \"w\", " +
                 labels("backward") + "} : (" + dy + ", " + x + ") -> " + w,
             w);
  int64_t buffers = random.between(2, 6);
  bool input = random.chance(50);
  result.remap = [=](ModuleOp module) {
    remapGradient(module, buffers, input);
  };
  result.reference = gradient;
  result.counts = gradientCounts;
  // Where a dot is long, several vectors are received ahead of it.
  bool longDots = random.chance(50);
  if (longDots)
    for (const char *type : {"f16", "bf16", "f32"})
      result.machine.push_back(std::string("instruction.dot.") + type +
                               ".memory=0.01");
  result.what = w + " " + at + ", " + around.what() + ", broadcast " +
                (input ? "input" : "output") + ", buffers " +
                std::to_string(buffers) + (longDots ? ", long dots" : "");
  chooseOrder(result, seed);
  return result;
}

} // namespace waferflow::conformance
