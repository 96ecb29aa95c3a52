// RUN: waferflow-opt %s -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

// One head over two tokens. The body's values are its meaning; the attributes
// are what it costs.
// CHECK: flow.attention(%{{.*}}, %{{.*}}, %{{.*}}) forward causal heads 1 kv 1 dim 4 batch 1 seq 2 : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32> {
func.func @f(%q: tensor<2x4xf32>, %k: tensor<2x4xf32>, %v: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %o = flow.attention(%q, %k, %v) forward causal heads 1 kv 1 dim 4 batch 1 seq 2
      : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>, %c: tensor<2x4xf32>):
    flow.yield %c : tensor<2x4xf32>
  }
  return %o : tensor<2x4xf32>
}

// -----

func.func @kv(%q: tensor<2x6xf32>, %k: tensor<2x4xf32>) {
  // expected-error @below {{expected heads to be a multiple of kv, got 3 and 2}}
  %o = flow.attention(%q, %k, %k) forward heads 3 kv 2 dim 2 batch 1 seq 2
      : (tensor<2x6xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x6xf32> {
  ^bb0(%a: tensor<2x6xf32>, %b: tensor<2x4xf32>, %c: tensor<2x4xf32>):
    flow.yield %a : tensor<2x6xf32>
  }
  return
}

// -----

func.func @backward(%q: tensor<2x4xf32>) {
  // expected-error @below {{expected at least 4 inputs and 3 results, got 3 and 1}}
  %o = flow.attention(%q, %q, %q) backward heads 1 kv 1 dim 4 batch 1 seq 2
      : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>, %c: tensor<2x4xf32>):
    flow.yield %a : tensor<2x4xf32>
  }
  return
}

// -----

func.func @tokens(%q: tensor<3x4xf32>) {
  // expected-error @below {{expected results [2, 4 or 4], got 'tensor<3x4xf32>'}}
  %o = flow.attention(%q, %q, %q) forward heads 1 kv 1 dim 4 batch 1 seq 2
      : (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32> {
  ^bb0(%a: tensor<3x4xf32>, %b: tensor<3x4xf32>, %c: tensor<3x4xf32>):
    flow.yield %a : tensor<3x4xf32>
  }
  return
}
