// RUN: not waferflow-opt %S/Inputs/mlp-step.mlir --recompute=keep-every=0 2>&1 | FileCheck %s
// CHECK: error: 'func.func' op expected keep-every of at least 1, got 0
