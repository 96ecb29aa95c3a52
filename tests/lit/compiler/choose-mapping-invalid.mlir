// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --attach-machine="machine=tiny directory=%source/machines" -o %t.mlir
// RUN: not waferflow-opt %S/Inputs/mlp-step.mlir --choose-mapping 2>&1 | FileCheck %s --check-prefix=MACHINE
// RUN: sed '/attributes {flow.step/s/attributes.*/{/' %t.mlir | sed 's/ attributes {flow.step[^{]*{/ {/' > %t.step.mlir
// RUN: not waferflow-opt %t.step.mlir --choose-mapping 2>&1 | FileCheck %s --check-prefix=STEP
// RUN: sed '/"gate", layer/s/, phase = #flow.phase<forward>//' %t.mlir > %t.phase.mlir
// RUN: not waferflow-opt %t.phase.mlir --choose-mapping 2>&1 | FileCheck %s --check-prefix=PHASE
// RUN: sed 's/, section = #flow.section<embedding>//' %t.mlir > %t.section.mlir
// RUN: not waferflow-opt %t.section.mlir --choose-mapping 2>&1 | FileCheck %s --check-prefix=PHASE
// RUN: sed 's/weight = "up"}/weight = "down"}/' %t.mlir > %t.weight.mlir
// RUN: not waferflow-opt %t.weight.mlir --choose-mapping 2>&1 | FileCheck %s --check-prefix=WEIGHT
// RUN: not waferflow-opt %t.mlir --choose-mapping=go=13 2>&1 | FileCheck %s --check-prefix=GO
// RUN: not waferflow-opt %t.mlir --choose-mapping=go=-1 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: sed 's/type = f16>/type = f16, gt = 3>/' %t.mlir > %t.gt.mlir
// RUN: not waferflow-opt %t.gt.mlir --choose-mapping 2>&1 | FileCheck %s --check-prefix=GT
// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --attach-machine="machine=tiny directory=%source/machines set=pe.sram_bytes=12400" -o %t.small.mlir
// RUN: not waferflow-opt %t.small.mlir --choose-mapping 2>&1 | FileCheck %s --check-prefix=SRAM

// MACHINE: error: expected the attribute flow.machine
// STEP: error: expected a function with the attribute flow.step
// PHASE: error: {{.*}}expected a phase and a section; run label-kernels
// WEIGHT: error: 'flow.sddmm' op expected the name of a weight of the entry function, got 'down'
// GO: error: {{.*}}mapping.go: expected at most 11 output groups (columns that hold the input of kernel layer 0 recomputed up in 1 token groups), got 13
// NEGATIVE: error: {{.*}}mapping.go: expected at least 1 group, got -1
// GT: error: {{.*}}mapping.gt: expected at most 2 token groups (one a sequence and a column), got 3
// SRAM: error: {{.*}}kernel layer 0 {{.*}}: expected at most 12400 bytes of SRAM a core, got {{[0-9]+}}, over by {{[0-9]+}} (activations.features_172 {{[0-9]+}}, {{.*}}code 12288{{.*}}) with {{[0-9]+}} tokens a core in {{[0-9]+}} token groups
