// RUN: waferflow-opt %s -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

// CHECK: a = #flow.mapping<go = 4, form = "interleaved", buffers = 16>, b = #flow.mapping<broadcast = "input">
// CHECK-SAME: c = #flow.layout<order = @residual, go = 4>, d = #flow.region<x = 1, y = 2, width = 3, height = 4>
// CHECK-SAME: flow.step = #flow.step<tokens = 131072, seq = 2048, type = f16, gt = 2>
func.func private @f() attributes {
    a = #flow.mapping<go = 4, form = "interleaved", buffers = 16>, b = #flow.mapping<broadcast = "input">,
    c = #flow.layout<order = @residual, go = 4>, d = #flow.region<x = 1, y = 2, width = 3, height = 4>,
    flow.step = #flow.step<tokens = 131072, seq = 2048, type = f16, gt = 2>}

// -----

// expected-error @below {{expected go >= 1 output groups, got 0}}
func.func private @f() attributes {a = #flow.mapping<go = 0>}

// -----

// expected-error @below {{expected form = "contiguous" or "interleaved", got "scattered"}}
func.func private @f() attributes {a = #flow.layout<order = @r, form = "scattered">}

// -----

// expected-error @below {{expected buffers >= 1, got 0}}
func.func private @f() attributes {a = #flow.mapping<buffers = 0>}

// -----

// expected-error @below {{expected broadcast = "input" or "output", got "both"}}
func.func private @f() attributes {a = #flow.mapping<broadcast = "both">}

// -----

// expected-error @below {{expected a region of at least 1 x 1 cores, got 0 x 4}}
func.func private @f() attributes {a = #flow.region<x = 0, y = 0, width = 0, height = 4>}

// -----

// expected-error @below {{expected x >= 0 and y >= 0, got -1, 0}}
func.func private @f() attributes {a = #flow.region<x = -1, y = 0, width = 1, height = 4>}

// -----

// expected-error @below {{expected tokens to be a positive multiple of seq, got 100 and 64}}
func.func private @f() attributes {a = #flow.step<tokens = 100, seq = 64, type = f16>}

// -----

// expected-error @below {{expected type f16, bf16 or f32, got 'f64'}}
func.func private @f() attributes {a = #flow.step<tokens = 128, seq = 64, type = f64>}

// -----

// expected-error @below {{expected accumulate = "storage" or "f32", got "f16"}}
func.func private @f() attributes {a = #flow.step<tokens = 128, seq = 64, type = f16, accumulate = "f16">}
