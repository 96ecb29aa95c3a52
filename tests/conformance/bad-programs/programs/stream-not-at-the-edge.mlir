fabric.program @bad {
  %c = fabric.color 5
  fabric.inject %c north on <x 0 to 4, y 1 to 2> "x" : f32
}
