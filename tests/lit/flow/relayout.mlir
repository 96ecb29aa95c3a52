// RUN: waferflow-opt %s -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

flow.order @residual features 64 columns 16 blocked

// CHECK: flow.relayout %{{.*}} from <order = @residual> to <order = @residual, go = 4> : tensor<16x64xf32>
func.func @f(%t: tensor<16x64xf32>) -> tensor<16x64xf32> {
  %u = flow.relayout %t from <order = @residual> to <order = @residual, go = 4>
      : tensor<16x64xf32>
  return %u : tensor<16x64xf32>
}

// -----

flow.order @residual features 64 columns 16 blocked

func.func @same(%t: tensor<16x64xf32>) {
  // expected-error @below {{expected two different layouts, got #flow.layout<order = @residual> twice}}
  %u = flow.relayout %t from <order = @residual> to <order = @residual> : tensor<16x64xf32>
  return
}

// -----

func.func @missing(%t: tensor<16x64xf32>) {
  // expected-error @below {{expected 'from' to name a flow.order, got @residual}}
  %u = flow.relayout %t from <order = @residual> to <order = @residual, go = 2> : tensor<16x64xf32>
  return
}
