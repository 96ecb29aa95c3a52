//===- Engine.cpp - Compile and simulate, for Python ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/bindings/Engine.h"

#include "runtime/bindings/Traces.h"

#include "runtime/engine/Collective.h"
#include "runtime/engine/Kernel.h"
#include "runtime/engine/Run.h"
#include "simulator/machine/Reader.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <mutex>

namespace py = pybind11;

namespace waferflow {

namespace {

template <typename T> T unwrap(Result<T> result) {
  if (!result)
    throw py::value_error(result.str());
  return std::move(*result);
}

Request requestOf(const std::string &json) {
  auto parsed = parseRequest(json);
  if (auto *error = std::get_if<Error>(&parsed))
    throw py::value_error(error->str());
  return std::get<Request>(std::move(parsed));
}

Stage stageOf(const std::string &name) {
  if (name == "graph")
    return Stage::Graph;
  if (name == "flow")
    return Stage::Flow;
  if (name == "placed")
    return Stage::Placed;
  if (name == "fabric")
    return Stage::Fabric;
  throw py::value_error("--to: expected graph, flow, placed or fabric, got '" +
                        name + "'");
}

std::string runRequest(
    const std::string &json,
    const std::optional<std::function<void(std::string, int, int)>> &callback) {
  Request request = requestOf(json);
  Progress progress = [&](const std::string &what, int done, int total) {
    py::gil_scoped_acquire locked;
    if (PyErr_CheckSignals() != 0)
      throw py::error_already_set();
    if (callback)
      (*callback)(what, done, total);
  };
  py::gil_scoped_release unlocked;
  return unwrap(run(request, progress));
}

std::string machineTableOf(const std::string &name,
                           const std::string &directory) {
  auto file = unwrap(loadMachine(name, directory));
  llvm::json::Array rows;
  for (const MachineRow &row : machineTable(file))
    rows.push_back(llvm::json::Object{{"key", row.key},
                                      {"value", row.value},
                                      {"low", row.low},
                                      {"high", row.high},
                                      {"unit", row.unit},
                                      {"source", row.source},
                                      {"trust", row.trust},
                                      {"meaning", row.meaning}});
  return llvm::formatv("{0}", llvm::json::Value(llvm::json::Object{
                                  {"name", file.machine.name},
                                  {"description", file.description},
                                  {"parameters", std::move(rows)}}));
}

} // namespace

void bindEngine(py::module_ &module) {
  module.def("run", &runRequest, py::arg("request"),
             py::arg("progress") = py::none());
  module.def("theory", [](const std::string &request) {
    return unwrap(theory(requestOf(request)));
  });
  module.def("compile", [](const std::string &request, const std::string &to) {
    return py::bytes(unwrap(compile(requestOf(request), stageOf(to), false)));
  });
  module.def("compile_text",
             [](const std::string &request, const std::string &to) {
               return unwrap(compile(requestOf(request), stageOf(to), true));
             });
  module.def("simulate",
             [](const py::bytes &program, const std::string &request) {
               return unwrap(simulateModule(static_cast<std::string>(program),
                                            requestOf(request)));
             });
  module.def("machine_table", &machineTableOf);
  auto answer = [](Result<Answer> (*command)(const std::string &)) {
    return [command](const std::string &request) {
      auto result = [&] {
        py::gil_scoped_release unlocked;
        return unwrap(command(request));
      }();
      return py::make_tuple(std::move(result.json), tracesOf(result.traces));
    };
  };
  module.def("collective", answer(&collective),
             "The result as JSON text, and traces by kind.");
  module.def("kernel", answer(&kernel),
             "The result as JSON text, and traces by kind.");
}

} // namespace waferflow
