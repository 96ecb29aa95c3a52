flow.order @residual features 64 columns 16 blocked
flow.order @query features 64 columns 16 heads {head_dim = 16 : i64}
flow.order @given features 3 columns 2 table {
    column = array<i32: 0, 1, 0>, slot = array<i32: 0, 0, 1>}
