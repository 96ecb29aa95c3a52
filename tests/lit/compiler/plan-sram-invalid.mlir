// A mapping that does not fit names the kernel and the bytes.
//
// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --attach-machine="machine=tiny directory=%source/machines" --choose-mapping -o %t.mlir
// RUN: sed '/label = "gate"/s/buffers = [0-9]*/buffers = 99999/' %t.mlir > %t.big.mlir
// RUN: not waferflow-opt %t.big.mlir --plan-sram 2>&1 | FileCheck %s
// RUN: sed '/label = "gate"/s/mapping<\(go = [0-9]*, \)*/mapping<go = 13, /' %t.mlir > %t.go.mlir
// RUN: not waferflow-opt %t.go.mlir --plan-sram 2>&1 | FileCheck %s --check-prefix=GO

// CHECK: error: {{.*}}kernel layer 0 {{.*}}gate: expected at most 49152 bytes of SRAM a core, got {{[0-9]+}}
// GO: error: {{.*}}kernel layer 0 {{.*}}gate: expected 1 to {{[0-9]+}} output groups, got 13
