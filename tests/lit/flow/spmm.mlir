// RUN: waferflow-opt %s -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

// CHECK: flow.spmm %{{.*}}, %{{.*}} : (tensor<16x64xf32>, tensor<172x64xf32>) -> tensor<16x172xf32>
// CHECK: flow.spmm %{{.*}}, %{{.*}} transposed {label = "up_proj dX", layer = 1 : i64, mapping = #flow.mapping<go = 4, form = "interleaved", buffers = 16>, phase = #flow.phase<backward>, placement = #flow.region<x = 0, y = 0, width = 755, height = 994>, section = #flow.section<block>}
func.func @f(%x: tensor<16x64xf32>, %w: tensor<172x64xf32>) -> tensor<16x64xf32> {
  %y = flow.spmm %x, %w : (tensor<16x64xf32>, tensor<172x64xf32>) -> tensor<16x172xf32>
  %dx = flow.spmm %y, %w transposed {
      layer = 1 : i64, phase = #flow.phase<backward>, section = #flow.section<block>,
      label = "up_proj dX", mapping = #flow.mapping<go = 4, form = "interleaved", buffers = 16>,
      placement = #flow.region<x = 0, y = 0, width = 755, height = 994>}
      : (tensor<16x172xf32>, tensor<172x64xf32>) -> tensor<16x64xf32>
  return %dx : tensor<16x64xf32>
}

// -----

func.func @features(%x: tensor<16x63xf32>, %w: tensor<172x64xf32>) {
  // expected-error @below {{expected x [tokens, features] 16x64, got 16x63}}
  %y = flow.spmm %x, %w : (tensor<16x63xf32>, tensor<172x64xf32>) -> tensor<16x172xf32>
  return
}

// -----

func.func @result(%x: tensor<16x172xf32>, %w: tensor<172x64xf32>) {
  // expected-error @below {{expected result 16x64, got 16x172}}
  %y = flow.spmm %x, %w transposed : (tensor<16x172xf32>, tensor<172x64xf32>) -> tensor<16x172xf32>
  return
}

// -----

func.func @order(%x: tensor<16x64xf32>, %w: tensor<172x64xf32>) {
  // expected-error @below {{expected 'in_layout' to name a flow.order, got @residual}}
  %y = flow.spmm %x, %w {in_layout = #flow.layout<order = @residual>}
      : (tensor<16x64xf32>, tensor<172x64xf32>) -> tensor<16x172xf32>
  return
}

// -----

func.func @layer(%x: tensor<16x64xf32>, %w: tensor<172x64xf32>) {
  // expected-error @below {{expected a layer in section block and none elsewhere, got none in section block}}
  %y = flow.spmm %x, %w {section = #flow.section<block>}
      : (tensor<16x64xf32>, tensor<172x64xf32>) -> tensor<16x172xf32>
  return
}
