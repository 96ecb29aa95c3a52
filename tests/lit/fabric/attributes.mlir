// RUN: waferflow-opt %s -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

// CHECK: #fabric.select<x 0 to 4, y 0 to 1>
func.func private @rectangle() attributes {a = #fabric.select<x 0 to 4, y 0 to 1>}
// CHECK: #fabric.select<x 0 to 4, y 0 to 4, #set>
#set = affine_set<(x, y) : (x mod 2 == 0, y - x >= 0)>
func.func private @set() attributes {a = #fabric.select<x 0 to 4, y 0 to 4, #set>}
// CHECK: #fabric.position<west -> ramp, east>
func.func private @position() attributes {a = #fabric.position<west -> ramp, east>}
// CHECK: #fabric.per_core<map = #map>
func.func private @map() attributes {
    a = #fabric.per_core<map = affine_map<(x, y) -> (x floordiv 2 + 4 * y)>>}
// CHECK: #fabric.per_core<table = [3, 3, 2], cores = <x 0 to 3, y 0 to 1>>
func.func private @table() attributes {
    a = #fabric.per_core<table = [3, 3, 2], cores = <x 0 to 3, y 0 to 1>>}
// CHECK: #fabric.per_core<table = [3, 3, 2], cores = <x 0 to 3, y 0 to 4>>
func.func private @row_for_all() attributes {
    a = #fabric.per_core<table = [3, 3, 2], cores = <x 0 to 3, y 0 to 4>>}
// CHECK: memref<16xf32, #fabric.sram>
func.func private @sram(memref<16xf32, #fabric.sram>)

// -----

// expected-error @below {{expected a rectangle of at least 1 x 1 cores, got x 4 to 4, y 0 to 1}}
func.func private @f() attributes {a = #fabric.select<x 4 to 4, y 0 to 1>}

// -----

// expected-error @below {{expected a set of (x, y), got 1 dimensions and 0 symbols}}
func.func private @f() attributes {a = #fabric.select<x 0 to 4, y 0 to 1, affine_set<(x) : (x == 0)>>}

// -----

// expected-error @below {{expected affine constraints with positive constant divisors, got affine_set<(d0, d1) : (d0 mod 0 == 0)>}}
func.func private @f() attributes {a = #fabric.select<x 0 to 4, y 0 to 1, affine_set<(x, y) : (x mod 0 == 0)>>}

// -----

// expected-error @below {{expected each destination once, got east twice}}
func.func private @f() attributes {a = #fabric.position<west -> east, east>}

// -----

// expected-error @below {{expected no destination that is the source, got west -> west}}
func.func private @f() attributes {a = #fabric.position<west -> ramp, west>}

// -----

// expected-error @below {{expected a map, or a table with its cores}}
func.func private @f() attributes {a = #fabric.per_core<table = [3]>}

// -----

// expected-error @below {{expected a map (x, y) -> (integer), got affine_map<(d0) -> (d0)>}}
func.func private @f() attributes {a = #fabric.per_core<map = affine_map<(x) -> (x)>>}

// -----

// expected-error @below {{expected a table of 4 cores, or of one row of 2, got 3}}
func.func private @f() attributes {a = #fabric.per_core<table = [3, 3, 2], cores = <x 0 to 2, y 0 to 2>>}

// -----

// expected-error @below {{expected the cores of a table to be a rectangle, got #fabric.select}}
func.func private @f() attributes {a = #fabric.per_core<table = [3], cores = <x 0 to 1, y 0 to 1, affine_set<(x, y) : (x == 0)>>>}

// -----

// expected-error @below {{expected elements f16, bf16, f32, i16 or i32, got 'f64'}}
func.func private @f(!fabric.dsd<memory, f64>)
