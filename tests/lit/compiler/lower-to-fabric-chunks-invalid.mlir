// What does not follow from pieces of a vocabulary one by one, named where it
// is written.
//
// RUN: waferflow-opt %s --split-input-file --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=3" --choose-mapping="go=1 chunks=2" --insert-relayouts --place-kernels --lower-to-fabric --verify-diagnostics

#id = affine_map<(d0, d1) -> (d0, d1)>
#token = affine_map<(d0, d1) -> (d0, 0)>

func.func @root_of_sum(%w: tensor<7x6xf32> {flow.weight = #flow.weight<name = "w">}, %x: tensor<6x6xf32>) -> tensor<6x1xf32>
    attributes {flow.step = #flow.step<tokens = 6, seq = 6, type = f32, gt = 1>} {
  %h = flow.map(%x) {label = "in", layer = 0 : i64, phase = #flow.phase<forward>, section = #flow.section<block>}
      : (tensor<6x6xf32>) -> tensor<6x6xf32> {
  ^bb0(%v: tensor<6x6xf32>):
    %r = arith.addf %v, %v : tensor<6x6xf32>
    flow.yield %r : tensor<6x6xf32>
  }
  %l = flow.spmm %h, %w {label = "head", phase = #flow.phase<forward>, section = #flow.section<head>}
      : (tensor<6x6xf32>, tensor<7x6xf32>) -> tensor<6x7xf32>
  // expected-error @below {{'flow.reduce' op runs in 2 pieces of the vocabulary, since its values do not fit whole; expected a product, a gradient of a weight, or the sum, maximum or pick of its features alone}}
  %s = flow.reduce(%l) axis x {label = "sum", phase = #flow.phase<forward>, section = #flow.section<head>}
      : (tensor<6x7xf32>) -> tensor<6x1xf32> {
  ^bb0(%v: tensor<6x7xf32>):
    %z = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<6x1xf32>
    %f = linalg.fill ins(%z : f32) outs(%e : tensor<6x1xf32>) -> tensor<6x1xf32>
    %r = linalg.generic {indexing_maps = [#id, #token], iterator_types = ["parallel", "reduction"]}
        ins(%v : tensor<6x7xf32>) outs(%f : tensor<6x1xf32>) {
    ^bb1(%in: f32, %out: f32):
      %a = arith.addf %in, %out : f32
      linalg.yield %a : f32
    } -> tensor<6x1xf32>
    %root = math.rsqrt %r : tensor<6x1xf32>
    flow.yield %root : tensor<6x1xf32>
  }
  return %s : tensor<6x1xf32>
}

// -----

// Nobody else has the features of its input, which count as a vocabulary too.
func.func @both_sides(%w: tensor<7x6xf32> {flow.weight = #flow.weight<name = "w">}, %x: tensor<6x6xf32>) -> tensor<6x7xf32>
    attributes {flow.step = #flow.step<tokens = 6, seq = 6, type = f32, gt = 1>} {
  // expected-error @below {{'flow.spmm' op reads features of the step's arguments of which only one of 2 pieces is held at a time}}
  %l = flow.spmm %x, %w {label = "head", phase = #flow.phase<forward>, section = #flow.section<head>}
      : (tensor<6x6xf32>, tensor<7x6xf32>) -> tensor<6x7xf32>
  return %l : tensor<6x7xf32>
}
