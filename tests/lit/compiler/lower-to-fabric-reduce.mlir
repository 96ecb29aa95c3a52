// Sums over features and over tokens.
//
// RUN: waferflow-opt %s --split-input-file --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=5" --form-kernels --label-kernels --choose-mapping --insert-relayouts --place-kernels --lower-to-fabric | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#token = affine_map<(d0, d1) -> (d0, 0)>

// 5 features lie in columns 0 to 2: a chain to column 2 and a multicast back.
// CHECK-LABEL: fabric.argument "arg0"
// CHECK: fabric.program @k000
// CHECK-DAG: fabric.route %{{.*}} on <x 0 to 2, y 0 to 5, #{{.*}}> [<ramp -> east>]
// CHECK-DAG: fabric.route %{{.*}} on <x 1 to 3, y 0 to 5, #{{.*}}> [<west -> ramp>]
// CHECK-DAG: fabric.route %{{.*}} on <x 2 to 3, y 0 to 5> [<ramp -> west, east>]
// CHECK-DAG: fabric.route %{{.*}} on <x 3 to 4, y 0 to 5> [<west -> ramp>]
// CHECK: fabric.code @first
// CHECK: fabric.fmac %{{.*}} configured : <memory, f32>, !fabric.dsd<memory, f16>, !fabric.dsd<memory, f16>
// CHECK: fabric.code @middle
// CHECK: fabric.add %{{.*}} : <fabout, f32>, !fabric.dsd<fabin, f32>, !fabric.dsd<memory, f32>
// CHECK: fabric.code @last
// CHECK: fabric.mov %{{.*}} : <fabout, f32>, !fabric.dsd<memory, f32>
// CHECK: fabric.code @behind
// CHECK: fabric.read <tensor = "result0", form = "tokens">
func.func @squares(%a: tensor<10x5xf32>) -> tensor<10x1xf32>
    attributes {flow.step = #flow.step<tokens = 10, seq = 10, type = f16>} {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<10x1xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<10x1xf32>) -> tensor<10x1xf32>
  %s = linalg.generic {indexing_maps = [#id, #token], iterator_types = ["parallel", "reduction"]}
      ins(%a : tensor<10x5xf32>) outs(%f : tensor<10x1xf32>) {
  ^bb0(%x: f32, %out: f32):
    %m = arith.mulf %x, %x : f32
    %r = arith.addf %m, %out : f32
    linalg.yield %r : f32
  } -> tensor<10x1xf32>
  return %s : tensor<10x1xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#feature = affine_map<(d0, d1) -> (d1)>

// 4 of 5 rows hold the 4 tokens: their sums go down and past the idle row.
// CHECK-LABEL: fabric.argument "w"
// CHECK: fabric.result "w.grad"
// CHECK: fabric.program @k000
// CHECK-DAG: fabric.route %[[SOUTH:.*]] on <x 0 to 4, y 4 to 5> [<north -> south>]
// CHECK: fabric.drain %[[SOUTH]] south on <x 0 to 4, y 4 to 5> "w.grad" extent 2 host <tensor = "w.grad", form = "feature_gradient", features = <order = @features_5{{.*}}>> : f32
// CHECK: fabric.code @top on <x 0 to 4, y 0 to 1>
// CHECK: fabric.dot %{{.*}} configured : <memory, f32>, !fabric.dsd<memory, f16>, !fabric.dsd<memory, f16>
// CHECK: fabric.mov %{{.*}} : <fabout, f32>
// CHECK: fabric.code @below on <x 0 to 4, y 1 to 4>
// CHECK: fabric.add %{{.*}} : <fabout, f32>, !fabric.dsd<fabin, f32>, !fabric.dsd<memory, f32>
func.func @gradient(%w: tensor<5xf32> {flow.weight = #flow.weight<name = "w">}, %a: tensor<4x5xf32>, %g: tensor<4x5xf32>)
    -> (tensor<5xf32> {flow.gradient = #flow.gradient<weight = "w", at = "dense">})
    attributes {flow.step = #flow.step<tokens = 4, seq = 4, type = f16>} {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x5xf32>
  %p = linalg.mul ins(%a, %g : tensor<4x5xf32>, tensor<4x5xf32>) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  %ew = tensor.empty() : tensor<5xf32>
  %f = linalg.fill ins(%z : f32) outs(%ew : tensor<5xf32>) -> tensor<5xf32>
  %s = linalg.generic {indexing_maps = [#id, #feature], iterator_types = ["reduction", "parallel"]}
      ins(%p : tensor<4x5xf32>) outs(%f : tensor<5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %r = arith.addf %x, %out : f32
    linalg.yield %r : f32
  } -> tensor<5xf32>
  return %s : tensor<5xf32>
}
