// The gradients of one attention: two heads of four dims, one head of keys, two
// sequences of four tokens.
#map = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>
#map1 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>
#map2 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map3 = affine_map<(d0, d1, d2) -> (0, d1, d2)>
#map4 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
module {
  func.func @step(%arg0: tensor<8x4xf32>, %arg1: tensor<8x8xf32>, %arg2: tensor<8x4xf32>, %arg3: tensor<8x8xf32>) -> (tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>) attributes {flow.step = #flow.step<tokens = 8, seq = 4, type = f32, gt = 1, keep_every = 1>} {
    %0:3 = flow.attention(%arg0, %arg1, %arg2, %arg3) backward causal heads 2 kv 1 dim 4 batch 2 seq 4 {label = "attention", layer = 0 : i64, phase = #flow.phase<backward>, section = #flow.section<block>} : (tensor<8x4xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> (tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>) {
    ^bb0(%arg4: tensor<8x4xf32>, %arg5: tensor<8x8xf32>, %arg6: tensor<8x4xf32>, %arg7: tensor<8x8xf32>):
      %cst = arith.constant 0.000000e+00 : f32
      %cst_0 = arith.constant 0xFF800000 : f32
      %cst_1 = arith.constant -3.40282347E+38 : f32
      %cst_2 = arith.constant 5.000000e-01 : f32
      %expanded = tensor.expand_shape %arg5 [[0, 1], [2, 3]] output_shape [2, 4, 2, 4] : tensor<8x8xf32> into tensor<2x4x2x4xf32>
      %1 = tensor.empty() : tensor<2x2x4x4xf32>
      %transposed = linalg.transpose ins(%expanded : tensor<2x4x2x4xf32>) outs(%1 : tensor<2x2x4x4xf32>) permutation = [0, 2, 1, 3] 
      %collapsed = tensor.collapse_shape %transposed [[0, 1], [2], [3]] : tensor<2x2x4x4xf32> into tensor<4x4x4xf32>
      %expanded_3 = tensor.expand_shape %arg4 [[0, 1], [2, 3]] output_shape [2, 4, 1, 4] : tensor<8x4xf32> into tensor<2x4x1x4xf32>
      %2 = tensor.empty() : tensor<2x1x4x4xf32>
      %transposed_4 = linalg.transpose ins(%expanded_3 : tensor<2x4x1x4xf32>) outs(%2 : tensor<2x1x4x4xf32>) permutation = [0, 2, 1, 3] 
      %3 = tensor.empty() : tensor<2x1x2x4x4xf32>
      %4 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%transposed_4 : tensor<2x1x4x4xf32>) outs(%3 : tensor<2x1x2x4x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        linalg.yield %in : f32
      } -> tensor<2x1x2x4x4xf32>
      %collapsed_5 = tensor.collapse_shape %4 [[0, 1, 2], [3], [4]] : tensor<2x1x2x4x4xf32> into tensor<4x4x4xf32>
      %expanded_6 = tensor.expand_shape %arg6 [[0, 1], [2, 3]] output_shape [2, 4, 1, 4] : tensor<8x4xf32> into tensor<2x4x1x4xf32>
      %5 = tensor.empty() : tensor<2x1x4x4xf32>
      %transposed_7 = linalg.transpose ins(%expanded_6 : tensor<2x4x1x4xf32>) outs(%5 : tensor<2x1x4x4xf32>) permutation = [0, 2, 1, 3] 
      %6 = tensor.empty() : tensor<2x1x2x4x4xf32>
      %7 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%transposed_7 : tensor<2x1x4x4xf32>) outs(%6 : tensor<2x1x2x4x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        linalg.yield %in : f32
      } -> tensor<2x1x2x4x4xf32>
      %collapsed_8 = tensor.collapse_shape %7 [[0, 1, 2], [3], [4]] : tensor<2x1x2x4x4xf32> into tensor<4x4x4xf32>
      %8 = tensor.empty() : tensor<4x4x4xf32>
      %transposed_9 = linalg.transpose ins(%collapsed_5 : tensor<4x4x4xf32>) outs(%8 : tensor<4x4x4xf32>) permutation = [0, 2, 1] 
      %9 = tensor.empty() : tensor<4x4x4xf32>
      %10 = linalg.fill ins(%cst : f32) outs(%9 : tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
      %11 = linalg.batch_matmul ins(%collapsed, %transposed_9 : tensor<4x4x4xf32>, tensor<4x4x4xf32>) outs(%10 : tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
      %12 = tensor.empty() : tensor<4x4x4xf32>
      %13 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%11 : tensor<4x4x4xf32>) outs(%12 : tensor<4x4x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %67 = arith.mulf %in, %cst_2 : f32
        linalg.yield %67 : f32
      } -> tensor<4x4x4xf32>
      %14 = tensor.empty() : tensor<1x4x4xf32>
      %15 = linalg.generic {indexing_maps = [#map2], iterator_types = ["parallel", "parallel", "parallel"]} outs(%14 : tensor<1x4x4xf32>) {
      ^bb0(%out: f32):
        %67 = linalg.index 1 : index
        %68 = linalg.index 2 : index
        %69 = arith.cmpi ule, %68, %67 : index
        %70 = arith.select %69, %cst, %cst_1 : f32
        linalg.yield %70 : f32
      } -> tensor<1x4x4xf32>
      %16 = tensor.empty() : tensor<4x4x4xf32>
      %17 = linalg.generic {indexing_maps = [#map2, #map3, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%13, %15 : tensor<4x4x4xf32>, tensor<1x4x4xf32>) outs(%16 : tensor<4x4x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %67 = arith.addf %in, %in_26 : f32
        linalg.yield %67 : f32
      } -> tensor<4x4x4xf32>
      %18 = tensor.empty() : tensor<4x4x1xf32>
      %19 = linalg.fill ins(%cst_0 : f32) outs(%18 : tensor<4x4x1xf32>) -> tensor<4x4x1xf32>
      %20 = linalg.generic {indexing_maps = [#map2, #map4], iterator_types = ["parallel", "parallel", "reduction"]} ins(%17 : tensor<4x4x4xf32>) outs(%19 : tensor<4x4x1xf32>) {
      ^bb0(%in: f32, %out: f32):
        %67 = arith.maximumf %in, %out : f32
        linalg.yield %67 : f32
      } -> tensor<4x4x1xf32>
      %21 = tensor.empty() : tensor<4x4x4xf32>
      %22 = linalg.generic {indexing_maps = [#map2, #map4, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%17, %20 : tensor<4x4x4xf32>, tensor<4x4x1xf32>) outs(%21 : tensor<4x4x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %67 = arith.subf %in, %in_26 : f32
        linalg.yield %67 : f32
      } -> tensor<4x4x4xf32>
      %23 = tensor.empty() : tensor<4x4x4xf32>
      %24 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%22 : tensor<4x4x4xf32>) outs(%23 : tensor<4x4x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %67 = math.exp %in : f32
        linalg.yield %67 : f32
      } -> tensor<4x4x4xf32>
      %25 = tensor.empty() : tensor<4x4x1xf32>
      %26 = linalg.fill ins(%cst : f32) outs(%25 : tensor<4x4x1xf32>) -> tensor<4x4x1xf32>
      %27 = linalg.generic {indexing_maps = [#map2, #map4], iterator_types = ["parallel", "parallel", "reduction"]} ins(%24 : tensor<4x4x4xf32>) outs(%26 : tensor<4x4x1xf32>) {
      ^bb0(%in: f32, %out: f32):
        %67 = arith.addf %in, %out : f32
        linalg.yield %67 : f32
      } -> tensor<4x4x1xf32>
      %28 = tensor.empty() : tensor<4x4x4xf32>
      %29 = linalg.generic {indexing_maps = [#map2, #map4, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%24, %27 : tensor<4x4x4xf32>, tensor<4x4x1xf32>) outs(%28 : tensor<4x4x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %67 = arith.divf %in, %in_26 : f32
        linalg.yield %67 : f32
      } -> tensor<4x4x4xf32>
      %expanded_10 = tensor.expand_shape %arg7 [[0, 1], [2, 3]] output_shape [2, 4, 2, 4] : tensor<8x8xf32> into tensor<2x4x2x4xf32>
      %30 = tensor.empty() : tensor<2x2x4x4xf32>
      %transposed_11 = linalg.transpose ins(%expanded_10 : tensor<2x4x2x4xf32>) outs(%30 : tensor<2x2x4x4xf32>) permutation = [0, 2, 1, 3] 
      %collapsed_12 = tensor.collapse_shape %transposed_11 [[0, 1], [2], [3]] : tensor<2x2x4x4xf32> into tensor<4x4x4xf32>
      %31 = tensor.empty() : tensor<4x4x4xf32>
      %transposed_13 = linalg.transpose ins(%29 : tensor<4x4x4xf32>) outs(%31 : tensor<4x4x4xf32>) permutation = [0, 2, 1] 
      %32 = tensor.empty() : tensor<4x4x4xf32>
      %33 = linalg.fill ins(%cst : f32) outs(%32 : tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
      %34 = linalg.batch_matmul ins(%transposed_13, %collapsed_12 : tensor<4x4x4xf32>, tensor<4x4x4xf32>) outs(%33 : tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
      %35 = tensor.empty() : tensor<4x4x4xf32>
      %transposed_14 = linalg.transpose ins(%collapsed_8 : tensor<4x4x4xf32>) outs(%35 : tensor<4x4x4xf32>) permutation = [0, 2, 1] 
      %36 = tensor.empty() : tensor<4x4x4xf32>
      %37 = linalg.fill ins(%cst : f32) outs(%36 : tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
      %38 = linalg.batch_matmul ins(%collapsed_12, %transposed_14 : tensor<4x4x4xf32>, tensor<4x4x4xf32>) outs(%37 : tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
      %39 = tensor.empty() : tensor<4x4x4xf32>
      %40 = linalg.generic {indexing_maps = [#map2, #map2, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%38, %29 : tensor<4x4x4xf32>, tensor<4x4x4xf32>) outs(%39 : tensor<4x4x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %67 = arith.mulf %in, %in_26 : f32
        linalg.yield %67 : f32
      } -> tensor<4x4x4xf32>
      %41 = tensor.empty() : tensor<4x4x1xf32>
      %42 = linalg.fill ins(%cst : f32) outs(%41 : tensor<4x4x1xf32>) -> tensor<4x4x1xf32>
      %43 = linalg.generic {indexing_maps = [#map2, #map4], iterator_types = ["parallel", "parallel", "reduction"]} ins(%40 : tensor<4x4x4xf32>) outs(%42 : tensor<4x4x1xf32>) {
      ^bb0(%in: f32, %out: f32):
        %67 = arith.addf %in, %out : f32
        linalg.yield %67 : f32
      } -> tensor<4x4x1xf32>
      %44 = tensor.empty() : tensor<4x4x4xf32>
      %45 = linalg.generic {indexing_maps = [#map2, #map4, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%29, %43 : tensor<4x4x4xf32>, tensor<4x4x1xf32>) outs(%44 : tensor<4x4x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %67 = arith.mulf %in, %in_26 : f32
        linalg.yield %67 : f32
      } -> tensor<4x4x4xf32>
      %46 = tensor.empty() : tensor<4x4x4xf32>
      %47 = linalg.generic {indexing_maps = [#map2, #map2, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%40, %45 : tensor<4x4x4xf32>, tensor<4x4x4xf32>) outs(%46 : tensor<4x4x4xf32>) {
      ^bb0(%in: f32, %in_26: f32, %out: f32):
        %67 = arith.subf %in, %in_26 : f32
        linalg.yield %67 : f32
      } -> tensor<4x4x4xf32>
      %48 = tensor.empty() : tensor<4x4x4xf32>
      %49 = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel", "parallel", "parallel"]} ins(%47 : tensor<4x4x4xf32>) outs(%48 : tensor<4x4x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %67 = arith.mulf %in, %cst_2 : f32
        linalg.yield %67 : f32
      } -> tensor<4x4x4xf32>
      %50 = tensor.empty() : tensor<4x4x4xf32>
      %transposed_15 = linalg.transpose ins(%collapsed : tensor<4x4x4xf32>) outs(%50 : tensor<4x4x4xf32>) permutation = [0, 2, 1] 
      %51 = tensor.empty() : tensor<4x4x4xf32>
      %52 = linalg.fill ins(%cst : f32) outs(%51 : tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
      %53 = linalg.batch_matmul ins(%transposed_15, %49 : tensor<4x4x4xf32>, tensor<4x4x4xf32>) outs(%52 : tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
      %54 = tensor.empty() : tensor<4x4x4xf32>
      %transposed_16 = linalg.transpose ins(%53 : tensor<4x4x4xf32>) outs(%54 : tensor<4x4x4xf32>) permutation = [0, 2, 1] 
      %55 = tensor.empty() : tensor<4x4x4xf32>
      %56 = linalg.fill ins(%cst : f32) outs(%55 : tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
      %57 = linalg.batch_matmul ins(%49, %collapsed_5 : tensor<4x4x4xf32>, tensor<4x4x4xf32>) outs(%56 : tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
      %expanded_17 = tensor.expand_shape %57 [[0, 1], [2], [3]] output_shape [2, 2, 4, 4] : tensor<4x4x4xf32> into tensor<2x2x4x4xf32>
      %58 = tensor.empty() : tensor<2x4x2x4xf32>
      %transposed_18 = linalg.transpose ins(%expanded_17 : tensor<2x2x4x4xf32>) outs(%58 : tensor<2x4x2x4xf32>) permutation = [0, 2, 1, 3] 
      %collapsed_19 = tensor.collapse_shape %transposed_18 [[0, 1], [2, 3]] : tensor<2x4x2x4xf32> into tensor<8x8xf32>
      %expanded_20 = tensor.expand_shape %34 [[0, 1, 2], [3], [4]] output_shape [2, 1, 2, 4, 4] : tensor<4x4x4xf32> into tensor<2x1x2x4x4xf32>
      %59 = tensor.empty() : tensor<2x1x4x4xf32>
      %60 = linalg.fill ins(%cst : f32) outs(%59 : tensor<2x1x4x4xf32>) -> tensor<2x1x4x4xf32>
      %61 = linalg.generic {indexing_maps = [#map1, #map], iterator_types = ["parallel", "parallel", "reduction", "parallel", "parallel"]} ins(%expanded_20 : tensor<2x1x2x4x4xf32>) outs(%60 : tensor<2x1x4x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %67 = arith.addf %in, %out : f32
        linalg.yield %67 : f32
      } -> tensor<2x1x4x4xf32>
      %62 = tensor.empty() : tensor<2x4x1x4xf32>
      %transposed_21 = linalg.transpose ins(%61 : tensor<2x1x4x4xf32>) outs(%62 : tensor<2x4x1x4xf32>) permutation = [0, 2, 1, 3] 
      %collapsed_22 = tensor.collapse_shape %transposed_21 [[0, 1], [2, 3]] : tensor<2x4x1x4xf32> into tensor<8x4xf32>
      %expanded_23 = tensor.expand_shape %transposed_16 [[0, 1, 2], [3], [4]] output_shape [2, 1, 2, 4, 4] : tensor<4x4x4xf32> into tensor<2x1x2x4x4xf32>
      %63 = tensor.empty() : tensor<2x1x4x4xf32>
      %64 = linalg.fill ins(%cst : f32) outs(%63 : tensor<2x1x4x4xf32>) -> tensor<2x1x4x4xf32>
      %65 = linalg.generic {indexing_maps = [#map1, #map], iterator_types = ["parallel", "parallel", "reduction", "parallel", "parallel"]} ins(%expanded_23 : tensor<2x1x2x4x4xf32>) outs(%64 : tensor<2x1x4x4xf32>) {
      ^bb0(%in: f32, %out: f32):
        %67 = arith.addf %in, %out : f32
        linalg.yield %67 : f32
      } -> tensor<2x1x4x4xf32>
      %66 = tensor.empty() : tensor<2x4x1x4xf32>
      %transposed_24 = linalg.transpose ins(%65 : tensor<2x1x4x4xf32>) outs(%66 : tensor<2x4x1x4xf32>) permutation = [0, 2, 1, 3] 
      %collapsed_25 = tensor.collapse_shape %transposed_24 [[0, 1], [2, 3]] : tensor<2x4x1x4xf32> into tensor<8x4xf32>
      flow.yield %collapsed_19, %collapsed_22, %collapsed_25 : tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>
    }
    return %0#0, %0#1, %0#2 : tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>
  }
}

