fabric.program @bad {
  %c = fabric.color 5
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %in = fabric.queue input 8 of %c : !fabric.queue<input>
  }
}
