fabric.program @bad {
  %c = fabric.color 5
  fabric.route %c on <x 0 to 12, y 0 to 10, affine_set<(x, y) : (x mod 3 == 0)>> [<west -> ramp>]
  fabric.route %c on <x 4 to 8, y 4 to 5> [<north -> ramp>]
}
