// All columns of all token groups, all rows that hold tokens: with one group 12
// columns and 2 x 5 rows, with two (one sequence each) 2 x 6 and 8 rows of one
// token.
//
// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --attach-machine="machine=tiny directory=%source/machines" -o %t.mlir
// RUN: sed 's/type = f16>/type = f16, gt = 1>/' %t.mlir | waferflow-opt --choose-mapping --insert-relayouts --place-kernels \
// RUN:   | grep 'phase = #flow' | not grep -v 'placement = #flow.region<x = 0, y = 0, width = 12, height = 10>'
// RUN: sed 's/type = f16>/type = f16, gt = 2>/' %t.mlir | waferflow-opt --choose-mapping=go=2 --insert-relayouts --place-kernels \
// RUN:   | FileCheck %s --check-prefix=TWO

// TWO: flow.relayout {{.*}}placement = #flow.region<x = 0, y = 0, width = 12, height = 8>
