//===- Oracle.cpp - Models and the CPU oracle in Python -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/bindings/Oracle.h"

#include "compiler/oracle/CpuProgram.h"
#include "models/llama/Builder.h"
#include "models/llama/Weights.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace waferflow;

template <typename T> static T valueOrThrow(llvm::Expected<T> value) {
  if (!value)
    throw py::value_error(llvm::toString(value.takeError()));
  return std::move(*value);
}

static StepOptions stepOptions(int64_t batch, int64_t seq,
                               const std::string &step,
                               const std::string &gradients,
                               const std::string &logits) {
  auto choose = [](const char *name, const std::string &value,
                   const char *first, const char *second) {
    if (value != first && value != second)
      throw py::value_error(std::string("expected ") + name + " to be '" +
                            first + "' or '" + second + "', got '" + value +
                            "'");
    return value == first;
  };
  StepOptions options;
  options.batch = batch;
  options.seq = seq;
  options.train = choose("step", step, "train", "forward");
  options.gradients = choose("gradients", gradients, "mask", "dense")
                          ? GradientsAt::mask
                          : GradientsAt::dense;
  options.logits =
      choose("logits", logits, "last", "all") ? LogitsAt::last : LogitsAt::all;
  return options;
}

static std::string buildGraph(const std::string &configJson, int64_t batch,
                              int64_t seq, const std::string &step,
                              const std::string &gradients,
                              const std::string &logits) {
  LlamaConfig config = valueOrThrow(parseLlamaConfig(configJson, "config"));
  StepOptions options = stepOptions(batch, seq, step, gradients, logits);
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  std::string problems;
  mlir::ScopedDiagnosticHandler handler(
      &context, [&](mlir::Diagnostic &diagnostic) {
        problems += (problems.empty() ? "" : "\n") + diagnostic.str();
      });
  auto module = buildTrainStep(context, config, options);
  if (!module)
    throw py::value_error(problems);
  if (mlir::failed(mlir::verify(*module)))
    throw std::runtime_error("the builder made an invalid module: " + problems);
  std::string text;
  llvm::raw_string_ostream(text) << *module;
  return text;
}

static std::string dtypeName(const py::dtype &dtype) {
  std::string bits = std::to_string(8 * dtype.itemsize());
  switch (dtype.kind()) {
  case 'f':
    return "f" + bits;
  case 'i':
    return "i" + bits;
  case 'b':
    return "i1";
  default:
    return py::str(static_cast<py::object>(dtype));
  }
}

static py::dtype dtypeOf(const std::string &name) {
  if (name == "i1")
    return py::dtype("bool");
  return py::dtype((name[0] == 'f' ? "float" : "int") + name.substr(1));
}

static std::vector<py::array> run(CpuProgram &program,
                                  const std::vector<py::array> &arrays) {
  std::vector<py::array> dense; // row-major, alive during the run
  std::vector<ArrayView> inputs;
  for (const py::array &array : arrays) {
    dense.push_back(py::array::ensure(array, py::array::c_style));
    ArrayType type{
        dtypeName(array.dtype()),
        std::vector<int64_t>(array.shape(), array.shape() + array.ndim())};
    inputs.push_back({type, dense.back().data()});
  }
  llvm::Expected<std::vector<Array>> outputs = [&] {
    py::gil_scoped_release release;
    return program.run(inputs);
  }();
  std::vector<py::array> results;
  for (const Array &output : valueOrThrow(std::move(outputs)))
    results.emplace_back(dtypeOf(output.type.dtype), output.type.shape,
                         output.data.data());
  return results;
}

static std::unique_ptr<CpuProgram>
compile(const std::string &text, const std::string &entry, bool optimize) {
  py::gil_scoped_release release;
  auto program = CpuProgram::compile(text, entry, optimize);
  if (!program) {
    std::string message = llvm::toString(program.takeError());
    py::gil_scoped_acquire acquire;
    throw py::value_error(message);
  }
  return std::move(*program);
}

static py::dict describe(const std::string &configJson,
                         const std::string &where) {
  LlamaConfig config = valueOrThrow(parseLlamaConfig(configJson, where));
  py::list weights;
  for (const LlamaWeight &weight : llamaWeights(config))
    weights.append(py::make_tuple(
        weight.name, py::tuple(py::cast(weight.shape)), weight.pruned));
  py::dict result;
  result["layers"] = config.layers;
  result["hidden_size"] = config.hiddenSize;
  result["vocabulary_size"] = config.vocabularySize;
  result["max_positions"] = config.maxPositions;
  result["parameters"] = config.parameters();
  result["weights"] = weights;
  return result;
}

void waferflow::bindOracle(py::module_ &module) {
  module.def("build_graph", buildGraph, py::arg("config_json"),
             py::arg("batch"), py::arg("seq"), py::arg("step") = "train",
             py::arg("gradients") = "mask", py::arg("logits") = "last",
             "MLIR text of @train_step (step='train') or @forward.");
  module.def("describe_model", describe, py::arg("config_json"),
             py::arg("where") = "config",
             "Sizes of a config, and its weights as (name, shape, pruned) in "
             "the order of the graph's arguments.");
  py::class_<CpuProgram>(module, "CpuProgram",
                         "A function compiled for this CPU: the oracle.")
      .def(py::init(&compile), py::arg("mlir_text"), py::arg("entry"),
           py::arg("optimize") = false)
      .def("run", run, py::arg("arrays"));
  module.def(
      "run_on_cpu",
      [](const std::string &text, const std::string &entry,
         const std::vector<py::array> &arrays, bool optimize) {
        return run(*compile(text, entry, optimize), arrays);
      },
      py::arg("mlir_text"), py::arg("entry"), py::arg("arrays"),
      py::arg("optimize") = false,
      "Compiles and runs a function on tensors; results in order.");
}
