// Connections become routes, and channels that meet in no router share a color.
// RUN: waferflow-opt %s --pass-pipeline="builtin.module(attach-machine{machine=tiny directory=%source/machines},fabric.program(route-connections))" | FileCheck %s --check-prefix=ROUTED
// RUN: waferflow-opt %s --pass-pipeline="builtin.module(attach-machine{machine=tiny directory=%source/machines},fabric.program(route-connections,assign-colors))" | FileCheck %s --check-prefix=COLORED

// ROUTED-LABEL: fabric.program @two
// ROUTED: fabric.route %color0 on <x 0 to 1, y 0 to 1> [<ramp -> east>]
// ROUTED-NEXT: fabric.route %color0 on <x 1 to 3, y 0 to 1> [<west -> east>]
// ROUTED-NEXT: fabric.route %color0 on <x 3 to 4, y 0 to 1> [<west -> ramp>]
// ROUTED-NEXT: fabric.route %color1 on <x 5 to 6, y 3 to 4> [<south -> ramp>]
// ROUTED-NEXT: fabric.route %color1 on <x 5 to 6, y 4 to 5> [<ramp -> north>]
// ROUTED-NOT: fabric.connect

// COLORED-LABEL: fabric.program @two
// COLORED-NEXT: %[[C:.*]] = fabric.color 0
// COLORED-NOT: fabric.color
// COLORED: fabric.route %[[C]] on <x 5 to 6, y 4 to 5>
fabric.program @two {
  %a = fabric.color 0
  %b = fabric.color 1
  fabric.connect %a on <x 0 to 1, y 0 to 1> by 3, 0
  fabric.connect %b on <x 5 to 6, y 4 to 5> by 0, -1 wavelets 7
  fabric.code @east on <x 3 to 4, y 0 to 1> {
    %in = fabric.queue input 0 of %a : !fabric.queue<input>
  }
  fabric.code @north on <x 5 to 6, y 3 to 4> {
    %in = fabric.queue input 0 of %b : !fabric.queue<input>
  }
}
