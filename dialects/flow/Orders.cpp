//===- Orders.cpp - The orders of features that a module names ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/flow/Orders.h"

using namespace mlir;

namespace waferflow::flow {

FeatureOrder featureOrder(OrderOp order) {
  std::string name = order.getSymName().str();
  int64_t features = order.getFeatures(), columns = order.getColumns();
  switch (order.getForm()) {
  case OrderForm::Blocked: {
    if (!order.getPart())
      return blockedOrder(name, features, columns);
    ArrayRef<int64_t> part = *order.getPart();
    FeatureOrder lain = blockedOrder(name, part[1] - part[0], columns);
    for (std::vector<int32_t> *list : {&lain.column, &lain.slot}) {
      list->insert(list->begin(), part[0], -1);
      list->resize(features, -1);
    }
    return lain;
  }
  case OrderForm::Heads: {
    int64_t headDim = *order.getHeadDim();
    return headOrder(name, features / headDim, headDim, columns);
  }
  case OrderForm::Table:
    break;
  }
  FeatureOrder result;
  result.name = std::move(name);
  result.columns = columns;
  result.column.assign(order.getColumn()->begin(), order.getColumn()->end());
  result.slot.assign(order.getSlot()->begin(), order.getSlot()->end());
  return result;
}

FailureOr<FeatureOrder> orderOf(ModuleOp module, LayoutAttr layout,
                                Operation *user) {
  auto order = module.lookupSymbol<OrderOp>(layout.getOrder());
  if (!order)
    return user->emitOpError() << "expected a flow.order named "
                               << layout.getOrder() << ", got none";
  return featureOrder(order);
}

} // namespace waferflow::flow
