// RUN: waferflow-opt %s -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

// CHECK: flow.order @residual features 64 columns 16 blocked
flow.order @residual features 64 columns 16 blocked
// CHECK: flow.order @query features 64 columns 16 heads {head_dim = 16 : i64}
flow.order @query features 64 columns 16 heads {head_dim = 16 : i64}
// CHECK: flow.order @given features 3 columns 2 table {column = array<i32: 0, 1, 0>, slot = array<i32: 0, 0, 1>}
flow.order @given features 3 columns 2 table {
    column = array<i32: 0, 1, 0>, slot = array<i32: 0, 0, 1>}
// CHECK: flow.order @dealt features 4 columns 2 table {column = array<i32: 1, 0, 1, 0>, head_dim = 4 : i64, slot = array<i32: 0, 0, 1, 1>}
flow.order @dealt features 4 columns 2 table {head_dim = 4 : i64,
    column = array<i32: 1, 0, 1, 0>, slot = array<i32: 0, 0, 1, 1>}
// CHECK: flow.order @second_half features 256 columns 12 blocked {part = array<i64: 128, 256>}
flow.order @second_half features 256 columns 12 blocked {part = array<i64: 128, 256>}

// -----

// expected-error @below {{expected a part [first, last) of blocked features, 0 <= first < last <= 256, got [128, 257)}}
flow.order @too_far features 256 columns 12 blocked {part = array<i64: 128, 257>}

// -----

// expected-error @below {{expected a part [first, last) of blocked features, 0 <= first < last <= 256, got [128)}}
flow.order @half_a_part features 256 columns 12 blocked {part = array<i64: 128>}

// -----

// expected-error @below {{expected a part [first, last) of blocked features, 0 <= first < last <= 64, got [0, 32)}}
flow.order @part_of_heads features 64 columns 16 heads {head_dim = 16 : i64, part = array<i64: 0, 32>}

// -----

// expected-error @below {{expected features >= 1 and columns >= 1, got 64 and 0}}
flow.order @residual features 64 columns 0 blocked

// -----

// expected-error @below {{expected features >= 1 and columns >= 1, got 2 and -5}}
flow.order @negative features 2 columns -5 table {column = array<i32: 0, 1>, slot = array<i32: 0, 0>}

// -----

// expected-error @below {{expected head_dim with heads, and not with blocked}}
flow.order @query features 64 columns 16 heads

// -----

// expected-error @below {{expected features to be a multiple of head_dim, got 64 and 15}}
flow.order @query features 64 columns 16 heads {head_dim = 15 : i64}

// -----

// expected-error @below {{expected column and slot with table and only there}}
flow.order @given features 3 columns 2 table

// -----

// expected-error @below {{expected column and slot of 3 features, got 2 and 3}}
flow.order @given features 3 columns 2 table {
    column = array<i32: 0, 1>, slot = array<i32: 0, 0, 1>}

// -----

// expected-error @below {{expected columns in [0, 2), got 2 for feature 1}}
flow.order @given features 3 columns 2 table {
    column = array<i32: 0, 2, 0>, slot = array<i32: 0, 0, 1>}

// -----

// expected-error @below {{expected head_dim with heads, and not with blocked}}
flow.order @residual features 64 columns 16 blocked {head_dim = 16 : i64}

// -----

// expected-error @below {{expected the slots of column 0 to be 0 to 1, each once, got 0 for feature 2}}
flow.order @given features 3 columns 2 table {
    column = array<i32: 0, 1, 0>, slot = array<i32: 0, 0, 0>}

// -----

// expected-error @below {{expected the slots of column 1 to be 0 to 0, each once, got 1 for feature 1}}
flow.order @given features 3 columns 2 table {
    column = array<i32: 0, 1, 0>, slot = array<i32: 0, 1, 1>}

// -----

// expected-error @below {{expected the rotary pair of features 0 and 2 in neighbouring slots of one column, got slot 0 of column 0 and slot 0 of column 1}}
flow.order @torn features 4 columns 2 table {head_dim = 4 : i64,
    column = array<i32: 0, 0, 1, 1>, slot = array<i32: 0, 1, 0, 1>}
