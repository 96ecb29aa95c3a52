fabric.program @bad {
  %c = fabric.color 5
  %d = fabric.color 6
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    %in = fabric.queue input 0 of %c : !fabric.queue<input>
    %more = fabric.queue input 0 of %d : !fabric.queue<input>
  }
}
