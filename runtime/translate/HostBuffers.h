//===- HostBuffers.h - What the host writes into SRAM and reads -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `fabric.write` and `fabric.read` between programs. The forms are those of
// `#fabric.host`.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_TRANSLATE_HOSTBUFFERS_H
#define WAFERFLOW_RUNTIME_TRANSLATE_HOSTBUFFERS_H

#include "runtime/translate/HostSide.h"
#include "simulator/cycle/SramImage.h"

namespace waferflow {

class HostBuffers {
public:
  explicit HostBuffers(HostSide &side) : side(side) {}

  /// Fills the buffer of every core of the selection. Gives the bytes written,
  /// over all cores.
  Result<int64_t> write(fabric::WriteOp write, const HostTensors &tensors,
                        cycle::SramImage &image);
  /// Sets a result, or the features of it that the layout has, from the buffers
  /// of the selection, each element from the first core that has it. Gives the
  /// bytes read. An element of the layout that no core has is an error.
  Result<int64_t> read(fabric::ReadOp read, const cycle::SramImage &image,
                       HostTensors &results);
  /// An error where reads have set a result in part.
  std::optional<Error> checkWhole() const;

private:
  HostSide &side;
  std::map<std::string, std::vector<bool>> seen; ///< elements of results
};

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_TRANSLATE_HOSTBUFFERS_H
