fabric.program @bad {
  %c = fabric.color 27
  fabric.route %c on <x 0 to 1, y 0 to 1> [<ramp -> east>]
}
