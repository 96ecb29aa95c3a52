//===- FabricRunTest.cpp - Does a fabric module compute what it says? -----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/unit/translate/FabricModule.h"

#include "simulator/cycle/FabricSimulation.h"

#include <cmath>
#include <cstring>

using namespace waferflow;
using namespace waferflow::cycle;

namespace {

class FabricRunTest : public FabricModule {
protected:
  FabricSimulation start(fabric::ProgramOp op) {
    auto translated = translateFabric(op, source);
    EXPECT_TRUE(mlir::succeeded(translated));
    program = std::move(*translated);
    auto simulation = FabricSimulation::create(program);
    EXPECT_TRUE(simulation) << simulation.str();
    return std::move(*simulation);
  }

  static void run(FabricSimulation &simulation) {
    std::optional<Error> error = simulation.run();
    EXPECT_FALSE(error) << (error ? error->str() : "");
    EXPECT_GT(simulation.cycles(), 0);
  }

  static std::vector<float> read(const FabricSimulation &simulation, int64_t x,
                                 int64_t y, const std::string &buffer) {
    Result<std::vector<float>> values = simulation.read(x, y, buffer);
    EXPECT_TRUE(values) << values.str();
    return values ? *values : std::vector<float>();
  }

  StreamSource source = [](fabric::InjectOp, int64_t) {
    return std::vector<Wavelet>();
  };
  FabricProgram program;
};

TEST_F(FabricRunTest, AChainOfFourCoresAddsUpAVector) {
  FabricSimulation simulation =
      start(parseFile(WAFERFLOW_LIT "/fabric/chain-reduce.mlir"));
  for (int64_t x = 0; x < 4; ++x) {
    std::vector<float> values;
    for (int i = 0; i < 8; ++i)
      values.push_back(static_cast<float>(100 * x + i));
    ASSERT_FALSE(simulation.write(x, 0, "x", values));
  }
  run(simulation);
  std::vector<float> sum = read(simulation, 0, 0, "sum");
  ASSERT_EQ(sum.size(), 8u);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(sum[i], 600.0f + 4 * i) << i;
}

TEST_F(FabricRunTest, ScalarCodeLoopsBranchesAndCarriesValues) {
  FabricSimulation simulation =
      start(parseFile(WAFERFLOW_LIT "/fabric/scalar-code.mlir"));
  std::vector<float> values;
  for (int i = 0; i < 32; ++i)
    values.push_back(static_cast<float>((i * 7) % 32) - 10);
  for (int64_t x = 0; x < 2; ++x)
    ASSERT_FALSE(simulation.write(x, 0, "x", values));
  run(simulation);
  for (int64_t x = 0; x < 2; ++x) {
    std::vector<float> y = read(simulation, x, 0, "y");
    ASSERT_EQ(y.size(), 6u);
    for (int i = 0; i < 4; ++i) {
      float sum = 0, most = -1.0e30f;
      for (int j = 0; j < 8; ++j) {
        sum += values[8 * i + j];
        most = std::max(most, values[8 * i + j]);
      }
      EXPECT_EQ(y[i], i % 2 ? most : sum) << i;
    }
    EXPECT_EQ(y[4], 144.0f); // the first Fibonacci number of at least 100
    EXPECT_EQ(y[5], (10.0f * x + 7) / 2);
  }
}

/// Every vector instruction against the same expression in C++.
TEST_F(FabricRunTest, VectorInstructionsComputeWhatTheySay) {
  const std::string m = "!fabric.dsd<memory, f32>";
  struct Case {
    std::string line;
    float (*expected)(float d, float x, float y);
  };
  const std::vector<Case> cases = {
      {"fabric.mov %d, %x : M, M", [](float, float x, float) { return x; }},
      {"fabric.mov %d, %w : M, f32", [](float, float, float) { return 3.0f; }},
      {"fabric.add %d, %x, %y : M, M, M",
       [](float, float x, float y) { return x + y; }},
      {"fabric.sub %d, %x, %y : M, M, M",
       [](float, float x, float y) { return x - y; }},
      {"fabric.mul %d, %x, %y : M, M, M",
       [](float, float x, float y) { return x * y; }},
      {"fabric.max %d, %x, %y : M, M, M",
       [](float, float x, float y) { return std::max(x, y); }},
      {"fabric.min %d, %x, %y : M, M, M",
       [](float, float x, float y) { return std::min(x, y); }},
      {"fabric.fmac %d, %x, %w : M, M, f32",
       [](float d, float x, float) { return d + 3.0f * x; }},
      {"fabric.select %d, %x, %y, %w : M, M, M, f32",
       [](float, float x, float y) { return x != 0 ? y : 3.0f; }},
      {"fabric.exp %d, %y : M, M",
       [](float, float, float y) { return std::exp(y); }},
      {"fabric.log %d, %y : M, M",
       [](float, float, float y) { return std::log(y); }},
      {"fabric.rsqrt %d, %y : M, M",
       [](float, float, float y) { return 1 / std::sqrt(y); }},
      {"fabric.reciprocal %d, %y : M, M",
       [](float, float, float y) { return 1 / y; }},
  };
  for (Case each : cases) {
    for (size_t at; (at = each.line.find(" M")) != std::string::npos;)
      each.line.replace(at + 1, 1, m);
    std::string text = R"(fabric.program @p {
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %bd = fabric.buffer "d" : memref<6xf32, #fabric.sram>
    %bx = fabric.buffer "x" : memref<6xf32, #fabric.sram>
    %by = fabric.buffer "y" : memref<6xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %w = arith.constant 3.0 : f32
      %d = fabric.dsd %bd[0] [6] [1] : memref<6xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %x = fabric.dsd %bx[5] [6] [-1] : memref<6xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %y = fabric.dsd %by[0] [6] [1] : memref<6xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      )" + each.line + "\n}\n}\n}\n";
    FabricSimulation simulation = start(parse(text));
    const std::vector<float> d = {5, 6, 7, 8, 9, 10}, x = {0, 1, -2, 3, 0, 7},
                             y = {0.5f, 1, 1.5f, 2, 4, 6};
    ASSERT_FALSE(simulation.write(0, 0, "d", d));
    ASSERT_FALSE(simulation.write(0, 0, "x", x));
    ASSERT_FALSE(simulation.write(0, 0, "y", y));
    run(simulation);
    std::vector<float> got = read(simulation, 0, 0, "d");
    ASSERT_EQ(got.size(), 6u);
    for (int i = 0; i < 6; ++i)
      EXPECT_NEAR(got[i], each.expected(d[i], x[5 - i], y[i]),
                  2e-6f * std::abs(got[i]))
          << each.line << " element " << i;
  }
}

TEST_F(FabricRunTest, ReductionsAccumulateAndCompletionUnblocks) {
  // On a microthread; the task that stores a copy waits until it is unblocked.
  const std::string text = R"(fabric.program @p {
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %bd = fabric.buffer "d" : memref<4xf32, #fabric.sram>
    %bx = fabric.buffer "x" : memref<3xf32, #fabric.sram>
    %bh = fabric.buffer "h" : memref<3xf16, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %bx[0] [3] [1] : memref<3xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %h = fabric.dsd %bh[0] [3] [1] : memref<3xf16, #fabric.sram> -> !fabric.dsd<memory, f16>
      %d0 = fabric.dsd %bd[0] [1] [1] : memref<4xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %d1 = fabric.dsd %bd[1] [1] [1] : memref<4xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %d2 = fabric.dsd %bd[2] [1] [1] : memref<4xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      fabric.sum %d1, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      fabric.max_of %d2, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      fabric.activate @after
      fabric.dot %d0, %h, %h thread 2 unblock @after
          : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f16>, !fabric.dsd<memory, f16>
    }
    fabric.task @after local 9 blocked {
      %zero = arith.constant 0 : index
      %three = arith.constant 3 : index
      %v = memref.load %bd[%zero] : memref<4xf32, #fabric.sram>
      memref.store %v, %bd[%three] : memref<4xf32, #fabric.sram>
    }
  }
})";
  FabricSimulation simulation = start(parse(text));
  ASSERT_FALSE(simulation.write(0, 0, "d", {10, 20, 30, 0}));
  ASSERT_FALSE(simulation.write(0, 0, "x", {1, 40, -2}));
  ASSERT_FALSE(simulation.write(0, 0, "h", {1, 2, 0.5f}));
  run(simulation);
  EXPECT_EQ(read(simulation, 0, 0, "d"),
            (std::vector<float>{15.25f, 59, 40, 15.25f}));
}

TEST_F(FabricRunTest, NonzerosOfAStreamEachStartAnAxpy) {
  // Two columns, each with a lane of its own: value and index in one wavelet,
  // y += w x[index], until the control wavelet at the row's end sends the sum
  // south to a drain.
  const std::string text = R"(fabric.program @spmm {
  %w = fabric.color 0
  %s = fabric.color 1
  fabric.route %w on <x 0 to 2, y 0 to 1> [<north -> ramp>] fixed
  fabric.route %s on <x 0 to 2, y 0 to 1> [<ramp -> south>]
  fabric.route %s on <x 0 to 2, y 1 to 10> [<north -> south>]
  fabric.inject %w north on <x 0 to 2, y 0 to 1> "w" indexed ends 24 : f16
  fabric.drain %s south on <x 0 to 2, y 9 to 10> "y" extent 4 : f32
  fabric.code @core on <x 0 to 2, y 0 to 1> {
    %in = fabric.queue input 0 of %w : !fabric.queue<input>
    %out = fabric.queue output 0 of %s : !fabric.queue<output>
    %x = fabric.buffer "x" : memref<3x4xf32, #fabric.sram>
    %y = fabric.buffer "y" : memref<4xf32, #fabric.sram>
    fabric.task @nonzero data %in configured (%value: f16, %index: i16) {
      %i = arith.index_cast %index : i16 to index
      %four = arith.constant 4 : index
      %row = arith.muli %i, %four : index
      %a = fabric.dsd %x[%row] [4] [1] : memref<3x4xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %sum = fabric.dsd %y[0] [4] [1] : memref<4xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      fabric.fmac %sum, %value, %a : !fabric.dsd<memory, f32>, f16, !fabric.dsd<memory, f32>
    }
    fabric.task @row_end control 24 %in {
      %sum = fabric.dsd %y[0] [4] [1] : memref<4xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %to = fabric.fabout %out [4] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      fabric.mov %to, %sum : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>
    }
  }
})";
  source = [](fabric::InjectOp inject, int64_t lane) {
    Control end;
    end.task = static_cast<int32_t>(*inject.getEnds());
    // 2.0 at index 1, and in column 1 also -1.0 at index 2.
    std::vector<Wavelet> wavelets = {{0x4000u | 1u << 16, false}};
    if (lane == 1)
      wavelets.push_back({0xbc00u | 2u << 16, false});
    wavelets.push_back({encode(end), true});
    return wavelets;
  };
  FabricSimulation simulation = start(parse(text));
  std::vector<float> x(12);
  for (int i = 0; i < 12; ++i)
    x[i] = static_cast<float>(i + 1);
  for (int64_t column = 0; column < 2; ++column)
    ASSERT_FALSE(simulation.write(column, 0, "x", x));
  run(simulation);
  for (size_t column = 0; column < 2; ++column) {
    const std::vector<TimedWavelet> &out = simulation.output(column);
    ASSERT_EQ(out.size(), 4u);
    for (int t = 0; t < 4; ++t) {
      float value;
      std::memcpy(&value, &out[t].wavelet.data, 4);
      EXPECT_EQ(value, 2 * x[4 + t] - (column == 1 ? x[8 + t] : 0)) << t;
    }
  }
}

} // namespace
