// RUN: waferflow-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{expected mask kind uniform, magnitude, nm or checkpoint, got 'random'}}
func.func private @f() attributes {a = #flow.mask<"random", seed = 1>}

// -----

// expected-error @below {{expected sparsity in [0, 1), got 1.2}}
func.func private @f() attributes {a = #flow.mask<"uniform", sparsity = 1.2 : f64>}

// -----

// expected-error @below {{expected 0 < n < m for kind nm and neither elsewhere, got n = 4, m = 2}}
func.func private @f() attributes {a = #flow.mask<"nm", n = 4, m = 2>}

// -----

// expected-error @below {{expected counts >= 0, got -1}}
func.func private @f() attributes {a = #flow.counts<columns = [2, -1], rows = [1]>}

// -----

// expected-error @below {{expected columns and rows to count the same nonzeros, got 3 and 2}}
func.func private @f() attributes {a = #flow.counts<columns = [2, 1], rows = [1, 1]>}
