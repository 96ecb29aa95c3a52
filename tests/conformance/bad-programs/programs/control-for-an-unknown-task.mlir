fabric.program @bad {
  %c = fabric.color 5
  fabric.route %c on <x 0 to 1, y 0 to 1> [<ramp -> east>]
  fabric.route %c on <x 1 to 2, y 0 to 1> [<west -> ramp>]
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %out = fabric.queue output 0 of %c : !fabric.queue<output>
    fabric.task @main local 8 start {
      fabric.control %out task 24 : !fabric.queue<output>
    }
  }
  fabric.code @b on <x 1 to 2, y 0 to 1> {
    %in = fabric.queue input 0 of %c : !fabric.queue<input>
    fabric.task @taker data %in (%v: f32) {
    }
  }
}
