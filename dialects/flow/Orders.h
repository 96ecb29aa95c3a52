//===- Orders.h - The orders of features that a module names ----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FLOW_ORDERS_H
#define WAFERFLOW_DIALECTS_FLOW_ORDERS_H

#include "dialects/flow/Flow.h"
#include "simulator/program/ColumnLayout.h"

#include "mlir/IR/BuiltinOps.h"

namespace waferflow::flow {

/// The order that `order` describes.
FeatureOrder featureOrder(OrderOp order);

/// The order that `layout` names in `module`; an error at `user` where there is
/// none of that name.
mlir::FailureOr<FeatureOrder> orderOf(mlir::ModuleOp module, LayoutAttr layout,
                                      mlir::Operation *user);

/// Features go to another order, not to replicas of their own.
inline bool changesOrder(RelayoutOp relayout) {
  return relayout.getFrom().getOrder() != relayout.getTo().getOrder();
}

inline GroupForm groupForm(LayoutAttr layout) {
  return layout.getForm() == "contiguous" ? GroupForm::Contiguous
                                          : GroupForm::Interleaved;
}

} // namespace waferflow::flow

#endif // WAFERFLOW_DIALECTS_FLOW_ORDERS_H
