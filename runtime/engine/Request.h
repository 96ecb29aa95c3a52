//===- Request.h - What a user asks for -------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_REQUEST_H
#define WAFERFLOW_RUNTIME_ENGINE_REQUEST_H

#include "compiler/problems/mapping/Orders.h"
#include "simulator/program/Types.h"
#include "simulator/report/Report.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace waferflow {

/// Where the masks of the pruned weights come from.
enum class MaskKind { Uniform, Magnitude, Checkpoint, TwoFour };

const char *maskKindName(MaskKind kind);

/// Stands for the sparsity that a checkpoint's own zeros have.
constexpr double kOwnSparsity = -1;

/// One call of `waferflow run|compile|simulate|theory`: the command line's
/// options with their defaults.
struct Request {
  std::string model;                     ///< a label
  std::string config;                    ///< path of config.json
  std::optional<std::string> checkpoint; ///< safetensors file or folder
  std::vector<double> sparsity = {0, 0.5, 0.7, 0.9}; ///< or kOwnSparsity
  std::string machine = "cs3"; ///< name, or path of a YAML file
  std::string machinesDir;
  std::optional<int64_t> tokens; ///< default: the most that fits
  std::optional<int64_t> seq;    ///< default min(2048, the model's maximum)
  std::optional<MaskKind>
      mask; ///< default magnitude with weights, else uniform
  bool train = true;
  ElementType type = ElementType::F16;
  Accumulate accumulate = Accumulate::Storage;
  double lossScale = 1; ///< of a training step: gradients are multiplied by it
  std::string fidelity = "tile";
  bool causal = true; ///< of the theory command
  int64_t seed = 0;
  bool sensitivity = false;
  int threads = 0; ///< 0: as many as the machine has

  // --set, taken apart.
  std::vector<std::string> machineOverrides; ///< "pe.sram_bytes=65536"
  CostSwitches switches;                     ///< cost.E=off
  std::optional<int64_t> gt, go, keepEvery;  ///< mapping.*
  std::optional<OrderKind> order;            ///< mapping.order
  std::optional<int64_t> chunks;             ///< mapping.chunks
};

/// Reads the JSON request; the first thing that is wrong as one error.
std::variant<Request, Error> parseRequest(const std::string &json);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_REQUEST_H
