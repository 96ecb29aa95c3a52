//===- OrderLoads.cpp - How even columns are under an order ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/mapping/OrderLoads.h"

#include "simulator/cost/Cycles.h"
#include "simulator/cost/Grouping.h"

#include <algorithm>
#include <numeric>

namespace waferflow {

namespace {

/// Nonzeros by feature of a kernel's input, or of its output.
const FeatureLoads &sideOf(const MappingProblem &problem,
                           const KernelShape &shape, bool input) {
  const WeightCounts &counts = problem.counts[shape.counts];
  return input != shape.transposed ? counts.columns : counts.rows;
}

int32_t classOf(const KernelShape &shape, bool input) {
  return input ? shape.inClass : shape.outClass;
}

/// Of the order that the kernel's layer has: only what is dealt differs.
int32_t layerOf(const MappingProblem &problem, int32_t cls, OrderKind kind,
                const KernelShape &shape) {
  bool own = problem.classes[cls].perLayer && kind == OrderKind::Dealt;
  return own ? shape.layer : -1;
}

} // namespace

ShapeKey keyOf(const KernelShape &s) {
  return {s.kind,    s.inClass,   s.outClass,   s.rows,          s.columns,
          s.density, s.indexFree, s.transposed, s.denseGradient, s.backward,
          s.causal,  s.heads,     s.kvHeads,    s.headDim,       s.counts >= 0};
}

bool isCounted(const KernelShape &shape) {
  return shape.counts >= 0 && !shape.denseGradient;
}

FeatureOrder layFeatures(const MappingProblem &problem, int32_t cls,
                         OrderKind kind, int64_t columns, int32_t layer) {
  const FeatureClass &features = problem.classes[cls];
  if (kind == OrderKind::Blocked)
    return features.order(columns);
  if (kind == OrderKind::Striped)
    return stripedOrder(features, columns);
  std::vector<const FeatureLoads *> loads;
  for (const KernelShape &shape : problem.kernels)
    if (shape.kind == "spmm" && isCounted(shape) && shape.inClass == cls &&
        layerOf(problem, cls, kind, shape) == layer) {
      const FeatureLoads *load = &sideOf(problem, shape, /*input=*/true);
      if (std::find(loads.begin(), loads.end(), load) == loads.end())
        loads.push_back(load); // a recomputed product is the same
    }
  return dealtOrder(features, columns, loads);
}

std::vector<OrderKind> orderCandidates(const MappingProblem &problem,
                                       int32_t cls) {
  if (problem.classes[cls].chunked)
    return {OrderKind::Blocked};
  if (problem.fixedOrder)
    return {*problem.fixedOrder};
  for (const KernelShape &shape : problem.kernels)
    if (isCounted(shape) && (shape.inClass == cls || shape.outClass == cls))
      return {kOrderKinds.begin(), kOrderKinds.end()};
  return {OrderKind::Blocked};
}

LaidOut layOut(const MappingProblem &problem, const TokenLayout &tokens,
               int64_t headChunks, std::vector<OrderKind> orders) {
  LaidOut laid{tokens, headChunks, {}, {}, std::move(orders), nullptr};
  laid.orders.resize(problem.classes.size(), OrderKind::Blocked);
  laid.loads = std::make_shared<OrderLoads>(tokens);
  for (const FeatureClass &cls : problem.classes) {
    if (cls.heads != 0) {
      FeatureOrder order = cls.order(tokens.groupColumns);
      laid.features.push_back(order.featuresPerColumn());
      laid.columns.push_back(order.columns);
      continue;
    }
    int64_t features =
        cls.chunked ? divideUp(cls.features, headChunks) : cls.features;
    laid.features.push_back(divideUp(features, tokens.groupColumns));
    laid.columns.push_back(divideUp(features, laid.features.back()));
  }
  return laid;
}

const std::pair<FeatureOrder, std::vector<int32_t>> &
OrderLoads::orderOf(const MappingProblem &problem, int32_t cls, OrderKind kind,
                    int32_t layer) {
  auto [it, isNew] = orders.try_emplace({cls, kind, layer});
  auto &[order, sorted] = it->second;
  if (isNew) {
    order = layFeatures(problem, cls, kind, tokens.groupColumns, layer);
    sorted = featuresInOrder(order);
  }
  return it->second;
}

const OrderLoads::Sums &OrderLoads::sumsOf(const MappingProblem &problem,
                                           const KernelShape &shape, bool input,
                                           OrderKind kind) {
  int32_t cls = classOf(shape, input);
  const FeatureLoads &own = sideOf(problem, shape, input);
  const auto &[order, sorted] =
      orderOf(problem, cls, kind, layerOf(problem, cls, kind, shape));
  auto [it, isNew] = sums.try_emplace({&own, &order});
  Sums &result = it->second;
  if (!isNew)
    return result;
  result.columns.resize(order.columns);
  result.before = {0};
  for (int32_t feature : sorted) {
    result.columns[order.column[feature]] += own[feature];
    result.before.push_back(result.before.back() + own[feature]);
  }
  result.holding = static_cast<double>(order.columns);
  return result;
}

const std::vector<std::pair<size_t, int64_t>> &
OrderLoads::alike(const MappingProblem &problem, size_t kernel) {
  if (kernelsOf.empty())
    for (size_t i = 0; i < problem.kernels.size(); ++i) {
      const KernelShape &shape = problem.kernels[i];
      if (!isCounted(shape))
        continue;
      auto &kernels = kernelsOf[keyOf(shape)];
      auto same =
          std::find_if(kernels.begin(), kernels.end(), [&](auto &other) {
            const KernelShape &known = problem.kernels[other.first];
            return known.counts == shape.counts && known.layer == shape.layer;
          });
      if (same == kernels.end())
        kernels.emplace_back(i, 1);
      else
        ++same->second; // recomputed
    }
  return kernelsOf.at(keyOf(problem.kernels[kernel]));
}

cost::RowLoad OrderLoads::membersLoad(const MappingProblem &problem,
                                      size_t kernel, bool input, OrderKind kind,
                                      int64_t groups, int64_t members) {
  auto [it, isNew] = loads.try_emplace(
      {keyOf(problem.kernels[kernel]), input, kind, groups, members});
  cost::RowLoad &mean = it->second;
  if (!isNew)
    return mean;
  double kernels = 0;
  for (auto [i, count] : alike(problem, kernel)) {
    auto times = static_cast<double>(count);
    kernels += times;
    const KernelShape &shape = problem.kernels[i];
    const Sums &own = sumsOf(problem, shape, input, kind);
    auto features = static_cast<int64_t>(own.before.size()) - 1;
    int64_t most = 0;
    if (groups == 1)
      most = *std::max_element(own.columns.begin(), own.columns.end());
    else // the all-gather deals features in order, evenly
      for (int64_t member = 0; member < members; ++member)
        most = std::max<int64_t>(
            most, own.before[divideUp((member + 1) * features, members)] -
                      own.before[divideUp(member * features, members)]);
    double holding = groups == 1
                         ? own.holding
                         : static_cast<double>(std::min(members, features));
    auto rows = static_cast<double>(sideOf(problem, shape, !input).size());
    mean.fullest += times * static_cast<double>(most) / rows;
    mean.mean +=
        times * static_cast<double>(own.before.back()) / rows / holding;
  }
  mean.fullest /= kernels;
  mean.mean /= kernels;
  return mean;
}

double OrderLoads::groupSkew(const MappingProblem &problem, size_t kernel,
                             bool input, OrderKind kind, int64_t groups,
                             GroupForm form, int64_t members) {
  if (groups == 1)
    return 1;
  auto [it, isNew] = skews.try_emplace(
      {keyOf(problem.kernels[kernel]), input, kind, groups, form, members});
  double &mean = it->second;
  if (!isNew)
    return mean;
  double kernels = 0;
  for (auto [i, count] : alike(problem, kernel)) {
    auto times = static_cast<double>(count);
    kernels += times;
    const KernelShape &shape = problem.kernels[i];
    const Sums &own = sumsOf(problem, shape, input, kind);
    std::vector<int64_t> sums(groups);
    for (int64_t x = 0; x < static_cast<int64_t>(own.columns.size()); ++x)
      sums[form == GroupForm::Contiguous ? std::min(x / members, groups - 1)
                                         : x % groups] += own.columns[x];
    int64_t all = own.before.back();
    int64_t most = *std::max_element(sums.begin(), sums.end());
    mean += all == 0 ? times
                     : times * static_cast<double>(most * groups) /
                           static_cast<double>(all);
  }
  return mean /= kernels;
}

cost::RowLoad OrderLoads::load(const MappingProblem &problem, size_t kernel,
                               bool inputIsResident,
                               const std::vector<OrderKind> &kinds,
                               const KernelChoice &choice, int64_t columns) {
  const KernelShape &shape = problem.kernels[kernel];
  int64_t groups = choice.outputGroups;
  int64_t members = membersOf(columns, groups, tokens.groupColumns);
  cost::RowLoad load =
      membersLoad(problem, kernel, inputIsResident,
                  kinds[classOf(shape, inputIsResident)], groups, members);
  // A row of the fullest group has more than its share everywhere.
  double skew = groupSkew(problem, kernel, !inputIsResident,
                          kinds[classOf(shape, !inputIsResident)], groups,
                          choice.form, members);
  return {load.mean * skew, load.fullest * skew};
}

std::optional<double> OrderLoads::imbalance(const MappingProblem &problem,
                                            int32_t cls, OrderKind kind) {
  double sum = 0, count = 0;
  for (const KernelShape &shape : problem.kernels)
    if (shape.kind == "spmm" && isCounted(shape) && shape.inClass == cls) {
      sum += columnImbalance(
          orderOf(problem, cls, kind, layerOf(problem, cls, kind, shape)).first,
          sideOf(problem, shape, /*input=*/true));
      ++count;
    }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

} // namespace waferflow
