fabric.program @bad {
  fabric.code @a on <x 0 to 1, y 0 to 1> {
    fabric.task @main local 8 start {
      fabric.activate @after
    }
    fabric.task @after local 9 blocked {
    }
  }
}
