//===- MappedFile.h - A file in memory --------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_CHECKPOINTS_MAPPEDFILE_H
#define WAFERFLOW_MODELS_CHECKPOINTS_MAPPEDFILE_H

#include "simulator/program/Result.h"

#include <memory>

namespace waferflow {

/// A whole file mapped for reading; pages come as they are touched. The file
/// must not be cut while it is mapped (nothing can guard against that);
/// replacing it by renaming another over it is fine.
class MappedFile {
public:
  static Result<std::shared_ptr<const MappedFile>>
  open(const std::string &path);
  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  const uint8_t *data() const { return bytes; }
  uint64_t size() const { return length; }

private:
  MappedFile(const uint8_t *bytes, uint64_t length)
      : bytes(bytes), length(length) {}

  const uint8_t *bytes;
  uint64_t length;
};

} // namespace waferflow

#endif // WAFERFLOW_MODELS_CHECKPOINTS_MAPPEDFILE_H
