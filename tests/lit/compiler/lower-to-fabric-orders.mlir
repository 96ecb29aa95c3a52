// Features in one order before a relayout, in another one behind it; tile and
// the fabric both move them. A map can't have both.
//
// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=3" --place-kernels -o %t.mlir
// RUN: waferflow-opt %t.mlir --lower-to-fabric | FileCheck %s
// RUN: sed '/label = "out"/s/@dealt/@features_6/g' %t.mlir | not waferflow-opt --lower-to-fabric 2>&1 | FileCheck %s --check-prefix=MIXED
// RUN: sed 's/flow.map(%1)/flow.map(%0)/' %t.mlir | not waferflow-opt --lower-to-fabric 2>&1 | FileCheck %s --check-prefix=BOTH

// CHECK: fabric.write <tensor = "arg0", form = "activations", features = <order = @features_6>>
// CHECK: fabric.program @k000_in
// CHECK: fabric.program @k001_deal
// CHECK: fabric.program @k002_out
// CHECK: fabric.read <tensor = "result0", form = "activations", features = <order = @dealt>>

// MIXED: error: 'flow.map' op expected the order @dealt, got @features_6
// MIXED: note: that other features of the same class have here
// BOTH: error: 'flow.map' op expected the order @features_6, got @dealt
// BOTH: note: that other features of the same class have here

flow.order @features_6 features 6 columns 3 blocked
flow.order @dealt features 6 columns 3 table {column = array<i32: 2, 0, 1, 2, 0, 1>, slot = array<i32: 1, 0, 0, 0, 1, 1>}

func.func @step(%x: tensor<6x6xf32>) -> tensor<6x6xf32>
    attributes {flow.step = #flow.step<tokens = 6, seq = 6, type = f32, gt = 1, keep_every = 1>} {
  %h = flow.map(%x) {in_layout = #flow.layout<order = @features_6>, label = "in", layer = 0 : i64, mapping = #flow.mapping<buffers = 2>, out_layout = #flow.layout<order = @features_6>, phase = #flow.phase<forward>, section = #flow.section<block>}
      : (tensor<6x6xf32>) -> tensor<6x6xf32> {
  ^bb0(%v: tensor<6x6xf32>):
    %r = arith.addf %v, %v : tensor<6x6xf32>
    flow.yield %r : tensor<6x6xf32>
  }
  %d = flow.relayout %h from <order = @features_6> to <order = @dealt> {label = "deal", layer = 0 : i64, mapping = #flow.mapping<buffers = 2>, phase = #flow.phase<forward>, section = #flow.section<block>} : tensor<6x6xf32>
  %g = flow.map(%d) {in_layout = #flow.layout<order = @dealt>, label = "out", layer = 0 : i64, mapping = #flow.mapping<buffers = 2>, out_layout = #flow.layout<order = @dealt>, phase = #flow.phase<forward>, section = #flow.section<block>}
      : (tensor<6x6xf32>) -> tensor<6x6xf32> {
  ^bb0(%v: tensor<6x6xf32>):
    %r = arith.mulf %v, %v : tensor<6x6xf32>
    flow.yield %r : tensor<6x6xf32>
  }
  return %g : tensor<6x6xf32>
}
