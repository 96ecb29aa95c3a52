// RUN: waferflow-opt %s --inline-kernels | FileCheck %s --implicit-check-not=flow.

flow.order @residual features 2 columns 2 blocked

// CHECK-LABEL: func.func @step
// CHECK-SAME: %[[X:.*]]: tensor<4x2xf32>, %[[W:.*]]: tensor<3x2xf32>
func.func @step(%x: tensor<4x2xf32>, %w: tensor<3x2xf32>) -> (tensor<4x2xf32>, tensor<3x2xf32>) {
  // CHECK: %[[WT:.*]] = linalg.transpose ins(%[[W]] : tensor<3x2xf32>)
  // CHECK: %[[ZERO:.*]] = linalg.fill {{.*}} -> tensor<4x3xf32>
  // CHECK: %[[Y:.*]] = linalg.matmul ins(%[[X]], %[[WT]] : tensor<4x2xf32>, tensor<2x3xf32>) outs(%[[ZERO]]
  %y = flow.spmm %x, %w : (tensor<4x2xf32>, tensor<3x2xf32>) -> tensor<4x3xf32>
  // CHECK: %[[E:.*]] = linalg.exp ins(%[[Y]] : tensor<4x3xf32>)
  %e = flow.map(%y) : (tensor<4x3xf32>) -> tensor<4x3xf32> {
  ^bb0(%a: tensor<4x3xf32>):
    %empty = tensor.empty() : tensor<4x3xf32>
    %exp = linalg.exp ins(%a : tensor<4x3xf32>) outs(%empty : tensor<4x3xf32>) -> tensor<4x3xf32>
    flow.yield %exp : tensor<4x3xf32>
  }
  // CHECK: %[[DX:.*]] = linalg.matmul ins(%[[E]], %[[W]] : tensor<4x3xf32>, tensor<3x2xf32>)
  %dx = flow.spmm %e, %w transposed : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
  %moved = flow.relayout %dx from <order = @residual> to <order = @residual, go = 2> : tensor<4x2xf32>
  // CHECK: %[[ET:.*]] = linalg.transpose ins(%[[E]] : tensor<4x3xf32>)
  // CHECK: %[[DW:.*]] = linalg.matmul ins(%[[ET]], %[[X]] : tensor<3x4xf32>, tensor<4x2xf32>)
  %dw = flow.sddmm %e, %x at "dense" : (tensor<4x3xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  // CHECK: return %[[DX]], %[[DW]]
  return %moved, %dw : tensor<4x2xf32>, tensor<3x2xf32>
}
