// RUN: waferflow-opt %s -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

// CHECK: flow.sddmm %{{.*}}, %{{.*}} at "mask" {weight = "w"} : (tensor<16x172xf32>, tensor<16x64xf32>) -> tensor<172x64xf32>
func.func @f(%dy: tensor<16x172xf32>, %x: tensor<16x64xf32>) -> tensor<172x64xf32> {
  %dw = flow.sddmm %dy, %x at "mask" {weight = "w"}
      : (tensor<16x172xf32>, tensor<16x64xf32>) -> tensor<172x64xf32>
  return %dw : tensor<172x64xf32>
}

// -----

func.func @tokens(%dy: tensor<16x172xf32>, %x: tensor<8x64xf32>) {
  // expected-error @below {{expected dy and x of the same tokens, got 16 and 8}}
  %dw = flow.sddmm %dy, %x at "mask" : (tensor<16x172xf32>, tensor<8x64xf32>) -> tensor<172x64xf32>
  return
}

// -----

func.func @at(%dy: tensor<16x172xf32>, %x: tensor<16x64xf32>) {
  // expected-error @below {{expected at "mask" or "dense", got "zeros"}}
  %dw = flow.sddmm %dy, %x at "zeros" : (tensor<16x172xf32>, tensor<16x64xf32>) -> tensor<172x64xf32>
  return
}

// -----

func.func @shape(%dy: tensor<16x172xf32>, %x: tensor<16x64xf32>) {
  // expected-error @below {{expected result 172x64, got 64x172}}
  %dw = flow.sddmm %dy, %x at "dense" : (tensor<16x172xf32>, tensor<16x64xf32>) -> tensor<64x172xf32>
  return
}
