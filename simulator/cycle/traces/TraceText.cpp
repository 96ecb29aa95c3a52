//===- TraceText.cpp - A text of bounded size -----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/traces/TraceText.h"

namespace waferflow::cycle {

void TraceText::add(int64_t cycle, const std::string &text) {
  if (full)
    return;
  full = static_cast<int64_t>(written.size() + text.size()) > options.maxBytes;
  if (full)
    fullAt = cycle;
  else
    written += text;
}

Error TraceText::tooMuch(int64_t maxBytes, int64_t cycle) {
  return {"trace", "more than its limit of " + std::to_string(maxBytes) +
                       " bytes at cycle " + std::to_string(cycle) +
                       "; choose fewer cores or programs"};
}

std::optional<Error> TraceText::error() const {
  if (!full)
    return std::nullopt;
  return tooMuch(options.maxBytes, fullAt);
}

Result<std::string> TraceText::text() const {
  if (full)
    return tooMuch(options.maxBytes, fullAt);
  return written;
}

} // namespace waferflow::cycle
