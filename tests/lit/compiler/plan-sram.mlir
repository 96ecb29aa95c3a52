// Bytes of the fullest kernel, item by item. Two sequences on 10 rows: 5 rows
// each, 2 tokens a core; 64 features are 6 a column, 172 are 15, so that a
// tensor is 24 or 60 bytes.
//
// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --attach-machine="machine=tiny directory=%source/machines" \
// RUN:   | sed 's/type = f16>/type = f16, gt = 1, keep_every = 1>/' \
// RUN:   | waferflow-opt --choose-mapping=go=1 | sed 's/buffers = [0-9]*/buffers = 8/' \
// RUN:   | waferflow-opt --insert-relayouts --plan-sram | FileCheck %s

// The gradient of up: x is kept; h, and up and gate that wait for the next
// reader's h, are live; 8 buffers of 4 bytes for each of 15
// results and of a vector of 2 tokens, and how many results each has; 1 in 48
// of all for gaps.
// CHECK: flow.sram = {activations.features_172 = 180 : i64, broadcast = 32 : i64, code = 12288 : i64, counts = 32 : i64, gaps = 12 : i64, kept_inputs = 24 : i64, results = 480 : i64}
