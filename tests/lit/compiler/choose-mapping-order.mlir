// Features are dealt by the nonzeros of counted masks, or laid as one asks for.
//
// RUN: %python %S/Inputs/counted.py | waferflow-opt --attach-machine="machine=tiny directory=%source/machines set=edge.bytes_per_second=1e12" -o %t.mlir
// RUN: waferflow-opt %t.mlir --choose-mapping=go=1 -o %t.dealt.mlir
// RUN: FileCheck %s < %t.dealt.mlir
// RUN: waferflow-opt %t.mlir --choose-mapping=go=1 | diff %t.dealt.mlir -
// RUN: waferflow-opt %t.dealt.mlir --insert-relayouts --plan-sram --place-kernels -o /dev/null
// RUN: waferflow-opt %t.mlir --choose-mapping="go=1 order=blocked" | FileCheck %s --check-prefix=BLOCKED
// RUN: waferflow-opt %t.mlir --choose-mapping="go=1 order=striped" | FileCheck %s --check-prefix=STRIPED
// RUN: not waferflow-opt %t.mlir --choose-mapping=order=random 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: %python %S/Inputs/counted.py 171 | waferflow-opt --attach-machine="machine=tiny directory=%source/machines" -o %t.few.mlir
// RUN: not waferflow-opt %t.few.mlir --choose-mapping 2>&1 | FileCheck %s --check-prefix=FEW

// The counts have done their work.
// CHECK-NOT: flow.counts
// CHECK: flow.order @features_64 features 64 columns {{11|6}} table {column = array<i32: {{[0-9, ]+}}>, slot = array<i32: {{[0-9, ]+}}>}
// Hidden features stay in their layer, which has an order of its own where they are dealt.
// CHECK: flow.order @features_172{{.*}} features 172
// CHECK: flow.reasons = ["estimated cycles by token groups
// CHECK-SAME: "orders of features, fullest over mean column: features_64 dealt (1.{{[0-9]+}} against {{[0-9.]+}} blocked, {{[0-9.]+}} striped)
// CHECK: out_layout = #flow.layout<order = @features_64>
// CHECK-NOT: flow.counts

// BLOCKED: flow.order @features_64 features 64 columns {{11|6}} blocked
// BLOCKED: flow.order @features_172 features 172 columns {{12|6}} blocked
// BLOCKED: "features are blocked on the columns, as asked for; fullest over mean column: features_64 blocked (

// STRIPED: flow.order @features_64 features 64 columns [[COLUMNS:11|6]] table {column = array<i32: 0, 1, 2, 3, 4, 5, {{.*}}slot = array<i32: 0, 0, 0, 0, 0, 0,
// STRIPED: flow.order @features_172 features 172
// STRIPED: "features are striped on the columns, as asked for

// UNKNOWN: error: expected order blocked, striped or dealt, got 'random'
// FEW: error: {{.*}}expected flow.counts of 'up' to be of 64 columns and 172 rows, got 64 and 171
