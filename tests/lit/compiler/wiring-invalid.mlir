// RUN: waferflow-opt %s --split-input-file --verify-diagnostics --pass-pipeline="builtin.module(attach-machine{machine=tiny directory=%source/machines},fabric.program(route-connections,assign-colors))"
fabric.program @meet {
  %a = fabric.color 0
  // expected-error @below {{has paths that meet at core (1, 0) on one color}}
  fabric.connect %a on <x 0 to 2, y 0 to 1> by 2, 0
}
