// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines" | FileCheck %s
// RUN: waferflow-opt %s --attach-machine="machine=%source/machines/cs3.yaml set=pe.sram_bytes=65536,clock.ghz=1.5" \
// RUN:   | FileCheck %s --check-prefix=SET
// RUN: not waferflow-opt %s --attach-machine="machine=cs4 directory=%source/machines" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines set=pe.sram_byte=1" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=KEY

// CHECK: flow.machine = #flow.machine<name = "tiny"
// CHECK-SAME: fabric.width = 12 : i64
// SET: flow.machine = #flow.machine<name = "cs3"
// SET-SAME: clock.ghz = 1.500000e+00 : f64
// SET-SAME: pe.sram_bytes = 65536 : i64
// UNKNOWN: error: unknown machine 'cs4', known are cs2, cs3, tiny; or give the path of a .yaml file
// KEY: error: --set pe.sram_byte=1: unknown key 'pe.sram_byte', did you mean 'pe.sram_bytes'?
module {
}
