//===- MachineAttr.cpp - The machine in the module
//----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/flow/MachineAttr.h"

#include "simulator/machine/Parameters.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace waferflow::flow {

static Attribute toAttr(Builder &builder, const Parameter &parameter,
                        const std::vector<double> &numbers) {
  switch (parameter.kind) {
  case Parameter::Kind::Integer:
    return builder.getI64IntegerAttr(static_cast<int64_t>(numbers.front()));
  case Parameter::Kind::Real:
    return builder.getF64FloatAttr(numbers.front());
  case Parameter::Kind::Integers:
    break;
  }
  return builder.getDenseI64ArrayAttr(
      std::vector<int64_t>(numbers.begin(), numbers.end()));
}

/// The numbers of `attr` if it is of the type that `toAttr` makes.
static std::optional<std::vector<double>> toNumbers(const Parameter &parameter,
                                                    Attribute attr) {
  std::vector<double> numbers;
  switch (parameter.kind) {
  case Parameter::Kind::Integer:
    if (auto integer = dyn_cast<IntegerAttr>(attr);
        integer && integer.getType().isSignlessInteger(64))
      return std::vector<double>{static_cast<double>(integer.getInt())};
    return std::nullopt;
  case Parameter::Kind::Real:
    if (auto real = dyn_cast<FloatAttr>(attr); real && real.getType().isF64())
      return std::vector<double>{real.getValueAsDouble()};
    return std::nullopt;
  case Parameter::Kind::Integers:
    break;
  }
  auto list = dyn_cast<DenseI64ArrayAttr>(attr);
  if (!list)
    return std::nullopt;
  return std::vector<double>(list.asArrayRef().begin(),
                             list.asArrayRef().end());
}

static const char *typeName(Parameter::Kind kind) {
  switch (kind) {
  case Parameter::Kind::Integer:
    return "an i64";
  case Parameter::Kind::Real:
    return "an f64";
  case Parameter::Kind::Integers:
    break;
  }
  return "an array<i64>";
}

MachineAttr machineToAttr(MLIRContext *context, const Machine &machine) {
  Builder builder(context);
  NamedAttrList params;
  for (const Parameter &parameter : parameters()) {
    std::vector<double> numbers = get(machine, parameter);
    if (!numbers.empty()) // an optional one may be absent
      params.append(parameter.key, toAttr(builder, parameter, numbers));
  }
  return MachineAttr::get(context, machine.name, params.getDictionary(context));
}

Machine machineFromAttr(MachineAttr attr) {
  Machine machine;
  machine.name = attr.getName().str();
  for (NamedAttribute entry : attr.getParams()) {
    const Parameter *parameter = findParameter(entry.getName().str());
    set(machine, *parameter, *toNumbers(*parameter, entry.getValue()));
  }
  return machine;
}

LogicalResult MachineAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  StringRef name, DictionaryAttr params) {
  if (name.empty())
    return emitError() << "expected a machine with a name";
  Machine machine;
  machine.name = name.str();
  for (NamedAttribute entry : params) {
    const Parameter *parameter = findParameter(entry.getName().str());
    if (!parameter)
      return emitError() << unknownKey(entry.getName().str());
    auto numbers = toNumbers(*parameter, entry.getValue());
    if (!numbers)
      return emitError() << "expected '" << parameter->key << "' to be "
                         << typeName(parameter->kind) << ", got "
                         << entry.getValue();
    if (auto wrong = checkNumbers(*parameter, *numbers))
      return emitError() << *wrong;
    set(machine, *parameter, *numbers);
  }
  for (const Parameter &parameter : parameters())
    if (!parameter.optional && !params.contains(parameter.key))
      return emitError() << "missing key '" << parameter.key << "' ("
                         << parameter.unit << ": " << parameter.meaning << ")";
  // Each number is in its range: what remains are limits that tie two.
  for (const Error &error : check(machine))
    return emitError() << error.what;
  return success();
}

} // namespace waferflow::flow
