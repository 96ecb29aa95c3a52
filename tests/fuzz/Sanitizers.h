//===- Sanitizers.h - What every fuzz target tells the sanitizers -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_FUZZ_SANITIZERS_H
#define WAFERFLOW_TESTS_FUZZ_SANITIZERS_H

/// LLVM's allocators poison memory, which the installed library, not
/// instrumented, does not know of. An allocation that is too large is an error
/// of ours to catch, not the end.
extern "C" const char *__asan_default_options() {
  return "allow_user_poisoning=0:detect_stack_use_after_return=0:"
         "allocator_may_return_null=1:detect_leaks=0";
}

#endif // WAFERFLOW_TESTS_FUZZ_SANITIZERS_H
