//===- Case.h - One random program of the conformance suite ----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_CONFORMANCE_CASE_H
#define WAFERFLOW_TESTS_CONFORMANCE_CASE_H

#include "compiler/problems/mapping/Orders.h"
#include "runtime/translate/HostSide.h"
#include "simulator/machine/Reader.h"

#include <functional>
#include <random>

namespace waferflow::conformance {

/// Numbers that depend on the seed alone, on every platform.
class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}
  int64_t between(int64_t low, int64_t high) { ///< both included
    return low + static_cast<int64_t>(engine() %
                                      static_cast<uint64_t>(high - low + 1));
  }
  bool chance(int64_t percent) { return between(1, 100) <= percent; }
  template <typename T> T pick(std::initializer_list<T> list) {
    return list.begin()[between(0, static_cast<int64_t>(list.size()) - 1)];
  }
  /// In [-1, 1), 24 bits.
  float real() {
    return static_cast<float>(static_cast<int64_t>(engine() >> 40)) /
               (1 << 23) -
           1;
  }

private:
  std::mt19937_64 engine;
};

/// What a run counted, over all of its programs.
struct Counts {
  int64_t nonzeros = 0; ///< weights that entered, copies for groups included
  int64_t axpys = 0, dots = 0;
};

struct Expected {
  HostTensors values; ///< bit for bit
  /// How far the oracle may be off in f32: 1e-5 of it, element by element.
  /// Empty: what the oracle makes of the inputs' absolute values, sum |a b|.
  HostTensors sizes;
};

/// What the fabric must give: from the placed module and the inputs, computed
/// in plain loops with rounding where the programs round. `side` knows masks
/// and where tokens and features lie.
using Reference = std::function<Result<Expected>(
    mlir::ModuleOp placed, HostSide &side, const HostTensors &inputs)>;

struct Case {
  std::string kind; ///< "spmm": the name of its generator
  uint64_t seed = 0;
  std::string what; ///< shape, type, mapping: for errors
  std::string text; ///< module of labelled flow kernels, entry @step
  std::string type; ///< storage: "f16", "bf16" or "f32"
  std::vector<std::string> machine; ///< overrides of machines/tiny.yaml
  int64_t go = 0;                   ///< output groups; 0: chosen
  std::optional<OrderKind> order;   ///< of features; none: chosen
  bool shuffled = false;            ///< any order of features instead
  /// Changes what choose-mapping chose; may be empty.
  std::function<void(mlir::ModuleOp)> remap;
  /// Changes the module once it has its relayouts; may be empty.
  std::function<void(mlir::ModuleOp)> rewrite;
  /// The next token number, where the step has token numbers.
  std::function<int64_t(Random &random, size_t index)> token;
  Reference reference;
  /// What must have been counted, exactly; may be empty.
  std::function<Counts(HostSide &side)> counts;
};

/// A kind of kernel and its random programs.
struct KernelKind {
  std::string name;
  Case (*generate)(uint64_t seed);
};
void PrintTo(const KernelKind &kind, std::ostream *out);

/// All kinds; a kind of kernel joins the suite here.
const std::vector<KernelKind> &generators();

Case spmmCase(uint64_t seed);
Case transposedCase(uint64_t seed);
Case sddmmCase(uint64_t seed);
Case mapCase(uint64_t seed);
Case relayoutCase(uint64_t seed);
Case reduceCase(uint64_t seed);
Case reduceTokensCase(uint64_t seed);
Case gatherCase(uint64_t seed);
Case gatherGradientCase(uint64_t seed);
Case lossCase(uint64_t seed);
Case ropeCase(uint64_t seed);
Case attentionCase(uint64_t seed);
Case attentionGradientCase(uint64_t seed);

/// The step that all generators share: tokens, type, rectangle, back-pressure.
struct Surroundings {
  int64_t seq = 1, batch = 1, gt = 1, width = 1, height = 1;
  std::string type, accumulate;
  std::vector<std::string> machine;

  /// Graphs have sequences of two tokens or more, kernels of one.
  explicit Surroundings(Random &random, int64_t leastSeq = 1);
  int64_t tokens() const { return seq * batch; }
  int64_t groupColumns() const { return width / gt; }
  /// "#flow.step<...>".
  std::string step() const;
  std::string what() const;
};

/// Takes an order of features: one of the mapping's kinds, or (where no kernel
/// needs heads in one place) any.
void chooseOrder(Case &which, uint64_t seed, bool anyOrder = true);
/// Deals the features of an order anew; of every order without heads.
void shuffleOrder(flow::OrderOp order, uint64_t seed);
void shuffleOrders(mlir::ModuleOp module, uint64_t seed);

/// The step's storage type, and that of its sums: "f16", "bf16" or "f32".
std::string storageOf(HostSide &side);
std::string sumsOf(HostSide &side);

/// `value` in the storage type `type`, to nearest, ties to even.
float rounded(const std::string &type, float value);
/// Rounded once: f64 holds the product.
inline float multiplyAdd(float a, float b, float sum) {
  return static_cast<float>(static_cast<double>(a) * b + sum);
}

} // namespace waferflow::conformance

#endif // WAFERFLOW_TESTS_CONFORMANCE_CASE_H
