// A vocabulary of 7 in pieces of 4 and 3 on 4 x 3 cores.
//
// RUN: waferflow-opt %s --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=3" --choose-mapping="go=1 chunks=2" --insert-relayouts --place-kernels -o %t.mlir
// RUN: waferflow-opt %t.mlir --lower-to-fabric | FileCheck %s
// What is summed up is no exponential: the maximum must be known before.
// RUN: sed 's/math.exp/math.log/' %t.mlir | waferflow-opt --lower-to-fabric | FileCheck %s --check-prefix=TWICE

// CHECK: flow.order @features_7_chunked_0 features 7 columns 4 blocked {part = array<i64: 0, 4>}
// CHECK: flow.order @features_7_chunked_1 features 7 columns 3 blocked {part = array<i64: 4, 7>}
// CHECK-NOT: flow.spmm
// One pass over the weight: its rows of a piece, the maximum so far, what the
// sum so far is then.
// CHECK: fabric.program @k001_head_chunk_0
// CHECK: fabric.inject {{.*}} "w" indexed {{.*}} form = "weights", features = <order = @features_6>, rows = <order = @features_7_chunked_0>
// CHECK: fabric.program @k002_max_chunk_0
// CHECK: fabric.program @k003_less_chunk_0
// CHECK: fabric.program @k004_sum_chunk_0
// CHECK: fabric.program @k005_head_chunk_1
// CHECK: fabric.inject {{.*}} "w" {{.*}} rows = <order = @features_7_chunked_1>
// CHECK: fabric.program @k006_max_chunk_1
// CHECK: fabric.code @last
// CHECK: fabric.max
// CHECK: fabric.program @k007_less_chunk_1
// CHECK: fabric.program @k008_sum_chunk_1
// CHECK: fabric.code @last
// CHECK: fabric.sub
// CHECK: fabric.exp
// CHECK: fabric.mul
// Logits again for what comes back; the gradient leaves piece by piece, the
// products of the transposed weight are added up.
// CHECK: fabric.program @k009_head_chunk_0
// CHECK: fabric.program @k010_less_chunk_0
// CHECK: fabric.program @k011_softmax_chunk_0
// CHECK: fabric.program @k012_dW_chunk_0
// CHECK: fabric.drain {{.*}} "w.grad" {{.*}} rows = <order = @features_7_chunked_0>
// CHECK: fabric.program @k013_dX_chunk_0
// CHECK: form = "weights", features = <order = @features_7_chunked_0>, rows = <order = @features_6>, transposed = true
// CHECK: fabric.program @k014_head_chunk_1
// CHECK: fabric.program @k017_dW_chunk_1
// CHECK: fabric.drain {{.*}} "w.grad" {{.*}} rows = <order = @features_7_chunked_1>
// CHECK: fabric.program @k018_dX_chunk_1
// CHECK: fabric.program @k019_dX_chunk_1_sum
// CHECK: fabric.add
// CHECK: fabric.program @k020_out
// CHECK: fabric.read <tensor = "result1"

// TWICE: fabric.program @k001_head_chunk_0
// TWICE: fabric.program @k002_max_chunk_0
// TWICE: fabric.program @k003_head_chunk_1
// TWICE: fabric.program @k004_max_chunk_1
// TWICE: fabric.program @k005_head_chunk_0
// TWICE: fabric.program @k006_less_chunk_0
// TWICE: fabric.program @k007_sum_chunk_0
// TWICE: fabric.program @k008_head_chunk_1
// TWICE: fabric.program @k009_less_chunk_1
// TWICE: fabric.program @k010_sum_chunk_1
// TWICE: fabric.program @k011_head_chunk_0

#id = affine_map<(d0, d1) -> (d0, d1)>
#token = affine_map<(d0, d1) -> (d0, 0)>

func.func @step(
    %w: tensor<7x6xf32> {flow.weight = #flow.weight<name = "w", pruned = true,
        mask = #flow.mask<"uniform", sparsity = 5.000000e-01 : f64, seed = 1>>},
    %x: tensor<6x6xf32>)
    -> (tensor<7x6xf32> {flow.gradient = #flow.gradient<weight = "w", at = "mask">}, tensor<6x6xf32>)
    attributes {flow.step = #flow.step<tokens = 6, seq = 6, type = f32, gt = 1>} {
  %h = flow.map(%x) {label = "in", layer = 0 : i64, phase = #flow.phase<forward>, section = #flow.section<block>}
      : (tensor<6x6xf32>) -> tensor<6x6xf32> {
  ^bb0(%v: tensor<6x6xf32>):
    %r = arith.addf %v, %v : tensor<6x6xf32>
    flow.yield %r : tensor<6x6xf32>
  }
  %l = flow.spmm %h, %w {label = "head", phase = #flow.phase<forward>, section = #flow.section<head>}
      : (tensor<6x6xf32>, tensor<7x6xf32>) -> tensor<6x7xf32>
  %m = flow.reduce(%l) axis x {label = "max", phase = #flow.phase<forward>, section = #flow.section<head>}
      : (tensor<6x7xf32>) -> tensor<6x1xf32> {
  ^bb0(%v: tensor<6x7xf32>):
    %least = arith.constant 0xFF800000 : f32
    %e = tensor.empty() : tensor<6x1xf32>
    %f = linalg.fill ins(%least : f32) outs(%e : tensor<6x1xf32>) -> tensor<6x1xf32>
    %r = linalg.generic {indexing_maps = [#id, #token], iterator_types = ["parallel", "reduction"]}
        ins(%v : tensor<6x7xf32>) outs(%f : tensor<6x1xf32>) {
    ^bb1(%in: f32, %out: f32):
      %a = arith.maximumf %in, %out : f32
      linalg.yield %a : f32
    } -> tensor<6x1xf32>
    flow.yield %r : tensor<6x1xf32>
  }
  %d = flow.map(%l, %m) {label = "less", phase = #flow.phase<forward>, section = #flow.section<head>}
      : (tensor<6x7xf32>, tensor<6x1xf32>) -> tensor<6x7xf32> {
  ^bb0(%v: tensor<6x7xf32>, %t: tensor<6x1xf32>):
    %e = tensor.empty() : tensor<6x7xf32>
    %r = linalg.generic {indexing_maps = [#id, #token, #id], iterator_types = ["parallel", "parallel"]}
        ins(%v, %t : tensor<6x7xf32>, tensor<6x1xf32>) outs(%e : tensor<6x7xf32>) {
    ^bb1(%in: f32, %most: f32, %out: f32):
      %a = arith.subf %in, %most : f32
      linalg.yield %a : f32
    } -> tensor<6x7xf32>
    flow.yield %r : tensor<6x7xf32>
  }
  %s = flow.reduce(%d) axis x {label = "sum", phase = #flow.phase<forward>, section = #flow.section<head>}
      : (tensor<6x7xf32>) -> tensor<6x1xf32> {
  ^bb0(%v: tensor<6x7xf32>):
    %z = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<6x1xf32>
    %f = linalg.fill ins(%z : f32) outs(%e : tensor<6x1xf32>) -> tensor<6x1xf32>
    %r = linalg.generic {indexing_maps = [#id, #token], iterator_types = ["parallel", "reduction"]}
        ins(%v : tensor<6x7xf32>) outs(%f : tensor<6x1xf32>) {
    ^bb1(%in: f32, %out: f32):
      %e1 = math.exp %in : f32
      %a = arith.addf %e1, %out : f32
      linalg.yield %a : f32
    } -> tensor<6x1xf32>
    flow.yield %r : tensor<6x1xf32>
  }
  %p = flow.map(%d, %s) {label = "softmax", phase = #flow.phase<backward>, section = #flow.section<head>}
      : (tensor<6x7xf32>, tensor<6x1xf32>) -> tensor<6x7xf32> {
  ^bb0(%v: tensor<6x7xf32>, %t: tensor<6x1xf32>):
    %e = tensor.empty() : tensor<6x7xf32>
    %r = linalg.generic {indexing_maps = [#id, #token, #id], iterator_types = ["parallel", "parallel"]}
        ins(%v, %t : tensor<6x7xf32>, tensor<6x1xf32>) outs(%e : tensor<6x7xf32>) {
    ^bb1(%in: f32, %sum: f32, %out: f32):
      %a = arith.divf %in, %sum : f32
      linalg.yield %a : f32
    } -> tensor<6x7xf32>
    flow.yield %r : tensor<6x7xf32>
  }
  %dw = flow.sddmm %p, %h at "mask" {label = "dW", phase = #flow.phase<backward>, section = #flow.section<head>, weight = "w"}
      : (tensor<6x7xf32>, tensor<6x6xf32>) -> tensor<7x6xf32>
  %dx = flow.spmm %p, %w transposed {label = "dX", phase = #flow.phase<backward>, section = #flow.section<head>}
      : (tensor<6x7xf32>, tensor<7x6xf32>) -> tensor<6x6xf32>
  %g = flow.map(%dx) {label = "out", layer = 0 : i64, phase = #flow.phase<backward>, section = #flow.section<block>}
      : (tensor<6x6xf32>) -> tensor<6x6xf32> {
  ^bb0(%v: tensor<6x6xf32>):
    %r = arith.addf %v, %v : tensor<6x6xf32>
    flow.yield %r : tensor<6x6xf32>
  }
  return %dw, %g : tensor<7x6xf32>, tensor<6x6xf32>
}
