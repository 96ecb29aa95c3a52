fabric.program @examples {
  %c = fabric.color 5
  %d = fabric.color 6
  %e = fabric.color 7
  fabric.route %c on <x 1 to 3, y 0 to 1> [<west -> ramp, north>]
  fabric.route %d on <x 1 to 2, y 0 to 1> [<ramp -> north>, <west -> north>] initial 1 ring
  fabric.route %e on <x 1 to 3, y 0 to 1> [<ramp -> north>] fixed
  fabric.drain %c north on <x 1 to 3, y 0 to 1> "c" extent 1 : f32
  fabric.drain %d north on <x 1 to 2, y 0 to 1> "d" extent 1 : f32
  fabric.drain %e north on <x 1 to 3, y 0 to 1> "e" extent 1 : f32
  fabric.code @listen on <x 1 to 3, y 0 to 1> {
    %in = fabric.queue input 0 of %c : !fabric.queue<input>
  }
}
