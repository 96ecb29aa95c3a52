// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines" -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

// CHECK-LABEL: fabric.program @through
fabric.program @through {
  %c = fabric.color 5
  %w = fabric.color 6
  // CHECK: fabric.route %{{.*}} on <x 0 to 4, y 0 to 10> [<north -> south>]
  fabric.route %c on <x 0 to 4, y 0 to 10> [<north -> south>]
  fabric.route %w on <x 0 to 4, y 0 to 10> [<north -> south>]
  // CHECK: fabric.inject %{{.*}} north on <x 0 to 4, y 0 to 1> "x" : f32
  fabric.inject %c north on <x 0 to 4, y 0 to 1> "x" : f32
  // CHECK: fabric.inject %{{.*}} north on <x 0 to 4, y 0 to 1> "w" indexed ends 24 : f16
  fabric.inject %w north on <x 0 to 4, y 0 to 1> "w" indexed ends 24 : f16
  // CHECK: fabric.drain %{{.*}} south on <x 0 to 4, y 9 to 10> "dw" extent 128 : f32
  fabric.drain %c south on <x 0 to 4, y 9 to 10> "dw" extent 128 : f32
  fabric.drain %w south on <x 0 to 4, y 9 to 10> "w" extent 128 : f16
}

// -----

fabric.program @edge {
  %c = fabric.color 5
  // expected-error @below {{expected cores on the north edge, y 0 to 1, got y 1 to 2}}
  fabric.inject %c north on <x 0 to 4, y 1 to 2> "x" : f32
}

// -----

fabric.program @side {
  %c = fabric.color 5
  // expected-error @below {{expected side north, east, south or west, got ramp}}
  fabric.inject %c ramp on <x 0 to 4, y 1 to 2> "x" : f32
}

// -----

fabric.program @element {
  %c = fabric.color 5
  // expected-error @below {{expected elements f16, bf16, f32, i16 or i32, got 'f64'}}
  fabric.inject %c north on <x 0 to 4, y 0 to 1> "x" : f64
}

// -----

fabric.program @closed {
  %c = fabric.color 5
  // expected-error @below {{injects color 5 at core (3, 0), whose router has no route of it from north}}
  fabric.inject %c north on <x 0 to 4, y 0 to 1> "x" : f32
  fabric.route %c on <x 0 to 3, y 0 to 1> [<north -> ramp>]
  fabric.code @listen on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 0 of %c : !fabric.queue<input>
  }
}

// -----

fabric.program @dry {
  %c = fabric.color 5
  // expected-error @below {{drains color 5 at core (0, 9), whose router has no route of it to south}}
  fabric.drain %c south on <x 0 to 1, y 9 to 10> "x" extent 4 : f32
}

// -----

fabric.program @reserved {
  // expected-note @below {{the color is declared here}}
  %c = fabric.color 23
  // expected-error @below {{'fabric.drain' op uses color 23; the machine reserves 21 to 23}}
  fabric.drain %c south on <x 0 to 1, y 9 to 10> "x" extent 4 : f32
}

// -----

fabric.program @no_vectors {
  %c = fabric.color 5
  // expected-error @below {{expected places in at least 1 vector, got 0}}
  fabric.inject %c north on <x 0 to 4, y 0 to 1> "w" ends 24 places 0 : i32
}

// -----

fabric.program @no_mask {
  %c = fabric.color 5
  // expected-error @below {{expected places with a host of form mask, elements of i32 and no roles}}
  fabric.inject %c north on <x 0 to 4, y 0 to 1> "w" ends 24 places 2 : i32
}
