fabric.program @bad {
  %c = fabric.color 5
  %d = fabric.color 5
}
