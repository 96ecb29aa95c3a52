fabric.program @bad {
  %c = fabric.color 5
  fabric.drain %c south on <x 0 to 1, y 9 to 10> "y" extent 4 : f32
}
