// What element-wise work on the fabric cannot be, named where it is written.
//
// RUN: waferflow-opt %s --split-input-file --attach-machine="machine=tiny directory=%source/machines set=fabric.width=4,fabric.height=3" --form-kernels --label-kernels --choose-mapping --insert-relayouts --place-kernels --lower-to-fabric --verify-diagnostics

#id = affine_map<(d0, d1) -> (d0, d1)>

func.func @function(%a: tensor<9x5xf32>) -> tensor<9x5xf32>
    attributes {flow.step = #flow.step<tokens = 9, seq = 9, type = f16>} {
  %e = tensor.empty() : tensor<9x5xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<9x5xf32>) outs(%e : tensor<9x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    // expected-error @below {{has no form in vector instructions}}
    %y = math.erf %x : f32
    linalg.yield %y : f32
  } -> tensor<9x5xf32>
  return %r : tensor<9x5xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// Features 0 and 4 lie in different columns.
func.func @turned(%a: tensor<9x5xf32>) -> tensor<9x5xf32>
    attributes {flow.step = #flow.step<tokens = 9, seq = 9, type = f16>} {
  %e = tensor.empty() : tensor<9x5xf32>
  %tail = tensor.extract_slice %a[0, 4] [9, 1] [1, 1] : tensor<9x5xf32> to tensor<9x1xf32>
  %head = tensor.extract_slice %a[0, 0] [9, 4] [1, 1] : tensor<9x5xf32> to tensor<9x4xf32>
  %t = tensor.concat dim(1) %tail, %head : (tensor<9x1xf32>, tensor<9x4xf32>) -> tensor<9x5xf32>
  // expected-error @below {{needs feature 4 of its input 0 in column 0, which holds another part of it}}
  %r = linalg.add ins(%a, %t : tensor<9x5xf32>, tensor<9x5xf32>) outs(%e : tensor<9x5xf32>) -> tensor<9x5xf32>
  return %r : tensor<9x5xf32>
}

// -----

func.func @minimum(%a: tensor<9x5xf32>) -> tensor<f32>
    attributes {flow.step = #flow.step<tokens = 9, seq = 9, type = f16>} {
  %most = arith.constant 0x7F800000 : f32
  %e = tensor.empty() : tensor<f32>
  %f = linalg.fill ins(%most : f32) outs(%e : tensor<f32>) -> tensor<f32>
  // expected-error @below {{takes a minimum over tokens, for which the machine has no instruction; negate and take a maximum}}
  %r = linalg.reduce ins(%a : tensor<9x5xf32>) outs(%f : tensor<f32>) dimensions = [0, 1]
    (%in: f32, %out: f32) {
      %s = arith.minimumf %in, %out : f32
      linalg.yield %s : f32
    }
  return %r : tensor<f32>
}
