// RUN: waferflow-opt %s -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

// CHECK: flow.map(%{{.*}}, %{{.*}}) : (tensor<16x64xf32>, tensor<16x64xf32>) -> tensor<16x64xf32> {
// CHECK: flow.yield
func.func @f(%x: tensor<16x64xf32>, %y: tensor<16x64xf32>) -> tensor<16x64xf32> {
  %z = flow.map(%x, %y) : (tensor<16x64xf32>, tensor<16x64xf32>) -> tensor<16x64xf32> {
  ^bb0(%a: tensor<16x64xf32>, %b: tensor<16x64xf32>):
    %e = tensor.empty() : tensor<16x64xf32>
    %s = linalg.add ins(%a, %b : tensor<16x64xf32>, tensor<16x64xf32>)
        outs(%e : tensor<16x64xf32>) -> tensor<16x64xf32>
    flow.yield %s : tensor<16x64xf32>
  }
  return %z : tensor<16x64xf32>
}

// -----

func.func @arguments(%x: tensor<16x64xf32>) {
  // expected-error @below {{expected the body's arguments to have the types of the inputs ('tensor<16x64xf32>'), got ('tensor<16x32xf32>')}}
  %z = flow.map(%x) : (tensor<16x64xf32>) -> tensor<16x32xf32> {
  ^bb0(%a: tensor<16x32xf32>):
    flow.yield %a : tensor<16x32xf32>
  }
  return
}

// -----

func.func @results(%x: tensor<16x64xf32>) {
  // expected-error @below {{expected the body to yield the types of the results ('tensor<16x32xf32>'), got ('tensor<16x64xf32>')}}
  %z = flow.map(%x) : (tensor<16x64xf32>) -> tensor<16x32xf32> {
  ^bb0(%a: tensor<16x64xf32>):
    // expected-note @below {{yielded here}}
    flow.yield %a : tensor<16x64xf32>
  }
  return
}

// -----

func.func @isolated(%x: tensor<16x64xf32>, %y: tensor<16x64xf32>) {
  // expected-note @below {{required by region isolation constraints}}
  %z = flow.map(%x) : (tensor<16x64xf32>) -> tensor<16x64xf32> {
  ^bb0(%a: tensor<16x64xf32>):
    // expected-error @below {{using value defined outside the region}}
    flow.yield %y : tensor<16x64xf32>
  }
  return
}
