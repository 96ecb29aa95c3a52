fabric.program @bad {
  %c = fabric.color 5
  fabric.route %c on <x 1 to 2, y 1 to 2> [<ramp -> east>, <north -> east>, <west -> east>, <south -> east>, <east -> west>]
}
