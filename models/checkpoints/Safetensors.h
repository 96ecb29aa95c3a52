//===- Safetensors.h - One safetensors file ---------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_CHECKPOINTS_SAFETENSORS_H
#define WAFERFLOW_MODELS_CHECKPOINTS_SAFETENSORS_H

#include "models/checkpoints/TensorView.h"

#include <map>

namespace waferflow {

/// The tensors of a file by name.
using TensorMap = std::map<std::string, TensorView>;

/// Maps a safetensors file: 8 bytes of header length (little-endian), a JSON
/// header of name -> {dtype, shape, data_offsets}, then the data. As strict as
/// the format's own library: known types, sizes that fit their offsets, and
/// data that the tensors cover without overlap or hole.
Result<TensorMap> readSafetensors(const std::string &path);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_CHECKPOINTS_SAFETENSORS_H
