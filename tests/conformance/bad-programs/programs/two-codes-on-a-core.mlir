fabric.program @bad {
  fabric.code @a on <x 0 to 5, y 0 to 4> {
  }
  fabric.code @b on <x 4 to 6, y 3 to 4> {
  }
}
