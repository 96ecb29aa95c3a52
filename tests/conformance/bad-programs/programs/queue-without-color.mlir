fabric.program @bad {
  %c = fabric.color 5
  %d = fabric.color 6
  fabric.code @a on <x 0 to 3, y 0 to 1> {
    %in = fabric.queue input 0 of %c, %d on [
        #fabric.select<x 0 to 1, y 0 to 1>, #fabric.select<x 1 to 2, y 0 to 1>]
        : !fabric.queue<input>
  }
}
