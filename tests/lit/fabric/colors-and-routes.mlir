// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines" -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

// CHECK-LABEL: fabric.program @examples
fabric.program @examples {
  // CHECK: %[[C:.*]] = fabric.color 5
  %c = fabric.color 5
  %d = fabric.color 6
  %e = fabric.color 7
  // CHECK: fabric.route %[[C]] on <x 1 to 3, y 0 to 1> [<west -> ramp, north>]
  fabric.route %c on <x 1 to 3, y 0 to 1> [<west -> ramp, north>]
  // CHECK: fabric.route %{{.*}} on <x 1 to 2, y 0 to 1> [<ramp -> north>, <west -> north>] initial 1 ring
  fabric.route %d on <x 1 to 2, y 0 to 1> [<ramp -> north>, <west -> north>] initial 1 ring
  // CHECK: fabric.route %{{.*}} on <x 1 to 3, y 0 to 1> [<ramp -> north>] fixed
  fabric.route %e on <x 1 to 3, y 0 to 1> [<ramp -> north>] fixed
  fabric.drain %c north on <x 1 to 3, y 0 to 1> "c" extent 1 : f32
  fabric.drain %d north on <x 1 to 2, y 0 to 1> "d" extent 1 : f32
  fabric.drain %e north on <x 1 to 3, y 0 to 1> "e" extent 1 : f32
  fabric.code @listen on <x 1 to 3, y 0 to 1> {
    %in = fabric.queue input 0 of %c : !fabric.queue<input>
  }
}

// -----

fabric.program @too_many {
  // expected-note @below {{the color is declared here}}
  %c = fabric.color 27
  // expected-error @below {{'fabric.route' op uses color 27; the machine has 24}}
  fabric.route %c on <x 0 to 1, y 0 to 1> [<ramp -> east>]
}

// -----

fabric.program @reserved {
  // expected-note @below {{the color is declared here}}
  %c = fabric.color 22
  // expected-error @below {{'fabric.route' op uses color 22; the machine reserves 21 to 23}}
  fabric.route %c on <x 0 to 1, y 0 to 1> [<ramp -> east>]
}

// -----

fabric.program @twice {
  // expected-note @below {{it is declared here}}
  %c = fabric.color 3
  // expected-error @below {{declares color 3 a second time}}
  %d = fabric.color 3
}

// -----

fabric.program @positions {
  %c = fabric.color 0
  // expected-error @below {{has 5 switch positions; the machine has 4 a color}}
  fabric.route %c on <x 0 to 1, y 0 to 1> [<ramp -> east>, <north -> east>, <west -> east>, <south -> east>, <east -> west>]
}

// -----

fabric.program @initial {
  %c = fabric.color 0
  // expected-error @below {{expected an initial position below 1, got 1}}
  fabric.route %c on <x 0 to 1, y 0 to 1> [<ramp -> east>] initial 1
}

// -----

fabric.program @none {
  %c = fabric.color 0
  // expected-error @below {{expected at least one position, got none}}
  fabric.route %c on <x 0 to 1, y 0 to 1> []
}

// -----

fabric.program @outside {
  %c = fabric.color 0
  // expected-error @below {{selects x 10 to 13, y 0 to 1; the machine has 12 x 10 cores}}
  fabric.route %c on <x 10 to 13, y 0 to 1> [<ramp -> east>]
}

// -----

// Two directions from which a color arrives at a core, proven on sets.
fabric.program @two_directions {
  %c = fabric.color 5
  // expected-note @below {{the route that it has already}}
  fabric.route %c on <x 0 to 12, y 0 to 10, affine_set<(x, y) : (x mod 3 == 0)>> [<west -> ramp>]
  // expected-error @below {{'fabric.route' op routes color 5 a second time at core (6, 4), from north besides west}}
  fabric.route %c on <x 4 to 8, y 4 to 5, affine_set<(x, y) : (x floordiv 2 - 3 == 0)>> [<north -> ramp>]
}

// -----

// Disjoint by parity: no error.
fabric.program @parity {
  %c = fabric.color 5
  fabric.route %c on <x 0 to 12, y 0 to 10, affine_set<(x, y) : (x mod 2 == 0)>> [<west -> east>]
  fabric.route %c on <x 0 to 12, y 0 to 10, affine_set<(x, y) : (x mod 2 - 1 == 0)>> [<west -> ramp>]
  fabric.code @odd on <x 0 to 12, y 0 to 10, affine_set<(x, y) : (x mod 2 - 1 == 0)>> {
    %in = fabric.queue input 0 of %c : !fabric.queue<input>
  }
}

// -----

fabric.program @two_arrivals {
  %c = fabric.color 5
  fabric.route %c on <x 0 to 1, y 0 to 1> [<ramp -> east>]
  // expected-note @below {{it takes the color from west}}
  fabric.route %c on <x 1 to 2, y 0 to 1> [<west -> ramp>]
  // expected-error @below {{sends color 5 to core (1, 0), whose router has no route of it from east}}
  fabric.route %c on <x 2 to 3, y 0 to 1> [<ramp -> west>]
  fabric.code @listen on <x 1 to 2, y 0 to 1> {
    %in = fabric.queue input 0 of %c : !fabric.queue<input>
  }
}

// -----

fabric.program @ends_nowhere {
  %c = fabric.color 5
  // expected-error @below {{sends color 5 to core (4, 0), whose router has no route of it from west}}
  fabric.route %c on <x 0 to 4, y 0 to 1> [<west -> east>]
}

// -----

fabric.program @off_the_fabric {
  %c = fabric.color 5
  // expected-error @below {{sends color 5 east, off the fabric, at core (11, 0), where no fabric.drain takes it}}
  fabric.route %c on <x 0 to 12, y 0 to 1> [<west -> east>]
}

// -----

fabric.program @deaf_core {
  %c = fabric.color 5
  // expected-error @below {{delivers color 5 to core (0, 0), which has no input queue of that color}}
  fabric.route %c on <x 0 to 1, y 0 to 1> [<west -> ramp>]
}

// -----

// CHECK-LABEL: fabric.program @connections
fabric.program @connections {
  %c = fabric.color 5
  // CHECK: fabric.connect %{{.*}} on <x 11 to 12, y 0 to 8> by -11, 0
  fabric.connect %c on <x 11 to 12, y 0 to 8> by -11, 0
  // CHECK: fabric.connect %{{.*}} on <x 0 to 4, y 0 to 1> by 4, 2 wavelets 128
  fabric.connect %c on <x 0 to 4, y 0 to 1> by 4, 2 wavelets 128
}

// -----

fabric.program @connected_to_itself {
  %c = fabric.color 5
  // expected-error @below {{expected another core, got each core itself}}
  fabric.connect %c on <x 0 to 4, y 0 to 1> by 0, 0
}

// -----

fabric.program @connected_off_the_fabric {
  %c = fabric.color 5
  // expected-error @below {{goes by (0, 3) off the fabric, which has 12 columns and 10 rows}}
  fabric.connect %c on <x 0 to 4, y 7 to 8> by 0, 3
}
