// A step of one token: where a body takes sequences and their tokens apart, the
// only token is the one of both.
//
// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=5" --choose-mapping --insert-relayouts --place-kernels --lower-to-fabric | FileCheck %s

// CHECK: fabric.program @k000
// CHECK: fabric.exp
func.func @step(%a: tensor<1x5xf32>) -> tensor<1x5xf32>
    attributes {flow.step = #flow.step<tokens = 1, seq = 1, type = f32>} {
  %r = flow.map(%a) {label = "exp", layer = 0 : i64, phase = #flow.phase<forward>, section = #flow.section<block>} : (tensor<1x5xf32>) -> tensor<1x5xf32> {
  ^bb0(%x: tensor<1x5xf32>):
    %s = tensor.expand_shape %x [[0, 1], [2]] output_shape [1, 1, 5] : tensor<1x5xf32> into tensor<1x1x5xf32>
    %e = tensor.empty() : tensor<1x1x5xf32>
    %y = linalg.exp ins(%s : tensor<1x1x5xf32>) outs(%e : tensor<1x1x5xf32>) -> tensor<1x1x5xf32>
    %c = tensor.collapse_shape %y [[0, 1], [2]] : tensor<1x1x5xf32> into tensor<1x5xf32>
    flow.yield %c : tensor<1x5xf32>
  }
  return %r : tensor<1x5xf32>
}
