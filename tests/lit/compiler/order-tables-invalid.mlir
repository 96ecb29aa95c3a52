// Tables that are no order of their class on this machine, and features that two
// kernels have in different orders.
//
// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --attach-machine="machine=tiny directory=%source/machines" \
// RUN:   | sed 's/type = f16>/type = f16, gt = 1, keep_every = 1>/' \
// RUN:   | waferflow-opt --choose-mapping="go=1 order=striped" -o %t.mlir
// RUN: waferflow-opt %t.mlir --plan-sram -o /dev/null
// RUN: sed '/@features_64/s/column = array<i32: 0, 1, 2, /column = array<i32: 0, 0, 2, /;/@features_64/s/slot = array<i32: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, /slot = array<i32: 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, /' %t.mlir > %t.full.mlir
// RUN: not waferflow-opt %t.full.mlir --plan-sram 2>&1 | FileCheck %s --check-prefix=SLOT
// RUN: sed '/flow.order @features_64/s/.*/  flow.order @features_64 features 64 columns 8 blocked/' %t.mlir > %t.columns.mlir
// RUN: not waferflow-opt %t.columns.mlir --plan-sram 2>&1 | FileCheck %s --check-prefix=COLUMNS
// RUN: sed '/label = "up", layer/s/out_layout = #flow.layout<order = @features_172>/out_layout = #flow.layout<order = @features_64>/' %t.mlir > %t.class.mlir
// RUN: not waferflow-opt %t.class.mlir --plan-sram 2>&1 | FileCheck %s --check-prefix=CLASS
// RUN: sed 's/^module attributes.*/&\n  flow.order @other features 172 columns 12 blocked/;/label = "gate", layer/s/out_layout = #flow.layout<order = @features_172>/out_layout = #flow.layout<order = @other>/' %t.mlir > %t.other.mlir
// RUN: not waferflow-opt %t.other.mlir --plan-sram 2>&1 | FileCheck %s --check-prefix=OTHER

// SLOT: error: 'flow.order' op expected the slots of column 0 to be 0 to 6, each once
// COLUMNS: error: 'flow.order' op expected blocked order or table of 64 features on 11 columns, got blocked of 64 on 8
// CLASS: error: 'flow.order' op expected blocked order or table of 172 features on 12 columns, got table of 64 on 11
// OTHER: error: 'flow.spmm' op expected the order {{@other|@features_172}}, got {{@other|@features_172}}
// OTHER: note: that other features of the same class have here
