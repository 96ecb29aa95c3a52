//===- FlowInterfaces.td - What all kernels share -*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FLOW_FLOWINTERFACES
#define WAFERFLOW_DIALECTS_FLOW_FLOWINTERFACES

include "mlir/IR/OpBase.td"

class Flow_KernelGetter<string type, string name>
    : InterfaceMethod<"", type, name, (ins)>;
class Flow_KernelSetter<string type, string name>
    : InterfaceMethod<"", "void", name, (ins type:$value)>;

def Flow_FlowKernel : OpInterface<"FlowKernel"> {
  let cppNamespace = "::waferflow::flow";
  let description = [{
    What runs on a rectangle of cores. The attributes are optional until the pass
    that fills them ran, and checked once present.
  }];
  let methods = [
    InterfaceMethod<"`spmm`, `sddmm`, ... as reports print it", "::llvm::StringRef",
        "getKindName", (ins), "", [{
          return $_op->getName().stripDialect();
        }]>,
    Flow_KernelGetter<"::std::optional<uint64_t>", "getLayer">,
    Flow_KernelGetter<"::std::optional<::waferflow::flow::KernelPhase>", "getPhase">,
    Flow_KernelGetter<"::std::optional<::waferflow::flow::KernelSection>", "getSection">,
    Flow_KernelGetter<"::std::optional<::llvm::StringRef>", "getLabel">,
    Flow_KernelGetter<"::std::optional<::waferflow::flow::MappingAttr>", "getMapping">,
    Flow_KernelGetter<"::std::optional<::waferflow::flow::RegionAttr>", "getPlacement">,
    Flow_KernelGetter<"::std::optional<::waferflow::flow::LayoutAttr>", "getInLayout">,
    Flow_KernelGetter<"::std::optional<::waferflow::flow::LayoutAttr>", "getOutLayout">,
    Flow_KernelSetter<"::mlir::IntegerAttr", "setLayerAttr">,
    Flow_KernelSetter<"::waferflow::flow::KernelPhaseAttr", "setPhaseAttr">,
    Flow_KernelSetter<"::waferflow::flow::KernelSectionAttr", "setSectionAttr">,
    Flow_KernelSetter<"::mlir::StringAttr", "setLabelAttr">,
    Flow_KernelSetter<"::waferflow::flow::MappingAttr", "setMappingAttr">,
    Flow_KernelSetter<"::waferflow::flow::RegionAttr", "setPlacementAttr">,
    Flow_KernelSetter<"::waferflow::flow::LayoutAttr", "setInLayoutAttr">,
    Flow_KernelSetter<"::waferflow::flow::LayoutAttr", "setOutLayoutAttr">
  ];
  let verify = [{ return ::waferflow::flow::detail::verifyKernel($_op); }];
}

#endif // WAFERFLOW_DIALECTS_FLOW_FLOWINTERFACES
