fabric.program @bad {
  %c = fabric.color 5
  fabric.inject %c north on <x 0 to 4, y 0 to 1> "x" : f32
}
