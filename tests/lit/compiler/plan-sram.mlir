// Bytes of the fullest kernel, item by item. Two sequences on 10 rows: 5 rows
// each, 2 tokens a core; 64 features are 6 a column, 172 are 15, so that a
// tensor is 24 or 60 bytes.
//
// RUN: waferflow-opt %S/Inputs/mlp-step.mlir --attach-machine="machine=tiny directory=%source/machines" \
// RUN:   | sed 's/type = f16>/type = f16, gt = 1, keep_every = 1>/' \
// RUN:   | waferflow-opt --choose-mapping=go=1 | sed 's/buffers = [0-9]*/buffers = 8/' \
// RUN:   | waferflow-opt --insert-relayouts --plan-sram | FileCheck %s

// The gradient of up: x is kept; h, and up and gate that wait for the next
// reader's h, are live; 8 buffers of a vector of 2 tokens, and 4 bytes for each
// of 15 results of two rows; 1 in 48 of all for gaps.
// CHECK: flow.sram = {activations.features_172 = 180 : i64, broadcast = 32 : i64, code = 12288 : i64, gaps = 4 : i64, kept_inputs = 24 : i64, results = 120 : i64}
