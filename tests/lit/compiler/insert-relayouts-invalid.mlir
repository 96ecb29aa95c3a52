// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --attach-machine="machine=tiny directory=%source/machines" -o %t.mlir
// RUN: not waferflow-opt %t.mlir --insert-relayouts 2>&1 | FileCheck %s --check-prefix=STEP
// RUN: sed 's/type = f16>/type = f16, gt = 1, keep_every = 1>/' %t.mlir > %t.mapping.mlir
// RUN: not waferflow-opt %t.mapping.mlir --insert-relayouts 2>&1 | FileCheck %s --check-prefix=MAPPING
// RUN: not waferflow-opt %t.mapping.mlir --plan-sram 2>&1 | FileCheck %s --check-prefix=MAPPING
// RUN: not waferflow-opt %t.mapping.mlir --place-kernels 2>&1 | FileCheck %s --check-prefix=MAPPING

// STEP: error: 'func.func' op expected gt and keep_every of flow.step to be chosen; run choose-mapping
// MAPPING: error: 'flow.gather' op expected a mapping; run choose-mapping
