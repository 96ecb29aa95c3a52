// Keys and values go to the columns of their query heads, one program computes,
// and their gradients come back.
//
// RUN: waferflow-opt %S/Inputs/attention-step.mlir --attach-machine="machine=tiny directory=%source/machines" \
// RUN:   --choose-mapping --insert-relayouts --place-kernels --lower-to-fabric | FileCheck %s

// CHECK: fabric.program @k000_attention_keys
// CHECK: fabric.program @k001_attention_values
// CHECK: fabric.program @k002_attention {
// Two colors for two columns of a head, three for four rows of a sequence.
// CHECK-COUNT-5: fabric.color
// CHECK-NOT: fabric.color
// Two dims of a head in each of four columns; the other eight leave zeros.
// CHECK: fabric.code @heads0 on <x 0 to 4, y 0 to 8>
// CHECK: fabric.task @main local 8 start
// The keys are scaled.
// CHECK: %[[SCALE:.*]] = arith.constant 5.000000e-01 : f32
// CHECK: fabric.mul %{{.*}}, %{{.*}}, %[[SCALE]]
// A block goes to the next row while its scores are computed, four times.
// CHECK: scf.for
// CHECK: fabric.mov %{{.*}} thread 1 {{.*}}fabout
// CHECK: fabric.mov %{{.*}} thread 2 {{.*}}fabin
// CHECK: fabric.fmac %{{.*}} : <memory, f32>, f32, !fabric.dsd<memory, f32>
// The columns of a head sum, exponentiate and share.
// CHECK: fabric.mov %{{.*}} thread 0 {{.*}}fabout
// CHECK: fabric.add %{{.*}}fabin
// CHECK: fabric.exp
// CHECK: fabric.mov %{{.*}} thread 0 {{.*}}fabout
// CHECK: fabric.mov %{{.*}}fabin
// The second pass: scores and their gradients, dq, and two dots for dv and dk,
// slot by slot.
// CHECK: fabric.log
// CHECK: fabric.fmac
// CHECK: fabric.fmac
// CHECK: fabric.exp
// CHECK: fabric.fmac
// CHECK-COUNT-4: fabric.dot
// CHECK-NOT: fabric.dot
// CHECK: fabric.code @idle0 on <x 4 to 12, y 0 to 8>
// CHECK: fabric.program @k003_attention_dkeys
// CHECK: fabric.program @k004_attention_dvalues
// CHECK-COUNT-3: fabric.read
