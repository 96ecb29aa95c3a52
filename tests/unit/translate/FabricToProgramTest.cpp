//===- FabricToProgramTest.cpp - Is a fabric module what is run? ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/unit/translate/FabricModule.h"

using namespace waferflow;
using cycle::VectorOp;

namespace {

class FabricToProgramTest : public FabricModule {
protected:
  mlir::FailureOr<cycle::FabricProgram> translate(fabric::ProgramOp program) {
    return translateFabric(program, oneWavelet);
  }

private:
  /// The lane itself, but for one stream.
  static Result<std::vector<cycle::Wavelet>> oneWavelet(fabric::InjectOp inject,
                                                        int64_t lane) {
    if (inject.getStream() == "missing")
      return Error{"", "no stream 'missing'"};
    cycle::Wavelet wavelet;
    wavelet.data = static_cast<uint32_t>(lane);
    return std::vector<cycle::Wavelet>{wavelet};
  }
};

const std::string oneTask = R"(
fabric.program @p {
  %c = fabric.color 3
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 1 of %c : !fabric.queue<output>
    %x = fabric.buffer "x" : memref<4x8xf32, #fabric.sram>
    %y = fabric.buffer at 512 : memref<8xf16, #fabric.sram>
    TASK
  }
})";

std::string withTask(const std::string &task) {
  std::string text = oneTask;
  return text.replace(text.find("TASK"), 4, task);
}

template <typename T>
const T &at(const cycle::FabricProgram &program, size_t index) {
  const T *instruction =
      std::get_if<T>(&program.cores.at(0).tasks.at(0).code.at(index));
  EXPECT_TRUE(instruction) << index;
  static const T none{};
  return instruction ? *instruction : none;
}

TEST_F(FabricToProgramTest, HasACaseForEveryRegisteredOp) {
  size_t seen = 0;
  for (mlir::RegisteredOperationName op : context.getRegisteredOperations()) {
    if (op.getDialectNamespace() != "fabric")
      continue;
    EXPECT_TRUE(translatesFabricOp(op.getStringRef()))
        << op.getStringRef().str();
    ++seen;
  }
  EXPECT_GE(seen, 30u);
  EXPECT_FALSE(translatesFabricOp("fabric.unheard_of"));
}

TEST_F(FabricToProgramTest, AnAddressOfOneRegisterTakesNoSlot) {
  auto program = translate(parse(withTask(R"(
    fabric.task @t data %in configured (%i: i32) {
      %k = arith.index_cast %i : i32 to index
      %eight = arith.constant 8 : index
      %table = fabric.param <table = [1, 2, 3], cores = <x 0 to 3, y 0 to 1>>
      %row = arith.muli %k, %eight : index
      %place = arith.addi %row, %table : index
      %a = fabric.dsd %x[%place] [8] [1] : memref<4x8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %zero = arith.constant 0.0 : f32
      fabric.mov %a, %zero : !fabric.dsd<memory, f32>, f32
      %both = arith.addi %k, %row : index
      %b = fabric.dsd %x[%both] [8] [1] : memref<4x8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      fabric.mov %b, %zero : !fabric.dsd<memory, f32>, f32
    })")));
  ASSERT_TRUE(mlir::succeeded(program));
  // The sum of two registers is computed, and so is what it is computed from.
  const auto &code = program->cores.at(0).tasks.at(0).code;
  ASSERT_EQ(code.size(), 5u);
  size_t first = 0;
  while (first < code.size() &&
         !std::holds_alternative<cycle::Vector>(code[first]))
    ++first;
  const auto &mov = at<cycle::Vector>(*program, first);
  const auto &place = std::get<cycle::MemoryOperand>(mov.destination).offset;
  EXPECT_GE(place.reg, 0);
  EXPECT_EQ(place.base.at(2, 0), 3);
}

TEST_F(FabricToProgramTest, ABufferOfRankZeroIsARegister) {
  auto program = translate(parse(withTask(R"(
    %n = fabric.buffer : memref<i32, #fabric.sram>
    fabric.task @t local 9 {
      %old = memref.load %n[] : memref<i32, #fabric.sram>
      %one = arith.constant 1 : i32
      %new = arith.addi %old, %one : i32
      memref.store %new, %n[] : memref<i32, #fabric.sram>
      memref.store %one, %n[] : memref<i32, #fabric.sram>
    })")));
  ASSERT_TRUE(mlir::succeeded(program));
  EXPECT_EQ(program->cores[0].buffers.size(), 2u);
  ASSERT_EQ(program->cores[0].tasks[0].code.size(), 4u);
  // It is read and written where it is; a number is put there.
  for (auto [i, cycles] : {std::pair(0, 0), {1, 1}, {2, 0}, {3, 1}})
    EXPECT_EQ(at<cycle::Scalar>(*program, i).cycles, cycles) << i;
  EXPECT_EQ(at<cycle::Scalar>(*program, 3).destination,
            at<cycle::Scalar>(*program, 0).sources[0].reg);
}

TEST_F(FabricToProgramTest, KeepsRoutesSelectionsAndEdges) {
  auto program = translate(parse(R"(
#upper = affine_set<(x, y) : (x mod 2 == 0, 3 - x floordiv 2 - y >= 0)>
fabric.program @p {
  %c = fabric.color 3
  fabric.route %c on <x 2 to 9, y 0 to 1, #upper>
      [<north -> south, ramp>, <ramp -> south>] initial 1 ring fixed
  fabric.route %c on <x 2 to 9, y 1 to 10, affine_set<(x, y) : (x mod 2 == 0)>> [<north -> south>]
  fabric.inject %c north on <x 4 to 7, y 0 to 1, #upper> "w" : f16
  fabric.drain %c south on <x 2 to 9, y 9 to 10, affine_set<(x, y) : (x mod 2 == 0)>> "dw" extent 5 : f16
  fabric.code @a on <x 2 to 9, y 0 to 1> attributes {code_bytes = 100 : i64} {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
  }
})"));
  ASSERT_TRUE(mlir::succeeded(program));
  EXPECT_EQ(program->name, "p");
  EXPECT_EQ(program->machine.name, "tiny");
  EXPECT_EQ(program->width, 12);
  EXPECT_EQ(program->height, 10);
  ASSERT_EQ(program->routes.size(), 2u);
  const cycle::Route &route = program->routes[0];
  EXPECT_EQ(route.color, 3);
  EXPECT_EQ(route.initial, 1);
  EXPECT_TRUE(route.cyclic);
  EXPECT_FALSE(route.listens);
  ASSERT_EQ(route.positions.size(), 2u);
  EXPECT_EQ(route.positions[0].rx, cycle::Direction::North);
  EXPECT_EQ(route.positions[0].tx, cycle::bit(cycle::Direction::South) |
                                       cycle::bit(cycle::Direction::Ramp));
  EXPECT_EQ(route.positions[1].rx, cycle::Direction::Ramp);
  // The set, core by core: x even from 2 to 8, 3 - x / 2 >= 0 at y = 0.
  for (int64_t x = 0; x < 12; ++x)
    EXPECT_EQ(route.where.contains(x, 0), x == 2 || x == 4 || x == 6) << x;
  EXPECT_FALSE(route.where.contains(2, 1));
  EXPECT_TRUE(program->routes[1].listens);
  // A lane for each selected core of the edge.
  ASSERT_EQ(program->inputs.size(), 2u);
  EXPECT_EQ(program->inputs[0].lane, 4);
  EXPECT_EQ(program->inputs[1].lane, 6);
  EXPECT_EQ(program->inputs[1].side, cycle::Direction::North);
  EXPECT_EQ((*program->inputs[1].wavelets)[0].data, 6u);
  ASSERT_EQ(program->outputs.size(), 4u);
  EXPECT_EQ(program->outputs[3].lane, 8);
  EXPECT_EQ(program->outputs[3].expected, 3); // 5 elements, two a wavelet
  EXPECT_EQ(program->cores.at(0).codeBytes, 100);
}

TEST_F(FabricToProgramTest, PacksArgumentsOfTasksIntoWavelets) {
  auto program = translate(parse(withTask(R"(
    fabric.task @pair data %in configured (%v: f16, %i: i16, %w: f32, %k: i16) {
    }
    fabric.task @end control 24 %in blocked (%d: i16) {
    }
    fabric.task @go local 9 start {
    })")));
  ASSERT_TRUE(mlir::succeeded(program));
  const cycle::CoreProgram &core = program->cores.at(0);
  ASSERT_EQ(core.tasks.size(), 3u);
  const cycle::Task &pair = core.tasks[0];
  EXPECT_EQ(pair.kind, cycle::Task::Kind::Data);
  EXPECT_EQ(pair.id, 2);
  EXPECT_EQ(pair.input, 0);
  EXPECT_EQ(pair.wavelets, 3);
  EXPECT_TRUE(pair.configured);
  using Bits = cycle::Field::Bits;
  ASSERT_EQ(pair.fields.size(), 4u);
  EXPECT_EQ(pair.fields[0].bits, Bits::Low);
  EXPECT_EQ(pair.fields[1].bits, Bits::High);
  EXPECT_EQ(pair.fields[1].wavelet, 0);
  EXPECT_EQ(pair.fields[2].bits, Bits::All);
  EXPECT_EQ(pair.fields[2].wavelet, 1);
  EXPECT_EQ(pair.fields[3].bits, Bits::Low);
  EXPECT_EQ(pair.fields[3].wavelet, 2);
  EXPECT_EQ(core.registers.at(pair.fields[1].reg).type, cycle::DataType::I16);
  EXPECT_EQ(core.tasks[1].kind, cycle::Task::Kind::Control);
  EXPECT_EQ(core.tasks[1].id, 24);
  EXPECT_TRUE(core.tasks[1].blocked);
  EXPECT_TRUE(core.tasks[2].activated);
  EXPECT_EQ(core.tasks[2].input, -1);
  ASSERT_EQ(core.buffers.size(), 2u);
  EXPECT_EQ(core.buffers[0].name, "x");
  EXPECT_EQ(core.buffers[0].extent, 32);
  EXPECT_EQ(core.buffers[0].address, -1);
  EXPECT_EQ(core.buffers[1].address, 512);
  EXPECT_EQ(core.buffers[1].type, cycle::DataType::F16);
}

TEST_F(FabricToProgramTest, GivesInstructionsTheirOperands) {
  auto program = translate(parse(withTask(R"(
    fabric.task @axpy data %in (%w: f32, %i: i32) {
      %eight = arith.constant 8 : index
      %row = arith.index_cast %i : i32 to index
      %x0 = fabric.coord x
      %start = arith.muli %x0, %eight : index
      %a = fabric.dsd %x[%start] [4] [2] : memref<4x8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %b = fabric.dsd %x[%row] [4] [1] : memref<4x8xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      fabric.fmac %a, %b, %w thread 2 activate @done unblock @axpy configured
          : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>, f32
      %to = fabric.fabout %out [4] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      fabric.mov %to, %a : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>
      fabric.control %out advance task 24 data 7 : !fabric.queue<output>
    }
    fabric.task @done local 9 {
    })")));
  ASSERT_TRUE(mlir::succeeded(program));
  // Instructions alone: the product x * 8 is known beforehand, the cast is part
  // of an address.
  const auto &axpy = at<cycle::Vector>(*program, 0);
  EXPECT_EQ(axpy.op, VectorOp::Fmac);
  EXPECT_EQ(axpy.thread, 2);
  EXPECT_TRUE(axpy.configured);
  EXPECT_EQ(axpy.extent.base.at(0, 0), 4);
  const auto &to = std::get<cycle::MemoryOperand>(axpy.destination);
  EXPECT_EQ(to.stride, 2);
  EXPECT_EQ(to.offset.reg, -1);
  EXPECT_EQ(to.offset.base.at(2, 0), 16);
  // The scalar first: that makes it an AXPY.
  ASSERT_EQ(axpy.sources.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<cycle::RegisterOperand>(axpy.sources[0]));
  EXPECT_GE(std::get<cycle::MemoryOperand>(axpy.sources[1]).offset.reg, 0);
  ASSERT_EQ(axpy.onDone.size(), 2u);
  EXPECT_EQ(axpy.onDone[0].kind, cycle::OnDone::Kind::Activate);
  EXPECT_EQ(axpy.onDone[0].task, 1);
  EXPECT_EQ(axpy.onDone[1].kind, cycle::OnDone::Kind::Unblock);
  EXPECT_EQ(axpy.onDone[1].task, 0);
  const auto &send = at<cycle::Vector>(*program, 1);
  EXPECT_EQ(send.thread, -1);
  EXPECT_EQ(std::get<cycle::FabricOperand>(send.destination).queue, 0);
  const auto &control = at<cycle::SendControl>(*program, 2);
  EXPECT_EQ(control.control.change, cycle::Control::Switch::Advance);
  EXPECT_EQ(control.control.task, 24);
  EXPECT_EQ(control.control.data, 7);
}

TEST_F(FabricToProgramTest, SplitsCodeWhereQueuesTakeOtherColors) {
  auto program =
      translate(parseFile(WAFERFLOW_LIT "/fabric/chain-reduce.mlir"));
  ASSERT_TRUE(mlir::succeeded(program));
  // last, middle on odd, middle on even, first
  ASSERT_EQ(program->cores.size(), 4u);
  for (int64_t x = 0; x < 4; ++x) {
    std::vector<const cycle::CoreProgram *> holders;
    for (const cycle::CoreProgram &core : program->cores)
      if (core.where.contains(x, 0))
        holders.push_back(&core);
    ASSERT_EQ(holders.size(), 1u) << x;
    // Odd cores take color 0 and send on color 1, even ones the other way.
    for (const cycle::Queue &queue : holders[0]->inputs)
      EXPECT_EQ(queue.color, x % 2 ? 0 : 1) << x;
    for (const cycle::Queue &queue : holders[0]->outputs)
      EXPECT_EQ(queue.color, x % 2 ? 1 : 0) << x;
  }
}

TEST_F(FabricToProgramTest, SaysWhatHasNoTranslation) {
  struct Bad {
    const char *task, *message;
  };
  const Bad bad[] = {
      {"fabric.task @t local 9 {\n%a = arith.constant 1.0 : f64\n}",
       "expected f16, bf16, f32, i1, i16, i32 or index in a register"},
      {"fabric.task @t data %in (%a: i32) {\n%b = arith.divui %a, %a : i32\n}",
       "'arith.divui' op has no translation to a program"},
      {"fabric.task @t data %in (%a: f32) {\n%b = math.tan %a : f32\n}",
       "'math.tan' op has no translation to a program"},
      {"fabric.task @t data %in (%a: f32) {\n"
       "%b = arith.cmpf ult, %a, %a : f32\n}",
       "'arith.cmpf' op has no translation to a program"},
      {"fabric.task @t local 9 {\nfabric.activate @t {odd.key = 1 : i32}\n}",
       "has an attribute 'odd.key' that has no translation to a program"},
  };
  context.allowUnregisteredDialects();
  for (const Bad &each : bad) {
    std::string said;
    mlir::ScopedDiagnosticHandler handler(
        &context,
        [&](mlir::Diagnostic &diagnostic) { said += diagnostic.str(); });
    fabric::ProgramOp program = parse(withTask(each.task));
    ASSERT_TRUE(program) << said;
    EXPECT_TRUE(mlir::failed(translate(program)));
    EXPECT_NE(said.find(each.message), std::string::npos) << said;
  }
}

TEST_F(FabricToProgramTest, RefusesAModuleWithoutAMachineAndAMissingStream) {
  std::string said;
  mlir::ScopedDiagnosticHandler handler(
      &context,
      [&](mlir::Diagnostic &diagnostic) { said += diagnostic.str(); });
  fabric::ProgramOp program = parse("fabric.program @p {\n}");
  (*module)->removeAttr("flow.machine");
  EXPECT_TRUE(mlir::failed(translate(program)));
  EXPECT_NE(said.find("expected a module with a flow.machine, got none"),
            std::string::npos)
      << said;
  said.clear();
  program = parse(R"(fabric.program @p {
  %c = fabric.color 3
  fabric.route %c on <x 0 to 1, y 0 to 10> [<north -> south>]
  fabric.inject %c north on <x 0 to 1, y 0 to 1> "missing" : f32
  fabric.drain %c south on <x 0 to 1, y 9 to 10> "out" extent 1 : f32
})");
  EXPECT_TRUE(mlir::failed(translate(program)));
  EXPECT_NE(said.find("no stream 'missing'"), std::string::npos) << said;
}

} // namespace
