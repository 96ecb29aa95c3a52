fabric.program @bad {
  %c = fabric.color 5
  fabric.route %c on <x 0 to 2, y 0 to 1> [<ramp -> south>]
  fabric.route %c on <x 1 to 2, y 0 to 1> [<ramp -> east>]
}
