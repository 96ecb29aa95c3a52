//===- JitRuntime.cpp - What compiled code calls --------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/oracle/JitRuntime.h"

#include "mlir/ExecutionEngine/CRunnerUtils.h"

#include <csetjmp>
#include <cstring>

using namespace llvm;
using namespace llvm::orc;

namespace {

/// The run that an assertion of this thread ends.
struct Guard {
  std::jmp_buf back;
  char message[256] = {};
};

} // namespace

static thread_local Guard *currentGuard = nullptr;

static void jitPuts(const char *text) {
  if (currentGuard)
    std::strncpy(currentGuard->message, text,
                 sizeof(currentGuard->message) - 1);
}

[[noreturn]] static void jitAbort() {
  if (!currentGuard)
    std::abort();
  std::longjmp(currentGuard->back, 1);
}

/// memref.copy between layouts that differ; upstream's is in a library that
/// would be a second thing to find at run time.
static void jitMemrefCopy(int64_t elementBytes,
                          ::UnrankedMemRefType<char> *from,
                          ::UnrankedMemRefType<char> *to) {
  DynamicMemRefType<char> source(*from), target(*to);
  int64_t rank = source.rank;
  for (int64_t i = 0; i < rank; ++i)
    if (source.sizes[i] == 0)
      return;
  const char *read = source.data + source.offset * elementBytes;
  char *write = target.data + target.offset * elementBytes;
  SmallVector<int64_t> index(rank, 0);
  while (true) {
    std::memcpy(write, read, elementBytes);
    int64_t axis = rank - 1;
    for (; axis >= 0; --axis) {
      read += source.strides[axis] * elementBytes;
      write += target.strides[axis] * elementBytes;
      if (++index[axis] < source.sizes[axis])
        break;
      read -= source.sizes[axis] * source.strides[axis] * elementBytes;
      write -= target.sizes[axis] * target.strides[axis] * elementBytes;
      index[axis] = 0;
    }
    if (axis < 0)
      return;
  }
}

SymbolMap waferflow::jitRuntimeSymbols(MangleAndInterner interner) {
  SymbolMap symbols;
  auto add = [&](StringRef name, auto *function) {
    symbols[interner(name)] = {ExecutorAddr::fromPtr(function),
                               JITSymbolFlags::Exported};
  };
  add("memrefCopy", &jitMemrefCopy);
  add("puts", &jitPuts);
  add("abort", &jitAbort);
  return symbols;
}

bool waferflow::runCatchingAsserts(function_ref<void()> run,
                                   std::string &message) {
  Guard guard;
  Guard *outer = currentGuard;
  currentGuard = &guard;
  // Nothing that changes between setjmp and longjmp is read after it.
  if (setjmp(guard.back) == 0) {
    run();
    currentGuard = outer;
    return true;
  }
  currentGuard = outer;
  message = guard.message;
  return false;
}
