// RUN: waferflow-opt %s | waferflow-opt | FileCheck %s

// CHECK: #flow.weight<name = "w", pruned = true, mask = <"uniform", sparsity = 5.000000e-01 : f64, seed = 1>>
// CHECK: #flow.gradient<weight = "w", at = "mask">
func.func private @step(%w: tensor<4x4xf32> {flow.weight = #flow.weight<name = "w",
    pruned = true, mask = <"uniform", sparsity = 0.5 : f64, seed = 1>>})
    -> (tensor<4x4xf32> {flow.gradient = #flow.gradient<weight = "w", at = "mask">})
