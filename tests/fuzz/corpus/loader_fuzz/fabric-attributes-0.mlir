func.func private @rectangle() attributes {a = #fabric.select<x 0 to 4, y 0 to 1>}
#set = affine_set<(x, y) : (x mod 2 == 0, y - x >= 0)>
func.func private @set() attributes {a = #fabric.select<x 0 to 4, y 0 to 4, #set>}
func.func private @position() attributes {a = #fabric.position<west -> ramp, east>}
func.func private @map() attributes {
    a = #fabric.per_core<map = affine_map<(x, y) -> (x floordiv 2 + 4 * y)>>}
func.func private @table() attributes {
    a = #fabric.per_core<table = [3, 3, 2], cores = <x 0 to 3, y 0 to 1>>}
func.func private @sram(memref<16xf32, #fabric.sram>)
