fabric.program @bad {
  %c = fabric.color 5
  fabric.route %c on <x 0 to 1, y 0 to 1> [<ramp -> east>]
  fabric.route %c on <x 1 to 2, y 0 to 1> [<west -> ramp>]
  fabric.route %c on <x 2 to 3, y 0 to 1> [<ramp -> west>]
  fabric.code @a on <x 1 to 2, y 0 to 1> {
    %in = fabric.queue input 0 of %c : !fabric.queue<input>
  }
}
