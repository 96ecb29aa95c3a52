fabric.program @bad {
  %c = fabric.color 5
  fabric.route %c on <x 0 to 1, y 0 to 1> [<ramp -> east>] initial 1
}
