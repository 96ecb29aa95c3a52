// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines" -split-input-file -verify-diagnostics -o %t
// RUN: waferflow-opt %t -split-input-file | FileCheck %s

// CHECK-LABEL: fabric.program @examples
fabric.program @examples {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    %b = fabric.buffer : memref<4xf32, #fabric.sram>
    // CHECK: fabric.task @main local 8 start {
    fabric.task @main local 8 start {
      // CHECK: fabric.activate @done
      fabric.activate @done
      // CHECK: fabric.block @done
      fabric.block @done
      // CHECK: fabric.unblock @done
      fabric.unblock @done
      // CHECK: fabric.control %{{.*}} task 24 data 3
      fabric.control %out task 24 data 3 : !fabric.queue<output>
      // CHECK: fabric.control %{{.*}} advance :
      fabric.control %out advance : !fabric.queue<output>
      // CHECK: fabric.control %{{.*}} reset task 24
      fabric.control %out reset task 24 : !fabric.queue<output>
      // CHECK: %[[X:.*]] = fabric.coord x
      %x = fabric.coord x
      // CHECK: fabric.param <map = #map>
      %n = fabric.param <map = affine_map<(x, y) -> (x mod 2)>>
      // CHECK: fabric.param <table = [3, 3, 2], cores = <x 0 to 3, y 0 to 1>>
      %t = fabric.param <table = [3, 3, 2], cores = <x 0 to 3, y 0 to 1>>
      // CHECK: arith.addi
      %s = arith.addi %x, %n : index
      %zero = arith.constant 0 : index
      %one = arith.constant 1 : index
      // CHECK: scf.for
      scf.for %i = %zero to %t step %one {
        %v = memref.load %b[%i] : memref<4xf32, #fabric.sram>
        %w = arith.addf %v, %v : f32
        memref.store %w, %b[%i] : memref<4xf32, #fabric.sram>
      }
    }
    // CHECK: fabric.task @done local 9 blocked {
    fabric.task @done local 9 blocked {
    }
    // CHECK: fabric.task @nonzero data %{{.*}} configured (%{{.*}}: f16, %{{.*}}: i16) {
    fabric.task @nonzero data %in configured (%value: f16, %index: i16) {
    }
    // CHECK: fabric.task @row_end control 24 %{{.*}} (%{{.*}}: i16) {
    fabric.task @row_end control 24 %in (%data: i16) {
    }
  }
}

// -----

fabric.program @id {
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    // expected-error @below {{uses task id 31; the machine has 31}}
    fabric.task @main local 31 {
    }
  }
}

// -----

fabric.program @id_twice {
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    // expected-note @below {{the id is used by @one}}
    fabric.task @one local 9 {
    }
    // expected-error @below {{uses task id 9 a second time}}
    fabric.task @two local 9 {
    }
  }
}

// -----

fabric.program @id_of_queue {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    // expected-note @below {{the id is that of the queue of @one}}
    fabric.task @one data %in (%v: f32) {
    }
    // expected-error @below {{uses task id 2 a second time}}
    fabric.task @two local 2 {
    }
  }
}

// -----

fabric.program @start {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    // expected-error @below {{expected start with a local task, got data}}
    fabric.task @one data %in start (%v: f32) {
    }
  }
}

// -----

fabric.program @arguments {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    // expected-error @below {{expected a data task to take what its queue brings as arguments, got none}}
    fabric.task @one data %in {
    }
  }
}

// -----

fabric.program @control_arguments {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    // expected-error @below {{expected a control task to take 16 bits or nothing, got 'f32'}}
    fabric.task @one control 24 %in (%v: f32) {
    }
  }
}

// -----

fabric.program @local_arguments {
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    // expected-error @below {{expected a local task to take nothing, got 'f32'}}
    fabric.task @one local 9 (%v: f32) {
    }
  }
}

// -----

fabric.program @foreign {
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    fabric.task @one local 9 {
      // expected-error @below {{expected vector instructions or scalar code of arith, math, scf and memref in a task, got 'tensor.empty'}}
      %0 = tensor.empty() : tensor<4xf32>
    }
  }
}

// -----

fabric.program @unknown {
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    fabric.task @one local 9 {
      // expected-error @below {{expected a task of this code, got @two}}
      fabric.activate @two
    }
  }
}

// -----

fabric.program @activate_data {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    fabric.task @one local 9 {
      // expected-error @below {{expected a local task to activate, got @two}}
      fabric.activate @two
    }
    // expected-note @below {{this task is activated by wavelets of its queue}}
    fabric.task @two data %in (%v: f32) {
    }
  }
}

// -----

fabric.program @control {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %out = fabric.queue output 2 of %c : !fabric.queue<output>
    fabric.task @one local 9 {
      // expected-error @below {{expected advance, reset or a task, got none}}
      fabric.control %out : !fabric.queue<output>
    }
  }
}

// -----

fabric.program @control_data {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %out = fabric.queue output 2 of %c : !fabric.queue<output>
    fabric.task @one local 9 {
      // expected-error @below {{expected data of 16 bits, got 65536}}
      fabric.control %out task 24 data 65536 : !fabric.queue<output>
    }
  }
}

// -----

fabric.program @control_id {
  %c = fabric.color 0
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %out = fabric.queue output 2 of %c : !fabric.queue<output>
    fabric.task @one local 9 {
      // expected-error @below {{uses task id 40; the machine has 31}}
      fabric.control %out task 40 : !fabric.queue<output>
    }
  }
}

// -----

fabric.program @table {
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    fabric.task @one local 9 {
      // expected-error @below {{has no integer for core (2, 0) of its code}}
      %0 = fabric.param <table = [3, 3], cores = <x 0 to 2, y 0 to 1>>
    }
  }
}

// -----

fabric.program @far_table {
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    fabric.task @one local 9 {
      // expected-error @below {{selects x 0 to 3, y 0 to 1000000; the machine has 12 x 10 cores}}
      %0 = fabric.param <table = [3, 3, 2], cores = <x 0 to 3, y 0 to 1000000>>
    }
  }
}

// -----

// expected-error @below {{expected to be in a fabric.task, got in 'builtin.module'}}
%0 = fabric.coord x
