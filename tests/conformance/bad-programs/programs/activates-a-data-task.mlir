fabric.program @bad {
  %c = fabric.color 5
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %in = fabric.queue input 0 of %c : !fabric.queue<input>
    fabric.task @main local 8 start {
      fabric.activate @taker
    }
    fabric.task @taker data %in (%v: f32) {
    }
  }
}
