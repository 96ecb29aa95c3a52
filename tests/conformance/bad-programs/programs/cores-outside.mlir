fabric.program @bad {
  %c = fabric.color 5
  fabric.route %c on <x 10 to 13, y 0 to 1> [<ramp -> east>]
}
