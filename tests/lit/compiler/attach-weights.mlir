// RUN: split-file %s %t
// RUN: waferflow-opt %t/graph.mlir --attach-weights="names=%t/names.json theta=100" | FileCheck %s
// RUN: not waferflow-opt %t/graph.mlir --attach-weights="names=%t/short.json" 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: not waferflow-opt %t/graph.mlir --attach-weights="names=%t/buffer.json" 2>&1 | FileCheck %s --check-prefix=BUFFER
// RUN: not waferflow-opt %t/graph.mlir --attach-weights="names=%t/none.json" 2>&1 | FileCheck %s --check-prefix=NONE

// CHECK: func.func @step(
// CHECK-SAME: %arg0: tensor<2x2xf32> {flow.weight = #flow.weight<name = "m.layers.0.w.weight", pruned = true>}
// CHECK-SAME: %arg1: tensor<2xf32> {flow.weight = #flow.weight<name = "m.norm.weight">}
// CHECK-SAME: %arg2: tensor<1x2xi64>)
// CHECK-SAME: tensor<2x2xf32> {flow.gradient = #flow.gradient<weight = "m.layers.0.w.weight", at = "mask">}
// CHECK: arith.constant dense<[1.000000e+00, 1.000000e-01]> : tensor<2xf32>
// CHECK-NOT: cf.assert
// SHORT: error: expected 'ins' of {{.*}}short.json to list 4 names, got 1
// BUFFER: error: expected a buffer of rotary frequencies (inv_freq), got 'm.table' of 'tensor<2xf32>'
// NONE: error: cannot read names '{{.*}}none.json': No such file or directory

//--- graph.mlir
func.func @step(%w: tensor<2x2xf32>, %n: tensor<2xf32>, %f: tensor<2xf32>, %ids: tensor<1x2xi64>) -> (tensor<2xf32>, tensor<2x2xf32>) {
  %c = arith.constant 2 : i64
  %e = tensor.empty() : tensor<2xf32>
  %r = linalg.mul ins(%n, %f : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) -> tensor<2xf32>
  %z = arith.constant 0 : index
  %id = tensor.extract %ids[%z, %z] : tensor<1x2xi64>
  %in = arith.cmpi slt, %id, %c : i64
  cf.assert %in, "too large"
  return %r, %w : tensor<2xf32>, tensor<2x2xf32>
}

//--- names.json
{"ins": [["PARAMETER", "p_w", "m.layers.0.w.weight"], ["PARAMETER", "p_n", "m.norm.weight"],
         ["BUFFER", "b_f", "m.inv_freq"], ["USER_INPUT", "ids", null]],
 "outs": [["LOSS_OUTPUT", "div", null], ["GRADIENT_TO_PARAMETER", "mm", "m.layers.0.w.weight"]]}

//--- short.json
{"ins": [["PARAMETER", "p_w", "m.layers.0.w.weight"]], "outs": []}

//--- buffer.json
{"ins": [["PARAMETER", "p_w", "m.layers.0.w.weight"], ["PARAMETER", "p_n", "m.norm.weight"],
         ["BUFFER", "b_f", "m.table"], ["USER_INPUT", "ids", null]],
 "outs": [["LOSS_OUTPUT", "div", null], ["GRADIENT_TO_PARAMETER", "mm", "m.layers.0.w.weight"]]}
