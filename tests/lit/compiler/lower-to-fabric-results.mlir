// What a step returns in the graph's shape: the host reads what the head left,
// or each piece of it behind its program.
//
// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=3" -o %t.mlir
// RUN: waferflow-opt %t.mlir --choose-mapping=go=1 --insert-relayouts --place-kernels --lower-to-fabric | FileCheck %s
// RUN: waferflow-opt %t.mlir --choose-mapping="go=1 chunks=2" --insert-relayouts --place-kernels --lower-to-fabric | FileCheck %s --check-prefix=PIECES

// CHECK: fabric.result "logits" : tensor<2x3x7xf32>
// CHECK: fabric.result "result1" : tensor<6x6xf32>
// CHECK: fabric.program @k000_in
// CHECK: fabric.program @k001_head
// CHECK: fabric.read <tensor = "logits", form = "activations", features = <order = @features_7_chunked>>
// CHECK-NEXT: fabric.read <tensor = "result1", form = "activations", features = <order = @features_6>>

// PIECES: fabric.program @k001_head_chunk_0
// PIECES: fabric.read <tensor = "logits", form = "activations", features = <order = @features_7_chunked_0>>
// PIECES-NEXT: fabric.program @k002_head_chunk_1
// PIECES: fabric.read <tensor = "logits", form = "activations", features = <order = @features_7_chunked_1>>
// PIECES-NEXT: fabric.read <tensor = "result1"
// PIECES-NOT: fabric.read

func.func @step(%w: tensor<7x6xf32> {flow.weight = #flow.weight<name = "w">}, %x: tensor<6x6xf32>) -> (tensor<2x3x7xf32>, tensor<6x6xf32>)
    attributes {flow.step = #flow.step<tokens = 6, seq = 3, type = f32, gt = 1>} {
  %h = flow.map(%x) {label = "in", layer = 0 : i64, phase = #flow.phase<forward>, section = #flow.section<block>}
      : (tensor<6x6xf32>) -> tensor<6x6xf32> {
  ^bb0(%v: tensor<6x6xf32>):
    %r = arith.addf %v, %v : tensor<6x6xf32>
    flow.yield %r : tensor<6x6xf32>
  }
  %l = flow.spmm %h, %w {label = "head", phase = #flow.phase<forward>, section = #flow.section<head>}
      : (tensor<6x6xf32>, tensor<7x6xf32>) -> tensor<6x7xf32>
  %e = tensor.expand_shape %l [[0, 1], [2]] output_shape [2, 3, 7] : tensor<6x7xf32> into tensor<2x3x7xf32>
  return %e, %h : tensor<2x3x7xf32>, tensor<6x6xf32>
}
