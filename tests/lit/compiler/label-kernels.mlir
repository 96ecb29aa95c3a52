// The labels of an imported step: one decoder layer of the two, forward and back,
// and what is around them.
//
// RUN: waferflow-opt %S/Inputs/tiny-joint.mlir --pass-pipeline='builtin.module(attach-weights{names=%S/Inputs/tiny-joint.json},canonicalize,cse,fold-constants,form-kernels,canonicalize,cse,label-kernels)' \
// RUN:   | FileCheck %s --implicit-check-not='label = "map' --implicit-check-not='label = "reduce' --implicit-check-not='label = "gather'

// CHECK: flow.gather({{.*}}) forward {label = "embed_tokens", phase = #flow.phase<forward>, section = #flow.section<embedding>}
// CHECK: flow.reduce({{.*}}) axis x {label = "input_layernorm row", layer = 0 : i64, phase = #flow.phase<forward>, section = #flow.section<block>}
// CHECK: flow.map({{.*}}) {label = "input_layernorm", layer = 0 : i64
// CHECK: flow.spmm {{.*}} {label = "q_proj", layer = 0 : i64
// CHECK: flow.map({{.*}}) {label = "rope", layer = 0 : i64
// CHECK: flow.attention({{.*}} {label = "attention", layer = 0 : i64
// CHECK: flow.map({{.*}}) {label = "residual", layer = 0 : i64
// CHECK: flow.map({{.*}}) {label = "activation", layer = 0 : i64
// CHECK: flow.spmm {{.*}} {label = "down_proj", layer = 0 : i64
// The sum that ends a layer is that layer's, what reads it the next one's.
// CHECK: flow.map({{.*}}) {label = "residual", layer = 0 : i64
// CHECK: flow.reduce({{.*}}) axis x {label = "input_layernorm row", layer = 1 : i64
// CHECK: flow.map({{.*}}) {label = "residual", layer = 1 : i64
// CHECK: flow.map({{.*}}) {label = "residual", layer = 1 : i64
// CHECK: flow.reduce({{.*}}) axis x {label = "norm row", phase = #flow.phase<forward>, section = #flow.section<head>}
// CHECK: flow.spmm {{.*}} {label = "lm_head", phase = #flow.phase<forward>, section = #flow.section<head>}
// Labels of tokens, made from nothing but integers, serve the loss.
// CHECK: flow.map(%arg22) {label = "loss", phase = #flow.phase<forward>, section = #flow.section<head>}
// CHECK: flow.sddmm {{.*}} {label = "lm_head dW", phase = #flow.phase<backward>, section = #flow.section<head>
// CHECK: flow.spmm {{.*}} transposed {label = "lm_head dX", phase = #flow.phase<backward>, section = #flow.section<head>}
// CHECK: flow.reduce({{.*}}) axis y {label = "norm dW", phase = #flow.phase<backward>, section = #flow.section<head>}
// CHECK: flow.sddmm {{.*}} {label = "down_proj dW", layer = 1 : i64, phase = #flow.phase<backward>, section = #flow.section<block>
// CHECK: flow.map({{.*}}) {label = "activation backward", layer = 1 : i64
// CHECK: flow.reduce({{.*}}) axis y {label = "post_attention_layernorm dW", layer = 1 : i64
// CHECK: flow.attention({{.*}} {label = "attention backward", layer = 1 : i64
// CHECK: flow.map({{.*}}) {label = "rope backward", layer = 1 : i64
// CHECK: flow.reduce({{.*}}) axis x {label = "input_layernorm row backward", layer = 1 : i64
// CHECK: flow.map({{.*}}) {label = "input_layernorm backward", layer = 1 : i64
// CHECK: flow.sddmm {{.*}} {label = "down_proj dW", layer = 0 : i64
// CHECK: flow.map({{.*}}) {label = "input_layernorm backward", layer = 0 : i64
// CHECK: flow.gather({{.*}}) backward {label = "embed_tokens dW", phase = #flow.phase<backward>, section = #flow.section<embedding>
