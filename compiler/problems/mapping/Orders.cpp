//===- Orders.cpp - Which column holds which feature ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/mapping/Orders.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace waferflow {

namespace {

/// What is dealt as one: a feature, or a rotary pair.
struct Unit {
  int32_t first = -1, second = -1; ///< features; no second: alone
};

/// Units that may lie on a range of columns: all of them, or one head's.
struct Pen {
  std::vector<Unit> units;
  int64_t firstColumn = 0, columns = 0;
  int64_t room = 0; ///< units a column
};

/// The pens of a class; none where a column holds whole heads.
std::vector<Pen> pensOf(const FeatureClass &cls, const FeatureOrder &blocked) {
  std::vector<Pen> pens;
  if (cls.heads == 0) {
    Pen pen{{}, 0, blocked.columns, blocked.featuresPerColumn()};
    for (int64_t i = 0; i < cls.features; ++i)
      pen.units.push_back({static_cast<int32_t>(i), -1});
    return {pen};
  }
  if (blocked.columns < cls.heads)
    return {};
  int64_t each = blocked.columns / cls.heads, half = cls.headDim / 2;
  for (int64_t head = 0; head < cls.heads; ++head) {
    Pen pen{{}, head * each, each, 0};
    auto first = static_cast<int32_t>(head * cls.headDim);
    for (int64_t pair = 0; pair < half; ++pair)
      pen.units.push_back({static_cast<int32_t>(first + pair),
                           static_cast<int32_t>(first + half + pair)});
    if (cls.headDim % 2 != 0)
      pen.units.push_back({static_cast<int32_t>(first + 2 * half), -1});
    pen.room = (static_cast<int64_t>(pen.units.size()) + each - 1) / each;
    pens.push_back(std::move(pen));
  }
  return pens;
}

/// Puts unit u of a pen on its column[u]; slots rise with the units.
class Layer {
public:
  Layer(const FeatureClass &cls, int64_t columns) {
    order.name = cls.name;
    order.columns = columns;
    order.column.resize(cls.features);
    order.slot.resize(cls.features);
    used.resize(columns);
  }
  void lay(const Pen &pen, const std::vector<int32_t> &column) {
    for (size_t u = 0; u < pen.units.size(); ++u)
      for (int32_t feature : {pen.units[u].first, pen.units[u].second})
        if (feature >= 0) {
          int64_t x = pen.firstColumn + column[u];
          order.column[feature] = static_cast<int32_t>(x);
          order.slot[feature] = used[x]++;
        }
  }
  FeatureOrder order;

private:
  std::vector<int32_t> used;
};

/// Loads in units of 1/kScale of a kernel's mean feature. Whole numbers in
/// doubles: sums and products are exact, so no compiler's order of additions
/// can change a choice.
constexpr double kScale = 256;

/// A table [kernel][position], by kernel first so that loops over positions are
/// vectorized.
struct Table {
  size_t kernels, positions;
  std::vector<double> values;

  Table(size_t kernels, size_t positions)
      : kernels(kernels), positions(positions), values(kernels * positions) {}
  double *row(size_t k) { return values.data() + k * positions; }
  const double *row(size_t k) const { return values.data() + k * positions; }
};

class Dealer {
public:
  Dealer(int64_t features, const std::vector<const FeatureLoads *> &kernels)
      : scaled(std::max<size_t>(kernels.size(), 1), features),
        far(scaled.kernels) {
    if (kernels.empty())
      std::fill(scaled.values.begin(), scaled.values.end(), kScale);
    for (size_t k = 0; k < kernels.size(); ++k) {
      double sum = 0;
      for (int32_t load : *kernels[k])
        sum += load;
      double scale = sum > 0 ? kScale * static_cast<double>(features) / sum : 0;
      for (int64_t i = 0; i < features; ++i)
        scaled.row(k)[i] = std::round((*kernels[k])[i] * scale);
    }
  }

  /// The column of every unit.
  std::vector<int32_t> deal(const Pen &pen) {
    auto columns = static_cast<size_t>(pen.columns);
    Table units = unitLoads(pen), loads(scaled.kernels, columns);
    std::vector<int64_t> room(columns, pen.room);
    std::vector<int32_t> bin(pen.units.size());
    std::vector<double> burden(columns);
    for (int32_t u : heaviestFirst(units)) {
      std::fill(burden.begin(), burden.end(), 0);
      for (size_t k = 0; k < scaled.kernels; ++k)
        addTimes(burden, loads.row(k), units.row(k)[u]);
      size_t best = columns;
      for (size_t x = 0; x < columns; ++x)
        if (room[x] > 0 && (best == columns || burden[x] < burden[best]))
          best = x;
      bin[u] = static_cast<int32_t>(best);
      --room[best];
      for (size_t k = 0; k < scaled.kernels; ++k)
        loads.row(k)[best] += units.row(k)[u];
    }
    std::vector<int32_t> place = placesOf(loads);
    for (int32_t &x : bin)
      x = place[x];
    return bin;
  }

private:
  static void addTimes(std::vector<double> &sum, const double *row, double by) {
    for (size_t x = 0; x < sum.size(); ++x)
      sum[x] += row[x] * by;
  }

  Table unitLoads(const Pen &pen) const {
    Table loads(scaled.kernels, pen.units.size());
    for (size_t k = 0; k < scaled.kernels; ++k)
      for (size_t u = 0; u < pen.units.size(); ++u)
        for (int32_t feature : {pen.units[u].first, pen.units[u].second})
          if (feature >= 0)
            loads.row(k)[u] += scaled.row(k)[feature];
    return loads;
  }

  static std::vector<int32_t> heaviestFirst(const Table &units) {
    std::vector<double> weight(units.positions);
    for (size_t k = 0; k < units.kernels; ++k)
      for (size_t u = 0; u < units.positions; ++u)
        weight[u] += units.row(k)[u] * units.row(k)[u];
    std::vector<int32_t> order(units.positions);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
      return std::pair(-weight[a], a) < std::pair(-weight[b], b);
    });
    return order;
  }

  /// Where each column goes, so that what comes before any column is near its
  /// share in every kernel: the next is the one that leaves the smallest sum
  /// of squares of what is over or short. `far` goes on from pen to pen.
  std::vector<int32_t> placesOf(Table &loads) {
    size_t columns = loads.positions;
    std::vector<double> own(columns), along(columns);
    for (size_t k = 0; k < loads.kernels; ++k) {
      double *row = loads.row(k);
      double mean = std::round(std::accumulate(row, row + columns, 0.0) /
                               static_cast<double>(columns));
      for (size_t x = 0; x < columns; ++x) {
        row[x] -= mean;
        own[x] += row[x] * row[x];
      }
      addTimes(along, row, 2 * far[k]);
    }
    std::vector<int32_t> place(columns, -1);
    for (size_t p = 0; p < columns; ++p) {
      size_t next = columns;
      for (size_t x = 0; x < columns; ++x)
        if (place[x] < 0 &&
            (next == columns || own[x] + along[x] < own[next] + along[next]))
          next = x;
      place[next] = static_cast<int32_t>(p);
      for (size_t k = 0; k < loads.kernels; ++k) {
        double step = loads.row(k)[next];
        far[k] += step;
        addTimes(along, loads.row(k), 2 * step);
      }
    }
    return place;
  }

  Table scaled;            ///< by feature
  std::vector<double> far; ///< from the share of all columns placed so far
};

} // namespace

const char *orderKindName(OrderKind kind) {
  return kind == OrderKind::Blocked   ? "blocked"
         : kind == OrderKind::Striped ? "striped"
                                      : "dealt";
}

std::optional<OrderKind> orderKindOf(const std::string &name) {
  for (OrderKind kind : kOrderKinds)
    if (name == orderKindName(kind))
      return kind;
  return std::nullopt;
}

FeatureOrder FeatureClass::order(int64_t columns) const {
  if (heads == 0)
    return blockedOrder(name, features, columns);
  // A (key, value) head that `sharing` query heads read is spread over the
  // columns of all of them, so that it lies where it is used.
  return headOrder(name, heads, headDim, columns);
}

FeatureOrder stripedOrder(const FeatureClass &cls, int64_t columns) {
  FeatureOrder blocked = cls.order(columns);
  std::vector<Pen> pens = pensOf(cls, blocked);
  if (pens.empty())
    return blocked;
  Layer layer(cls, blocked.columns);
  for (const Pen &pen : pens) {
    std::vector<int32_t> column;
    for (size_t u = 0; u < pen.units.size(); ++u)
      column.push_back(static_cast<int32_t>(u % pen.columns));
    layer.lay(pen, column);
  }
  return std::move(layer.order);
}

FeatureOrder dealtOrder(const FeatureClass &cls, int64_t columns,
                        const std::vector<const FeatureLoads *> &kernels) {
  FeatureOrder blocked = cls.order(columns);
  std::vector<Pen> pens = pensOf(cls, blocked);
  if (pens.empty())
    return blocked;
  Layer layer(cls, blocked.columns);
  Dealer dealer(cls.features, kernels);
  for (const Pen &pen : pens)
    layer.lay(pen, dealer.deal(pen));
  return std::move(layer.order);
}

double columnImbalance(const FeatureOrder &order, const FeatureLoads &loads) {
  std::vector<int64_t> columns(order.columns);
  int64_t sum = 0;
  for (size_t i = 0; i < loads.size(); ++i) {
    columns[order.column[i]] += loads[i];
    sum += loads[i];
  }
  int64_t most = *std::max_element(columns.begin(), columns.end());
  return sum == 0
             ? 1
             : static_cast<double>(most) * static_cast<double>(order.columns) /
                   static_cast<double>(sum);
}

std::optional<Error> checkOrder(const FeatureClass &cls, int64_t columns,
                                const FeatureOrder &order) {
  FeatureOrder blocked = cls.order(columns);
  auto differs = [](const std::string &what, int64_t expected, int64_t got) {
    return Error{"", "expected " + std::to_string(expected) + " " + what +
                         ", got " + std::to_string(got)};
  };
  if (order.features() != cls.features)
    return differs("features", cls.features, order.features());
  if (order.columns != blocked.columns)
    return differs("columns", blocked.columns, order.columns);
  int64_t most = blocked.featuresPerColumn();
  std::vector<std::vector<bool>> taken(order.columns);
  for (int64_t i = 0; i < order.features(); ++i) {
    int64_t x = order.column[i];
    if (x < 0 || x >= order.columns)
      return Error{"", "expected columns in [0, " +
                           std::to_string(order.columns) + "), got " +
                           std::to_string(x) + " for feature " +
                           std::to_string(i)};
    taken[x].push_back(false);
    if (static_cast<int64_t>(taken[x].size()) > most)
      return Error{"", "expected at most " + std::to_string(most) +
                           " features in a column, got more in column " +
                           std::to_string(x)};
  }
  for (int64_t i = 0; i < order.features(); ++i) {
    std::vector<bool> &slots = taken[order.column[i]];
    int64_t slot = order.slot[i];
    if (slot < 0 || slot >= static_cast<int64_t>(slots.size()) || slots[slot])
      return Error{"", "expected the slots of column " +
                           std::to_string(order.column[i]) + " to be 0 to " +
                           std::to_string(slots.size() - 1) +
                           ", each once, got " + std::to_string(slot) +
                           " for feature " + std::to_string(i)};
    slots[slot] = true;
  }
  if (cls.heads == 0)
    return std::nullopt;
  std::vector<Pen> pens = pensOf(cls, blocked);
  if (pens.empty())
    return order.column == blocked.column
               ? std::nullopt
               : std::optional(Error{"", "expected whole heads in a column"});
  for (const Pen &pen : pens)
    for (auto [a, b] : pen.units) {
      int64_t x = order.column[a] - pen.firstColumn;
      if (x < 0 || x >= pen.columns)
        return Error{"", "expected feature " + std::to_string(a) +
                             " in its head's columns " +
                             std::to_string(pen.firstColumn) + " to " +
                             std::to_string(pen.firstColumn + pen.columns - 1) +
                             ", got " + std::to_string(order.column[a])};
      if (b >= 0 && (order.column[b] != order.column[a] ||
                     order.slot[b] != order.slot[a] + 1))
        return Error{"", "expected the rotary pair of features " +
                             std::to_string(a) + " and " + std::to_string(b) +
                             " in neighbouring slots of one column"};
    }
  return std::nullopt;
}

} // namespace waferflow
