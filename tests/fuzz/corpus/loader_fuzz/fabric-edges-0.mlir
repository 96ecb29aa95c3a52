fabric.program @through {
  %c = fabric.color 5
  %w = fabric.color 6
  fabric.route %c on <x 0 to 4, y 0 to 10> [<north -> south>]
  fabric.route %w on <x 0 to 4, y 0 to 10> [<north -> south>]
  fabric.inject %c north on <x 0 to 4, y 0 to 1> "x" : f32
  fabric.inject %w north on <x 0 to 4, y 0 to 1> "w" indexed ends 24 : f16
  fabric.drain %c south on <x 0 to 4, y 9 to 10> "dw" extent 128 : f32
  fabric.drain %w south on <x 0 to 4, y 9 to 10> "w" extent 128 : f16
}
