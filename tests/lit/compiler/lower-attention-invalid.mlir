// A body that computes anything else is not lowered as if it were attention.
//
// DEFINE: %{place} = waferflow-opt --attach-machine="machine=tiny directory=%source/machines" --choose-mapping --insert-relayouts --place-kernels
// DEFINE: %{in} = %S/Inputs/attention-step.mlir
// RUN: sed 's/math.exp /math.sin /' %{in} | %{place} | not waferflow-opt --lower-to-fabric 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: 'flow.attention' op has a body that has no lowering to the fabric: linalg.generic
// OTHER: note: here
// RUN: sed 's/math.exp /math.exp2 /' %{in} | %{place} | not waferflow-opt --lower-to-fabric 2>&1 | FileCheck %s --check-prefix=OTHER
//
// The second product with the scale is that of the gradient.
// RUN: sed 's/mulf %%in, %%cst_2 /mulf %%in, %%cst_0 /' %{in} | sed '0,/mulf %%in, %%cst_0 /s//mulf %%in, %%cst_2 /' | %{place} \
// RUN:   | not waferflow-opt --lower-to-fabric 2>&1 | FileCheck %s --check-prefix=SCALE
// SCALE: no lowering to the fabric: expected result {{[0-9]}} to be scaled by 0.500000, got -inf
//
// RUN: sed 's/ backward causal / backward /' %{in} | %{place} | not waferflow-opt --lower-to-fabric 2>&1 | FileCheck %s --check-prefix=MASK
// MASK: no lowering to the fabric: a causal mask in a kernel that is not causal
