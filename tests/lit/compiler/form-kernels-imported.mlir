// An imported joint forward and backward of a 2-layer LLaMA: 7 products with
// weights a layer and direction and one in the head, one attention a layer and
// direction, a lookup and its gradient, nothing left over.
//
// RUN: waferflow-opt %S/Inputs/tiny-joint.mlir --pass-pipeline='builtin.module(attach-weights{names=%S/Inputs/tiny-joint.json},canonicalize,cse,fold-constants,form-kernels,canonicalize,cse,summarize-kernels{output=%t.json})' -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: grep -c '"kind":"spmm".*"transposed":false' %t.json | FileCheck %s --check-prefix=SPMM
// RUN: grep -c '"kind":"spmm".*"transposed":true' %t.json | FileCheck %s --check-prefix=SPMM
// RUN: grep -c '"kind":"sddmm"' %t.json | FileCheck %s --check-prefix=SPMM
// RUN: grep -c '"direction":"forward".*"kind":"attention"' %t.json | FileCheck %s --check-prefix=LAYERS
// RUN: grep -c '"direction":"backward".*"kind":"attention"' %t.json | FileCheck %s --check-prefix=LAYERS
// RUN: grep -c '"kind":"gather"' %t.json | FileCheck %s --check-prefix=LAYERS
// RUN: FileCheck %s --check-prefix=COUNTS < %t.json

// SPMM: {{^15$}}
// LAYERS: {{^2$}}

// Every boundary is [tokens, features].
// CHECK: flow.gather(%arg0, %arg21) forward : (tensor<256x64xf32>, tensor<1x16xi64>) -> tensor<16x64xf32>
// CHECK: flow.attention({{.*}}) forward causal heads 4 kv 2 dim 16 batch 1 seq 16 : (tensor<16x64xf32>, tensor<16x32xf32>, tensor<16x32xf32>) -> tensor<16x64xf32>
// CHECK: flow.attention({{.*}}) backward causal heads 4 kv 2 dim 16 batch 1 seq 16 : (tensor<16x64xf32>, tensor<16x32xf32>, tensor<16x32xf32>, tensor<16x64xf32>) -> (tensor<16x64xf32>, tensor<16x32xf32>, tensor<16x32xf32>)
// CHECK: flow.gather({{.*}}) backward {weight = "m.model.embed_tokens.weight"}

// The causal half: 16 * 17 / 2 pairs, 4 heads of 16, two products.
// COUNTS: "kind":"attention"{{.*}}"multiply_adds":17408
// COUNTS: "at":"dense"{{.*}}"weight":"m.lm_head.weight"
// COUNTS: "at":"mask"{{.*}}"weight":"m.model.layers.1.mlp.down_proj.weight"
// Five products.
// COUNTS: "direction":"backward"{{.*}}"kind":"attention"{{.*}}"multiply_adds":43520
