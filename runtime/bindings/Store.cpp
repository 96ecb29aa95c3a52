//===- Store.cpp - Master weights and AdamW in Python ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/bindings/Store.h"

#include "simulator/store/MasterStore.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace waferflow;
using namespace waferflow::store;

using FloatArray =
    py::array_t<float, py::array::c_style | py::array::forcecast>;
using BoolArray = py::array_t<bool, py::array::c_style | py::array::forcecast>;

namespace {

template <typename T> T unwrap(Result<T> result) {
  if (!result)
    throw py::value_error(result.str());
  return std::move(*result);
}

std::vector<float> flat(const FloatArray &array) {
  return {array.data(), array.data() + array.size()};
}

ElementType typeOf(const std::string &name) {
  if (name == "f16")
    return ElementType::F16;
  if (name == "bf16")
    return ElementType::BF16;
  if (name == "f32")
    return ElementType::F32;
  throw py::value_error("expected storage f16, bf16 or f32, got '" + name +
                        "'");
}

LossScaleOptions::Kind scalingOf(const std::string &name) {
  if (name == "none")
    return LossScaleOptions::Kind::None;
  if (name == "static")
    return LossScaleOptions::Kind::Static;
  if (name == "dynamic")
    return LossScaleOptions::Kind::Dynamic;
  throw py::value_error("expected loss_scaling none, static or dynamic, got '" +
                        name + "'");
}

StoreOptions optionsOf(double rate, std::pair<double, double> betas,
                       double epsilon, double decay, double clipNorm,
                       const std::string &scaling, double scale, double growth,
                       double backoff, int64_t interval) {
  StoreOptions options;
  options.adamw = {rate, betas.first, betas.second, epsilon, decay};
  options.lossScale = {scalingOf(scaling), scale, growth, backoff, interval};
  options.clipNorm = clipNorm;
  return options;
}

/// Takes the arguments of StoreOptions.
MasterStore create(const py::kwargs &arguments) {
  py::object options = py::type::of<StoreOptions>()(**arguments);
  return unwrap(MasterStore::create(options.cast<StoreOptions>()));
}

void add(MasterStore &store, const std::string &name, const FloatArray &values,
         const std::string &storage, const std::optional<BoolArray> &mask) {
  std::optional<std::vector<int64_t>> positions;
  if (mask) {
    if (mask->size() != values.size())
      throw py::value_error("weight '" + name + "': expected a mask of " +
                            std::to_string(values.size()) + " elements, got " +
                            std::to_string(mask->size()));
    positions.emplace();
    for (py::ssize_t i = 0; i < mask->size(); ++i)
      if (mask->data()[i])
        positions->push_back(i);
  }
  if (auto error = store.add(name, flat(values), typeOf(storage), positions))
    throw py::value_error(error->str());
}

py::dict step(MasterStore &store,
              const std::map<std::string, FloatArray> &gradients) {
  Gradients given;
  for (const auto &[name, gradient] : gradients)
    given[name] = flat(gradient);
  StepOutcome outcome = unwrap(store.step(given));
  py::dict result;
  result["applied"] = outcome.applied;
  result["scale"] = outcome.scale;
  result["gradient_norm"] = outcome.gradientNorm;
  result["clip_factor"] = outcome.clipFactor;
  result["updates"] = outcome.updates;
  return result;
}

FloatArray arrayOf(const std::vector<float> &values) {
  return FloatArray(static_cast<py::ssize_t>(values.size()), values.data());
}

} // namespace

void waferflow::bindStore(py::module_ &module) {
  py::class_<StoreOptions>(module, "StoreOptions",
                           "AdamW, clipping and loss scaling.")
      .def(py::init(&optionsOf), py::kw_only(), py::arg("learning_rate") = 1e-3,
           py::arg("betas") = std::pair<double, double>(0.9, 0.999),
           py::arg("epsilon") = 1e-8, py::arg("weight_decay") = 1e-2,
           py::arg("clip_norm") = 0.0, py::arg("loss_scaling") = "none",
           py::arg("scale") = 65536.0, py::arg("growth") = 2.0,
           py::arg("backoff") = 0.5, py::arg("growth_interval") = 2000);
  py::class_<MasterStore>(module, "MasterStore",
                          "f32 master weights with AdamW, as the weight store "
                          "keeps them. Arrays come out flat.")
      .def(py::init(&create))
      .def("add", &add, py::arg("name"), py::arg("values"),
           py::arg("storage") = "f32", py::arg("mask") = py::none())
      .def("step", &step, py::arg("gradients"))
      .def("streamed",
           [](const MasterStore &store, const std::string &name) {
             return arrayOf(unwrap(store.streamed(name)));
           })
      .def("master",
           [](const MasterStore &store, const std::string &name) {
             return arrayOf(unwrap(store.master(name)));
           })
      .def_property_readonly("scale", &MasterStore::scale)
      .def_property_readonly("steps", &MasterStore::steps);
}
