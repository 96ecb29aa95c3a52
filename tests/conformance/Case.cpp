//===- Case.cpp - What random programs share ------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/Case.h"

#include "dialects/flow/Flow.h"

#include <cmath>

namespace waferflow::conformance {

const std::vector<KernelKind> &generators() {
  static const std::vector<KernelKind> all = {
      {"spmm", spmmCase},
      {"spmm_t", transposedCase},
      {"sddmm", sddmmCase},
      {"map", mapCase},
      {"relayout", relayoutCase},
      {"reduce", reduceCase},
      {"reduce_tokens", reduceTokensCase},
      {"gather", gatherCase},
      {"gather_t", gatherGradientCase},
      {"loss", lossCase},
      {"rope", ropeCase},
      {"attention", attentionCase},
      {"attention_t", attentionGradientCase},
  };
  return all;
}

void PrintTo(const KernelKind &kind, std::ostream *out) { *out << kind.name; }

void chooseOrder(Case &which, uint64_t seed, bool anyOrder) {
  Random random(seed ^ 0x6f72646572); // programs stay what they were without
  int64_t pick = random.between(0, anyOrder ? 3 : 2);
  if (pick == 1)
    which.order = OrderKind::Blocked;
  if (pick == 2)
    which.order = OrderKind::Striped;
  which.shuffled = pick == 3;
  which.what += which.shuffled ? ", any order"
                : which.order  ? std::string(", ") + orderKindName(*which.order)
                               : "";
}

static void shuffle(flow::OrderOp op, Random &random) {
  auto features = static_cast<int64_t>(op.getFeatures());
  auto columns = static_cast<int64_t>(op.getColumns());
  std::vector<int32_t> taken(columns), column(features), slot(features);
  int64_t most = (features + columns - 1) / columns;
  for (int64_t i = 0; i < features; ++i) {
    do
      column[i] = static_cast<int32_t>(random.between(0, columns - 1));
    while (taken[column[i]] == most);
    slot[i] = taken[column[i]]++;
  }
  // In each column, any slot.
  for (int64_t i = 0; i < features; ++i) {
    int64_t other = random.between(0, features - 1);
    if (column[i] == column[other])
      std::swap(slot[i], slot[other]);
  }
  op.setForm(flow::OrderForm::Table);
  op.setColumn(column);
  op.setSlot(slot);
}

void shuffleOrder(flow::OrderOp order, uint64_t seed) {
  Random random(seed);
  shuffle(order, random);
}

void shuffleOrders(mlir::ModuleOp module, uint64_t seed) {
  Random random(seed);
  for (auto op : module.getOps<flow::OrderOp>())
    if (!op.getHeadDim())
      shuffle(op, random);
}

static std::string nameOf(mlir::Type type) {
  return type.isF16() ? "f16" : type.isBF16() ? "bf16" : "f32";
}
std::string storageOf(HostSide &side) { return nameOf(side.step().getType()); }
std::string sumsOf(HostSide &side) {
  return side.step().getAccumulate() == "f32" ? "f32" : storageOf(side);
}

Surroundings::Surroundings(Random &random, int64_t leastSeq) {
  width = random.between(1, 9);
  height = random.between(1, 6);
  seq = random.between(leastSeq, 7);
  batch = random.between(1, 3);
  gt = width > 1 && batch > 1 && random.chance(40) ? 2 : 1;
  type = random.pick({"f16", "bf16", "f32"});
  accumulate = type != "f32" && random.chance(30) ? "f32" : "storage";
  machine = {"fabric.width=" + std::to_string(width),
             "fabric.height=" + std::to_string(height)};
  auto set = [&](const char *key, int64_t value) {
    machine.push_back(std::string(key) + "=" + std::to_string(value));
  };
  if (random.chance(50)) { // little room anywhere
    set("fabric.buffer_wavelets", random.between(1, 3));
    set("edge.column_fifo", random.between(1, 4));
    machine.push_back("core.input_queues_wavelets=2,2,2,2,2,2,2,2");
    machine.push_back("core.output_queues_wavelets=1,1,2,2,2,2,2,2");
    set("pe.input_queue_wavelets", 2);
    set("pe.output_queue_wavelets", 2);
  }
  if (random.chance(30)) {
    set("fabric.hop_cycles", random.between(1, 3));
    set("fabric.ramp_cycles", random.between(1, 4));
    set("pe.row_end_cycles", random.between(0, 40));
  }
}

std::string Surroundings::step() const {
  return "#flow.step<tokens = " + std::to_string(tokens()) +
         ", seq = " + std::to_string(seq) + ", type = " + type +
         ", accumulate = \"" + accumulate + "\", gt = " + std::to_string(gt) +
         ">";
}

std::string Surroundings::what() const {
  std::string text = std::to_string(batch) + " x " + std::to_string(seq) +
                     " tokens, " + type +
                     (accumulate == "f32" ? " summed in f32" : "") + ", gt " +
                     std::to_string(gt);
  for (const std::string &key : machine)
    text += ", " + key;
  return text;
}

float rounded(const std::string &type, float value) {
  if (type == "f32" || value == 0 || !std::isfinite(value))
    return value;
  int bits = type == "f16" ? 11 : 8, least = type == "f16" ? -14 : -126;
  double largest = type == "f16" ? 65504 : 0x1.fep127;
  int exponent;
  std::frexp(value, &exponent);
  int last = std::max(exponent - 1, least) - (bits - 1); // of the last bit
  double result = std::ldexp(
      std::nearbyint(std::ldexp(static_cast<double>(value), -last)), last);
  if (std::abs(result) > largest)
    return std::copysign(INFINITY, value);
  return static_cast<float>(result);
}

} // namespace waferflow::conformance
