// Every kernel has a mapping and layouts, the step its groups and the reasons.
//
// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --attach-machine="machine=tiny directory=%source/machines" -o %t.mlir
// RUN: waferflow-opt %t.mlir --choose-mapping | FileCheck %s
// RUN: waferflow-opt %t.mlir --choose-mapping=go=3 | FileCheck %s --check-prefix=GO
// RUN: sed 's/type = f16>/type = f16, gt = 2, keep_every = 1>/' %t.mlir | waferflow-opt --choose-mapping | FileCheck %s --check-prefix=GT
// RUN: waferflow-opt %t.mlir --choose-mapping -o %t.once.mlir
// RUN: waferflow-opt %t.mlir --choose-mapping | diff %t.once.mlir -
// Heads and hidden features are as wide as each other in this model, and are
// different orders all the same.
// RUN: %python %S/../models/Inputs/build.py llama-2-7b 1 2048 num_hidden_layers=1 | waferflow-opt --graph-to-flow \
// RUN:   | sed '/@train_step/s/{$/attributes {flow.step = #flow.step<tokens = 2048, seq = 2048, type = f16>} {/' \
// RUN:   | waferflow-opt --attach-machine="machine=cs3 directory=%source/machines" --choose-mapping -o %t.7b.mlir
// RUN: FileCheck %s --check-prefix=WIDE < %t.7b.mlir
// RUN: grep -c 'flow.attention' %t.7b.mlir | FileCheck %s --check-prefix=ATTENTION

// CHECK: flow.order @features_64 features 64 columns {{11|6}} blocked
// CHECK: flow.order @features_172 features 172 columns {{12|6}} blocked
// CHECK: flow.reasons = ["estimated cycles by token groups that fit: 1: {{[0-9]+}}, 2: {{[0-9]+}}", "features are blocked on the columns: no mask was counted, {{[^"]*}}", "every 1st block input is kept
// CHECK-SAME: flow.step = #flow.step<tokens = 16, seq = 8, type = f16, gt = {{[12]}}, keep_every = 1>
// CHECK: flow.gather
// CHECK-SAME: mapping = #flow.mapping<buffers = 2>
// CHECK-SAME: out_layout = #flow.layout<order = @features_64>
// CHECK: flow.spmm
// CHECK-SAME: in_layout = #flow.layout<order = @features_64
// CHECK-SAME: mapping = #flow.mapping<
// CHECK-SAME: out_layout = #flow.layout<order = @features_172>
// CHECK: flow.sddmm
// CHECK-SAME: mapping = #flow.mapping<buffers = {{[0-9]+}}{{.*}}>
// Weight and gradient: the step keeps its own name.
// CHECK-NOT: func.func

// GO-COUNT-3: in_layout = #flow.layout<order = @features_{{[0-9]+}}, go = 3{{.*}}mapping = #flow.mapping<go = 3
// GO-NOT: mapping = #flow.mapping<go = 2
// GT: gt = 2, keep_every = 1>

// WIDE-DAG: flow.order @features_4096 features 4096 columns 683 blocked
// WIDE-DAG: flow.order @heads_32x128 features 4096 columns 704 heads {head_dim = 128 : i64}
// WIDE-DAG: flow.order @features_11008 features 11008 columns 734 blocked
// WIDE-DAG: flow.order @features_32000_chunked features 32000
// WIDE: in_layout = #flow.layout<order = @features_4096{{.*}}label = "q_proj"{{.*}}out_layout = #flow.layout<order = @heads_32x128>
// WIDE: in_layout = #flow.layout<order = @heads_32x128>{{.*}}label = "rope"{{.*}}out_layout = #flow.layout<order = @heads_32x128>
// WIDE: in_layout = #flow.layout<order = @heads_32x128{{.*}}label = "o_proj"{{.*}}out_layout = #flow.layout<order = @features_4096>
// WIDE: in_layout = #flow.layout<order = @features_4096>{{.*}}label = "residual"{{.*}}out_layout = #flow.layout<order = @features_4096>
// ATTENTION: {{^3$}}
