fabric.program @bad {
  %c = fabric.color 5
  fabric.route %c on <x 0 to 12, y 0 to 1> [<west -> east>]
}
