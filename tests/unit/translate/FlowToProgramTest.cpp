//===- FlowToProgramTest.cpp - Is every op of a placed step read? ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/translate/FlowToProgram.h"

#include "compiler/analysis/KernelCost.h"
#include "runtime/engine/Session.h"
#include "simulator/Simulate.h"

#include "mlir/IR/Diagnostics.h"

#include <gtest/gtest.h>

using namespace waferflow;
using namespace mlir;

namespace {

Request tinyRequest() {
  Request request;
  request.model = "tiny";
  request.config = WAFERFLOW_SOURCE "/models/configs/tiny.json";
  request.machine = "tiny";
  request.machinesDir = WAFERFLOW_SOURCE "/machines";
  request.tokens = 64;
  request.seq = 16;
  request.threads = 1;
  return request;
}

class FlowToProgram : public ::testing::Test {
protected:
  void SetUp() override {
    auto opened = Session::open(tinyRequest());
    ASSERT_TRUE(opened) << opened.str();
    session = std::move(*opened);
    auto made = session->placed(0.7, masks);
    ASSERT_TRUE(made) << made.str();
    module = std::move(*made);
  }

  func::FuncOp step() { return flow::findStep(*module); }

  std::unique_ptr<Session> session;
  Module module;
  MaskCache masks;
};

TEST_F(FlowToProgram, KnowsEveryOpAndAttributeOfTheDialect) {
  int64_t ops = 0;
  for (RegisteredOperationName op :
       module->getContext()->getRegisteredOperations()) {
    if (op.getDialectNamespace() != "flow")
      continue;
    ++ops;
    EXPECT_TRUE(isTranslated(op.getStringRef())) << op.getStringRef().str();
    for (StringAttr attribute : op.getAttributeNames())
      EXPECT_TRUE(isTranslated(op.getStringRef(), attribute))
          << op.getStringRef().str() << " " << attribute.str();
  }
  EXPECT_GE(ops, 9);
  EXPECT_FALSE(isTranslated("flow.unheard_of"));
  EXPECT_FALSE(isTranslated("flow.spmm", "unheard_of"));
}

TEST_F(FlowToProgram, RefusesAnAttributeThatItDoesNotKnow) {
  Operation *spmm = *step().getOps<flow::SpmmOp>().begin();
  spmm->setAttr("speed", UnitAttr::get(module->getContext()));
  auto program = loadProgram(*module, masks);
  ASSERT_FALSE(program);
  EXPECT_NE(program.str().find("has an attribute without translation to a "
                               "program: 'speed'"),
            std::string::npos)
      << program.str();
}

TEST_F(FlowToProgram, RefusesAnOrderThatTheMachineWouldNotLay) {
  auto order = *module->getOps<flow::OrderOp>().begin();
  order.setColumns(order.getColumns() + 1);
  auto program = loadProgram(*module, masks);
  ASSERT_FALSE(program);
  EXPECT_NE(program.str().find("'flow.order' op expected"), std::string::npos)
      << program.str();
}

// A table is read as it stands; the same nonzeros are computed in any order.
TEST_F(FlowToProgram, TablesAreTakenAsTheyAreAndKeepTheNonzeros) {
  std::map<std::string, std::vector<int64_t>> nonzeros;
  for (OrderKind kind : kOrderKinds) {
    Request request = tinyRequest();
    request.order = kind;
    auto opened = Session::open(request);
    ASSERT_TRUE(opened) << opened.str();
    auto made = (*opened)->placed(0.7, masks);
    ASSERT_TRUE(made) << made.str();
    auto program = loadProgram(**made, masks);
    ASSERT_TRUE(program) << program.str();
    int64_t tables = 0;
    for (auto op : (*made)->getOps<flow::OrderOp>())
      if (op.getForm() == flow::OrderForm::Table) {
        ++tables;
        auto same = [&](const FeatureOrder &order) {
          return order.name == op.getSymName() &&
                 llvm::ArrayRef(order.column) == *op.getColumn() &&
                 llvm::ArrayRef(order.slot) == *op.getSlot();
        };
        EXPECT_TRUE(llvm::any_of(program->orders, same))
            << op.getSymName().str();
      }
    EXPECT_EQ(tables > 0, kind != OrderKind::Blocked);
    auto report = simulate(*program);
    ASSERT_TRUE(std::holds_alternative<Report>(report));
    for (const KernelReport &kernel : std::get<Report>(report).kernels)
      if (kernel.kind != "relayout")
        nonzeros[orderKindName(kind)].push_back(kernel.nonzeros);
  }
  EXPECT_EQ(nonzeros["blocked"], nonzeros["striped"]);
  EXPECT_EQ(nonzeros["blocked"], nonzeros["dealt"]);
}

TEST_F(FlowToProgram, CountsWhatTheGraphCounts) {
  double graph = 0; // multiply-adds of a dense step, attention's real pairs
  for (auto kernel : step().getOps<flow::FlowKernel>()) {
    auto cost = flow::costOf(kernel);
    ASSERT_TRUE(succeeded(cost));
    graph += static_cast<double>(cost->multiplyAdds);
  }
  auto dense = session->placed(0, masks);
  ASSERT_TRUE(dense) << dense.str();
  auto program = loadProgram(**dense, masks);
  ASSERT_TRUE(program) << program.str();
  auto report = simulate(*program);
  ASSERT_TRUE(std::holds_alternative<Report>(report));
  double simulated = 0;
  for (const KernelReport &kernel : std::get<Report>(report).kernels)
    simulated += kernel.multiplyAdds;
  EXPECT_DOUBLE_EQ(simulated, graph);
}

TEST_F(FlowToProgram, KernelsDependOnTheirProducersAndOnNothingLater) {
  auto program = loadProgram(*module, masks);
  ASSERT_TRUE(program) << program.str();
  int64_t dependences = 0;
  for (const Kernel &kernel : program->kernels)
    for (int32_t producer : kernel.dependsOn) {
      EXPECT_LT(producer, kernel.id) << kernel.name;
      ++dependences;
    }
  EXPECT_GT(dependences, static_cast<int64_t>(program->kernels.size()));
}

TEST_F(FlowToProgram, AVocabularyInPiecesKeepsItsRows) {
  for (auto kernel : step().getOps<flow::FlowKernel>())
    if (kernel.getSection() == flow::KernelSection::Head) {
      flow::MappingAttr m = *kernel.getMapping();
      kernel.setMappingAttr(flow::MappingAttr::get(
          module->getContext(), m.getGo(), m.getForm(), m.getBuffers(),
          m.getBroadcast(), m.getKeyBlock(), 3));
    }
  auto program = loadProgram(*module, masks);
  ASSERT_TRUE(program) << program.str();
  int64_t rows = 0, pieces = 0;
  for (const Kernel &kernel : program->kernels)
    if (auto *spmm = std::get_if<Spmm>(&kernel.body);
        spmm && kernel.phase == Phase::Forward &&
        kernel.section == Section::Head) {
      rows += program->weights[spmm->weight].rows;
      ++pieces;
    }
  EXPECT_EQ(pieces, 3);
  EXPECT_EQ(rows, 256);
}

} // namespace
