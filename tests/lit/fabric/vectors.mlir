// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines" -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

// CHECK-LABEL: fabric.program @examples
fabric.program @examples {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    %by = fabric.buffer : memref<16xf32, #fabric.sram>
    %bm = fabric.buffer : memref<16xi16, #fabric.sram>
    %bh = fabric.buffer : memref<16xf16, #fabric.sram>
    %bs = fabric.buffer : memref<1xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %w = arith.constant 2.0 : f32
      // CHECK: %[[X:.*]] = fabric.dsd %{{.*}}[0] [16] [1] : memref<16xf32, #fabric.sram> -> <memory, f32>
      %x = fabric.dsd %bx[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %y = fabric.dsd %by[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %m = fabric.dsd %bm[0] [16] [1] : memref<16xi16, #fabric.sram> -> !fabric.dsd<memory, i16>
      %h = fabric.dsd %bh[0] [16] [1] : memref<16xf16, #fabric.sram> -> !fabric.dsd<memory, f16>
      %s = fabric.dsd %bs[0] [1] [1] : memref<1xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      // CHECK: %[[FROM:.*]] = fabric.fabin %{{.*}} [16] : <input> -> <fabin, f32>
      %from = fabric.fabin %in [16] : !fabric.queue<input> -> !fabric.dsd<fabin, f32>
      // CHECK: %[[TO:.*]] = fabric.fabout %{{.*}} [16] : <output> -> <fabout, f32>
      %to = fabric.fabout %out [16] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      // CHECK: fabric.mov %[[TO]], %[[X]] thread 3 activate @done : <fabout, f32>, !fabric.dsd<memory, f32>
      fabric.mov %to, %x thread 3 activate @done : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>
      // CHECK: fabric.mov %{{.*}}, %{{.*}} : <memory, f32>, f32
      fabric.mov %y, %w : !fabric.dsd<memory, f32>, f32
      // CHECK: fabric.exp
      fabric.exp %y, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      // CHECK: fabric.log
      fabric.log %y, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      // CHECK: fabric.rsqrt
      fabric.rsqrt %y, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      // CHECK: fabric.reciprocal
      fabric.reciprocal %y, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      // CHECK: fabric.add %[[TO]], %[[FROM]], %[[X]] thread 0 :
      fabric.add %to, %from, %x thread 0 : !fabric.dsd<fabout, f32>, !fabric.dsd<fabin, f32>, !fabric.dsd<memory, f32>
      // CHECK: fabric.add %{{.*}} thread 1 unblock @done block @main configured until_control :
      fabric.add %y, %from, %x thread 1 unblock @done block @main configured until_control
          : !fabric.dsd<memory, f32>, !fabric.dsd<fabin, f32>, !fabric.dsd<memory, f32>
      // CHECK: fabric.sub
      fabric.sub %y, %x, %y : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      // CHECK: fabric.mul
      fabric.mul %y, %x, %w : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>, f32
      // CHECK: fabric.max
      fabric.max %y, %x, %w : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>, f32
      // CHECK: fabric.min
      fabric.min %y, %x, %w : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>, f32
      // CHECK: fabric.fmac
      fabric.fmac %y, %w, %x : !fabric.dsd<memory, f32>, f32, !fabric.dsd<memory, f32>
      // CHECK: fabric.fmac %{{.*}} : <memory, f32>, f32, !fabric.dsd<memory, f16>
      fabric.fmac %y, %w, %h : !fabric.dsd<memory, f32>, f32, !fabric.dsd<memory, f16>
      // CHECK: fabric.select
      fabric.select %y, %m, %x, %w : !fabric.dsd<memory, f32>, !fabric.dsd<memory, i16>, !fabric.dsd<memory, f32>, f32
      // CHECK: fabric.dot
      fabric.dot %s, %x, %y : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      // CHECK: fabric.sum
      fabric.sum %s, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      // CHECK: fabric.max_of
      fabric.max_of %s, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
      %i = fabric.coord x
      %n = fabric.param <map = affine_map<(x, y) -> (x mod 2 + 1)>>
      // CHECK: fabric.dsd %{{.*}}[%{{.*}}] [%{{.*}}] [2]
      %b = fabric.dsd %bx[%i] [%n] [2] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      // CHECK: fabric.dsd %{{.*}}[0] [10] [1] rows 4 by 6 :
      %rows = fabric.dsd %bx[0] [10] [1] rows 4 by 6 : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      // CHECK: fabric.fabout %{{.*}} [%{{.*}}]
      %d = fabric.fabout %out [%n] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      fabric.mov %d, %b : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>
      // CHECK: fabric.fabout %{{.*}} [16] advance 2 : <output> -> <fabout, f32>
      %turn = fabric.fabout %out [16] advance 2 : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      fabric.mov %turn, %x thread 2 : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>
    }
    fabric.task @done local 9 {
    }
  }
}

// -----

fabric.program @microthread {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %bx[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      // expected-error @below {{'fabric.mov' op uses microthread 8; the machine has 8}}
      fabric.mov %x, %x thread 8 : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @extents {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %bx[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      // expected-note @below {{this operand differs}}
      %y = fabric.dsd %bx[0] [8] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      // expected-error @below {{expected operands of one extent, got 16 and 8}}
      fabric.mov %x, %y : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @bounds {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    // expected-note @below {{the buffer}}
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      // expected-error @below {{reaches element 16 of a buffer of 16}}
      %x = fabric.dsd %bx[2] [8] [2] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @bounds_of_rows {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    // expected-note @below {{the buffer}}
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      // expected-error @below {{reaches element 16 of a buffer of 16}}
      %x = fabric.dsd %bx[0] [15] [1] rows 5 by 6 : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @empty_rows {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      // expected-error @below {{expected rows of at least 1 element, got 0}}
      %x = fabric.dsd %bx[0] [8] [1] rows 0 by 6 : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @negative {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    // expected-note @below {{the buffer}}
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      // expected-error @below {{reaches element -1 of a buffer of 16}}
      %x = fabric.dsd %bx[3] [5] [-1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @element {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      // expected-error @below {{expected elements 'f32' of the buffer, got 'f16'}}
      %x = fabric.dsd %bx[0] [8] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f16>
    }
  }
}

// -----

fabric.program @kind {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      // expected-error @below {{expected a result of kind memory, got '!fabric.dsd<fabin, f32>'}}
      %x = fabric.dsd %bx[0] [8] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<fabin, f32>
    }
  }
}

// -----

fabric.program @one_offset {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      // expected-error @below {{expected one offset, got 2}}
      %x = fabric.dsd %bx[0, 0] [8] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @extent {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      // expected-error @below {{expected an extent of at least 0, got -4}}
      %x = fabric.fabin %in [-4] : !fabric.queue<input> -> !fabric.dsd<fabin, f32>
    }
  }
}

// -----

fabric.program @destination {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %bx[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %from = fabric.fabin %in [16] : !fabric.queue<input> -> !fabric.dsd<fabin, f32>
      // expected-error @below {{expected a destination in memory or a fabout, got '!fabric.dsd<fabin, f32>'}}
      fabric.mov %from, %x : !fabric.dsd<fabin, f32>, !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @source {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %bx[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %to = fabric.fabout %out [16] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      // expected-error @below {{expected sources in memory or a fabin, got '!fabric.dsd<fabout, f32>'}}
      fabric.mov %x, %to : !fabric.dsd<memory, f32>, !fabric.dsd<fabout, f32>
    }
  }
}

// -----

fabric.program @accumulate {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %bx[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %to = fabric.fabout %out [16] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      // expected-error @below {{expected a destination in memory, got '!fabric.dsd<fabout, f32>'}}
      fabric.fmac %to, %x, %x : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @reduction {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %bx[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      // expected-error @below {{expected a destination of one element, got 16}}
      fabric.sum %x, %x : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @until {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %bx[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      // expected-error @below {{expected a fabin among the sources of until_control, got none}}
      fabric.mov %x, %x until_control : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @types {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    %bh = fabric.buffer : memref<16xf16, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %bx[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      %h = fabric.dsd %bh[0] [16] [1] : memref<16xf16, #fabric.sram> -> !fabric.dsd<memory, f16>
      // expected-error @below {{expected sources of 'f16' for a destination of 'f16', got 'f32'}}
      fabric.add %h, %h, %x : !fabric.dsd<memory, f16>, !fabric.dsd<memory, f16>, !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @floats {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bi = fabric.buffer : memref<16xi16, #fabric.sram>
    fabric.task @main local 8 start {
      %i = fabric.dsd %bi[0] [16] [1] : memref<16xi16, #fabric.sram> -> !fabric.dsd<memory, i16>
      // expected-error @below {{expected floating point elements, got 'i16'}}
      fabric.exp %i, %i : !fabric.dsd<memory, i16>, !fabric.dsd<memory, i16>
    }
  }
}

// -----

fabric.program @task {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %bx[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      // expected-error @below {{expected a task of this code, got @done}}
      fabric.mov %x, %x thread 1 activate @done : !fabric.dsd<memory, f32>, !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @queue {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    fabric.task @main local 8 start {
      // expected-error @below {{op operand #0 must be an output queue, but got '!fabric.queue<input>'}}
      %x = fabric.fabout %in [4] : !fabric.queue<input> -> !fabric.dsd<fabout, f32>
    }
  }
}

// -----

fabric.program @commands {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %bx = fabric.buffer : memref<16xf32, #fabric.sram>
    fabric.task @main local 8 start {
      %x = fabric.dsd %bx[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
      // expected-error @below {{expected to advance 1 to 8 routers, got 9}}
      %to = fabric.fabout %out [16] advance 9 : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      fabric.mov %to, %x : !fabric.dsd<fabout, f32>, !fabric.dsd<memory, f32>
    }
  }
}

// -----

fabric.program @ends_early {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    fabric.task @main local 8 start {
      %from = fabric.fabin %in [16] : !fabric.queue<input> -> !fabric.dsd<fabin, f32>
      %to = fabric.fabout %out [16] advance 2 : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
      // expected-error @below {{expected a fabout without advance, as the end of until_control sends nothing}}
      fabric.mov %to, %from until_control : !fabric.dsd<fabout, f32>, !fabric.dsd<fabin, f32>
    }
  }
}
