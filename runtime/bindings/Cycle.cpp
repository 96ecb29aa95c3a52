//===- Cycle.cpp - Fabric programs in Python ------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/bindings/Cycle.h"

#include "runtime/bindings/Traces.h"

#include "runtime/engine/Clock.h"
#include "runtime/engine/CycleReport.h"
#include "runtime/engine/CycleTrainer.h"
#include "runtime/engine/TraceJson.h"

#include "llvm/Support/FormatVariadic.h"

#include <pybind11/functional.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace waferflow;

namespace {

template <typename T> T unwrap(Result<T> result) {
  if (!result)
    throw py::value_error(result.str());
  return std::move(*result);
}

template <typename From, typename To>
std::vector<To> valuesOf(const py::array &array) {
  auto dense = py::array_t<From, py::array::c_style>::ensure(array);
  return {dense.data(), dense.data() + dense.size()};
}

HostTensor tensorOf(const std::string &name, const py::array &array) {
  HostTensor tensor;
  tensor.shape.assign(array.shape(), array.shape() + array.ndim());
  if (py::isinstance<py::array_t<float>>(array))
    tensor.values = valuesOf<float, float>(array);
  else if (py::isinstance<py::array_t<int64_t>>(array))
    tensor.values = valuesOf<int64_t, int64_t>(array);
  else if (py::isinstance<py::array_t<int32_t>>(array))
    tensor.values = valuesOf<int32_t, int64_t>(array);
  else
    throw py::value_error("input '" + name +
                          "': expected float32, int64 or int32, got " +
                          static_cast<std::string>(py::str(array.dtype())));
  return tensor;
}

HostTensors tensorsOf(const std::map<std::string, py::array> &arrays) {
  HostTensors tensors;
  for (const auto &[name, array] : arrays)
    tensors[name] = tensorOf(name, array);
  return tensors;
}

py::dict arraysOf(const HostTensors &tensors) {
  py::dict arrays;
  for (const auto &[name, tensor] : tensors) {
    if (tensor.isInteger())
      arrays[py::str(name)] =
          py::array_t<int64_t>(tensor.shape, tensor.integers().data());
    else
      arrays[py::str(name)] =
          py::array_t<float>(tensor.shape, tensor.floats().data());
  }
  return arrays;
}

py::list declarationsOf(const std::vector<HostDeclaration> &declarations) {
  py::list list;
  for (const HostDeclaration &each : declarations) {
    py::dict entry;
    entry["name"] = each.name;
    entry["shape"] = py::tuple(py::cast(each.shape));
    entry["dtype"] = each.integer ? "int64" : "float32";
    entry["weight"] = static_cast<bool>(each.weight);
    entry["pruned"] = each.weight && each.weight.getPruned();
    entry["source"] = each.weight && each.weight.getSource()
                          ? py::cast(each.weight.getSource().getFile().str())
                          : py::object(py::none());
    entry["gradient"] = each.gradient
                            ? py::cast(each.gradient.getWeight().str())
                            : py::object(py::none());
    list.append(entry);
  }
  return list;
}

using Callback = std::optional<std::function<void(std::string, int, int)>>;

/// Tells Python, and notices Ctrl-C.
CycleProgress progressOf(const Callback &callback) {
  return [&callback](const std::string &what, int done, int total) {
    py::gil_scoped_acquire locked;
    if (PyErr_CheckSignals() != 0)
      throw py::error_already_set();
    if (callback)
      (*callback)(what, done, total);
  };
}

std::string reportOf(CycleModule &module, const CycleRun &run,
                     const std::string &weights, const Clock &clock) {
  return llvm::formatv("{0}", toJson(module, run, weights, clock.seconds()));
}

py::tuple run(CycleModule &module,
              const std::map<std::string, py::array> &given,
              const std::string &weights, const Callback &callback,
              const std::string &traces) {
  auto recorder = unwrap(module.recorder(unwrap(traceRequest(traces))));
  HostTensors inputs = tensorsOf(given);
  Clock clock;
  if (auto error = module.complete(inputs))
    throw py::value_error(error->str());
  auto result = [&] {
    CycleProgress progress = progressOf(callback);
    py::gil_scoped_release unlocked;
    return module.run(inputs, progress, {}, recorder.get());
  }();
  CycleRun finished = unwrap(std::move(result));
  return py::make_tuple(arraysOf(finished.outputs),
                        reportOf(module, finished, weights, clock),
                        tracesOf(unwrap(recorder->texts())));
}

py::object maskOf(CycleModule &module, const std::string &name) {
  auto live = unwrap(module.host().positions(name));
  if (live->bits.empty())
    return py::none();
  py::array_t<bool> mask({live->rows, live->columns});
  for (size_t i = 0; i < live->bits.size(); ++i)
    mask.mutable_data()[i] = live->bits[i];
  return mask;
}

py::tuple step(CycleTrainer &trainer,
               const std::map<std::string, py::array> &given,
               const Callback &callback, const std::string &traces) {
  auto recorder = unwrap(trainer.recorder(unwrap(traceRequest(traces))));
  HostTensors batch = tensorsOf(given);
  auto result = [&] {
    CycleProgress progress = progressOf(callback);
    py::gil_scoped_release unlocked;
    return trainer.step(batch, progress, {}, recorder.get());
  }();
  TrainedStep trained = unwrap(std::move(result));
  py::dict fields;
  fields["loss"] = trained.loss;
  fields["cycles"] = trained.run.cycles;
  fields["optimizer_done_cycle"] = trained.optimizerDoneCycle;
  fields["applied"] = trained.outcome.applied;
  fields["scale"] = trained.outcome.scale;
  fields["gradient_norm"] = trained.outcome.gradientNorm;
  fields["clip_factor"] = trained.outcome.clipFactor;
  fields["updates"] = trained.outcome.updates;
  return py::make_tuple(fields, tracesOf(unwrap(recorder->texts())));
}

} // namespace

void waferflow::bindCycle(py::module_ &module) {
  py::class_<CycleModule>(module, "CycleModule",
                          "Fabric programs (bytecode or text) that can be "
                          "executed with values.")
      .def(py::init([](const py::bytes &program) {
             return unwrap(
                 CycleModule::load(static_cast<std::string>(program)));
           }),
           py::arg("program"))
      .def_property_readonly("arguments",
                             [](CycleModule &self) {
                               return declarationsOf(self.host().arguments());
                             })
      .def_property_readonly("results",
                             [](CycleModule &self) {
                               return declarationsOf(self.host().results());
                             })
      .def_property_readonly("loss_scale", &CycleModule::lossScale)
      .def_property_readonly("vocabulary", &CycleModule::vocabulary)
      .def("mask", &maskOf, py::arg("name"),
           "bool [rows, columns] of a pruned weight, None of a dense one.")
      .def("run", &run, py::arg("inputs"), py::arg("weights"),
           py::arg("progress") = py::none(), py::arg("traces") = "null",
           "Outputs by name, the report as JSON text, and traces by kind.");
  py::class_<CycleTrainer>(module, "CycleTrainer",
                           "A module and the weight store between its runs.")
      .def(py::init([](CycleModule &module,
                       const std::map<std::string, py::array> &weights,
                       const store::StoreOptions &options) {
             HostTensors tensors = tensorsOf(weights);
             return unwrap(
                 CycleTrainer::create(module, std::move(tensors), options));
           }),
           py::arg("module"), py::arg("weights"), py::arg("options"),
           py::keep_alive<1, 2>())
      .def("step", &step, py::arg("inputs"), py::arg("progress") = py::none(),
           py::arg("traces") = "null",
           "What the step gave, and traces by kind.")
      .def("weights", [](const CycleTrainer &self) {
        return arraysOf(unwrap(self.masters()));
      });
}
