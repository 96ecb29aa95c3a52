// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines" -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

// CHECK-LABEL: fabric.program @examples
fabric.program @examples {
  %c = fabric.color 0
  %d = fabric.color 1
  // CHECK: fabric.code @idle on <x 0 to 4, y 0 to 1> {
  fabric.code @idle on <x 0 to 4, y 0 to 1> {
    // CHECK: fabric.queue input 2 of %color0
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    // CHECK: fabric.queue output 0 of %color0, %color1 on [#fabric.select<x 0 to 4, y 0 to 1, #set>, #fabric.select<x 0 to 4, y 0 to 1, #set1>]
    %out = fabric.queue output 0 of %c, %d on [
        #fabric.select<x 0 to 4, y 0 to 1, affine_set<(x, y) : (x mod 2 == 0)>>,
        #fabric.select<x 0 to 4, y 0 to 1, affine_set<(x, y) : (x mod 2 - 1 == 0)>>]
        : !fabric.queue<output>
    // CHECK: fabric.buffer "x" : memref<16xf32, #fabric.sram>
    %x = fabric.buffer "x" : memref<16xf32, #fabric.sram>
    // CHECK: fabric.buffer : memref<2x8xf16, #fabric.sram>
    %sum = fabric.buffer : memref<2x8xf16, #fabric.sram>
    // CHECK: fabric.buffer "y" at 1024 : memref<16xf32, #fabric.sram>
    %y = fabric.buffer "y" at 1024 : memref<16xf32, #fabric.sram>
  }
  // CHECK: fabric.code @small on <x 4 to 5, y 0 to 1> attributes {code_bytes = 4096 : i64} {
  fabric.code @small on <x 4 to 5, y 0 to 1> attributes {code_bytes = 4096 : i64} {
  }
}

// -----

fabric.program @two_programs {
  // expected-note @below {{the code that it has already}}
  fabric.code @a on <x 0 to 12, y 0 to 10, affine_set<(x, y) : (x + y == 7)>> {
  }
  // expected-error @below {{'fabric.code' op puts a second code on core (4, 3)}}
  fabric.code @b on <x 4 to 5, y 0 to 10> {
  }
}

// -----

fabric.program @sram {
  // expected-error @below {{'fabric.code' op needs 53248 bytes of SRAM, 12288 for code and 40960 for data; the machine has 49152 a core}}
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-note @below {{this buffer takes 8192 bytes}}
    %x = fabric.buffer : memref<4096xf16, #fabric.sram>
    // expected-note @below {{this buffer takes 32768 bytes}}
    %y = fabric.buffer : memref<8192xf32, #fabric.sram>
  }
}

// -----

fabric.program @exactly {
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    %x = fabric.buffer : memref<9216xf32, #fabric.sram>
  }
}

// -----

fabric.program @one_more {
  // expected-error @below {{needs 49154 bytes of SRAM}}
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-note @below {{takes 36864 bytes}}
    %x = fabric.buffer : memref<9216xf32, #fabric.sram>
    // expected-note @below {{takes 2 bytes}}
    %y = fabric.buffer : memref<1xf16, #fabric.sram>
  }
}

// -----

fabric.program @overlap {
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-note @below {{this buffer lies on bytes 0 to 63}}
    %x = fabric.buffer : memref<16xf32, #fabric.sram>
    // expected-error @below {{lies on bytes 60 to 67 of SRAM, of which 4 are taken}}
    %y = fabric.buffer at 60 : memref<2xf32, #fabric.sram>
  }
}

// -----

fabric.program @aligned {
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-error @below {{expected an address that is a multiple of 4 bytes, got 62}}
    %y = fabric.buffer at 62 : memref<2xf32, #fabric.sram>
  }
}

// -----

fabric.program @space {
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-error @below {{expected memory space #fabric.sram, got 'memref<2xf32>'}}
    %y = fabric.buffer : memref<2xf32>
  }
}

// -----

fabric.program @shape {
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-error @below {{expected a static shape and no other layout than row-major, got 'memref<?xf32, #fabric.sram>'}}
    %y = fabric.buffer : memref<?xf32, #fabric.sram>
  }
}

// -----

fabric.program @queues {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-error @below {{uses input queue 8; the machine has 8}}
    %in = fabric.queue input 8 of %c : !fabric.queue<input>
  }
}

// -----

fabric.program @queue_twice {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-note @below {{the queue is used here}}
    %in = fabric.queue input 1 of %c : !fabric.queue<input>
    // expected-error @below {{uses input queue 1 a second time}}
    %in1 = fabric.queue input 1 of %c : !fabric.queue<input>
  }
}

// -----

fabric.program @unbound {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-error @below {{binds no color on core (3, 0) of its code}}
    %in = fabric.queue input 1 of %c on [#fabric.select<x 0 to 3, y 0 to 1>] : !fabric.queue<input>
  }
}

// -----

fabric.program @bound_twice {
  %c = fabric.color 0
  %d = fabric.color 1
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-error @below {{binds two colors on core (2, 0)}}
    %in = fabric.queue input 1 of %c, %d on [#fabric.select<x 0 to 3, y 0 to 1>,
        #fabric.select<x 2 to 4, y 0 to 1>] : !fabric.queue<input>
  }
}

// -----

fabric.program @selections {
  %c = fabric.color 0
  %d = fabric.color 1
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-error @below {{expected a selection for each of 2 colors, got 0}}
    %in = fabric.queue input 1 of %c, %d : !fabric.queue<input>
  }
}

// -----

fabric.program @kind {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-error @below {{expected a result of kind input, got '!fabric.queue<output>'}}
    %in = fabric.queue input 1 of %c : !fabric.queue<output>
  }
}

// -----

fabric.program @color {
  // expected-note @below {{the color is declared here}}
  %c = fabric.color 24
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-error @below {{'fabric.queue' op uses color 24; the machine has 24}}
    %in = fabric.queue input 1 of %c : !fabric.queue<input>
  }
}

// -----

fabric.program @body {
  fabric.code @a on <x 0 to 4, y 0 to 1> {
    // expected-error @below {{expected fabric.buffer, fabric.queue or fabric.task in a code, got 'arith.constant'}}
    %0 = arith.constant 0 : index
  }
}

// -----

fabric.program @body {
  // expected-error @below {{expected fabric.color, fabric.route, fabric.connect, fabric.code, fabric.inject or fabric.drain in a program, got 'arith.constant'}}
  %0 = arith.constant 0 : index
}
