fabric.program @bad {
  %c = fabric.color 5
  fabric.route %c on <x 3 to 4, y 0 to 1> [<west -> ramp>]
}
