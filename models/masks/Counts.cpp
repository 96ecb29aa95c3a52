//===- Counts.cpp - Nonzeros for every row and column of cores ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/Counts.h"

#include "models/masks/BitPlanes.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <numeric>
#include <thread>

using namespace waferflow;

namespace {

constexpr int64_t kWordBits = 64;
/// Output groups a piece of work: 64 bytes of a result row, and the planes of
/// as many groups stay in the second-level cache.
constexpr int64_t kGroupsPerItem = 64;
/// Rows a piece of work where only the rows matter.
constexpr int64_t kRowsPerItem = 512;

/// Runs work(item) for every item on up to `threads` threads.
void forEachItem(int64_t items, unsigned threads,
                 const std::function<void(int64_t)> &work) {
  std::atomic<int64_t> next{0};
  auto loop = [&] {
    for (int64_t item = next++; item < items; item = next++)
      work(item);
  };
  std::vector<std::thread> others;
  int64_t wanted = std::min<int64_t>(std::max(1u, threads), items);
  for (int64_t t = 1; t < wanted; ++t)
    others.emplace_back(loop);
  loop();
  for (std::thread &thread : others)
    thread.join();
}

/// Features sorted by group: those of g are order[start[g]] to order[start[g +
/// 1]].
struct Members {
  std::vector<int32_t> order;
  std::vector<int64_t> start;

  explicit Members(const FeatureGroups &map)
      : order(map.of.size()), start(map.groups + 1) {
    for (int32_t g : map.of)
      ++start[g + 1];
    std::partial_sum(start.begin(), start.end(), start.begin());
    std::vector<int64_t> next(start.begin(), start.end() - 1);
    for (size_t f = 0; f < map.of.size(); ++f)
      order[next[map.of[f]]++] = static_cast<int32_t>(f);
  }
  int64_t size(int64_t g) const { return start[g + 1] - start[g]; }
};

/// One scan: rows are visited in the order of their output groups, 64 at a
/// time. A piece of work owns whole output groups, and so whole stretches of
/// the rows of both results: no partial sums, no order of addition.
template <typename T> class Scan {
public:
  Scan(const MaskSource &mask, const FeatureGroups *input,
       const FeatureGroups *output, BothCounts<T> &counts)
      : mask(mask), columns(mask.columns()), words(mask.wordsPerRow()),
        counts(counts) {
    if (input) {
      inputMembers.emplace_back(*input);
      inputPlanes = planesFor(input->largest());
      counts.forward = {mask.rows(), input->groups,
                        std::vector<T>(mask.rows() * input->groups)};
    }
    if (output) {
      outputMembers.emplace_back(*output);
      outputPlanes = planesFor(output->largest());
      counts.transposed = {columns, output->groups,
                           std::vector<T>(columns * output->groups)};
    }
  }

  void run(unsigned threads) {
    bool byGroup = !outputMembers.empty();
    int64_t total = byGroup ? counts.transposed.groups : mask.rows();
    int64_t step = byGroup ? kGroupsPerItem : kRowsPerItem;
    std::atomic<int64_t> nonzeros{0};
    forEachItem((total + step - 1) / step, threads, [&](int64_t item) {
      Item work(*this, item * step, std::min(total, (item + 1) * step));
      nonzeros += byGroup ? work.groups() : work.rows();
    });
    counts.nonzeros = nonzeros;
  }

private:
  /// The scratch memory of one piece of work.
  struct Item {
    Item(Scan &scan, int64_t first, int64_t last)
        : scan(scan), first(first), last(last), bits(kWordBits * scan.words),
          byColumn(scan.inputMembers.empty() ? 0 : kWordBits * scan.words) {}

    /// Rows [first, last) as they come; no transposed counts.
    int64_t rows() {
      std::vector<int32_t> order(last - first);
      std::iota(order.begin(), order.end(), static_cast<int32_t>(first));
      visit(order.data(), last - first, [](int64_t, uint64_t *) {});
      return nonzeros;
    }

    /// The rows of output groups [first, last).
    int64_t groups() {
      const Members &members = scan.outputMembers.front();
      int64_t groupStride = scan.outputPlanes * scan.words;
      std::vector<uint64_t> planes((last - first) * groupStride);
      int64_t group = first, begin = members.start[first];
      visit(&members.order[0] + begin, members.start[last] - begin,
            [&](int64_t i, uint64_t *row) {
              while (begin + i >= members.start[group + 1])
                ++group;
              addRow(row, scan.words, begin + i - members.start[group],
                     scan.words, &planes[(group - first) * groupStride]);
            });
      CountsOf<T> &out = scan.counts.transposed;
      for (int64_t w = 0; w < scan.words && scan.outputPlanes; ++w) {
        T *targets[kWordBits];
        int64_t count = std::min(kWordBits, scan.columns - w * kWordBits);
        for (int64_t i = 0; i < count; ++i)
          targets[i] = &out.n[(w * kWordBits + i) * out.groups + first];
        scatter<T>({&planes[w], groupStride, scan.words, scan.outputPlanes,
                    last - first},
                   count, targets);
      }
      return nonzeros;
    }

    /// Reads `count` rows 64 at a time, counts them forward, then hands each to
    /// `add`, which may overwrite it.
    template <typename Add>
    void visit(const int32_t *order, int64_t count, Add add) {
      for (int64_t start = 0; start < count; start += kWordBits) {
        int64_t rows = std::min(kWordBits, count - start);
        for (int64_t i = 0; i < rows; ++i)
          scan.mask.row(order[start + i], &bits[i * scan.words]);
        for (int64_t k = 0; k < rows * scan.words; ++k)
          nonzeros += __builtin_popcountll(bits[k]);
        if (!scan.inputMembers.empty())
          forward(order + start, rows);
        for (int64_t i = 0; i < rows; ++i)
          add(start + i, &bits[i * scan.words]);
      }
    }

    void forward(const int32_t *order, int64_t rows) {
      for (int64_t w = 0; w < scan.words; ++w) {
        uint64_t *square = &byColumn[w * kWordBits];
        for (int64_t i = 0; i < kWordBits; ++i)
          square[i] = i < rows ? bits[i * scan.words + w] : 0;
        transpose64(square);
      }
      const Members &members = scan.inputMembers.front();
      CountsOf<T> &out = scan.counts.forward;
      int p = scan.inputPlanes;
      if (!p)
        return;
      sums.resize(out.groups * p);
      for (int64_t g = 0; g < out.groups; ++g)
        sumWords(byColumn.data(), members.order.data() + members.start[g],
                 members.size(g), p, &sums[g * p]);
      T *targets[kWordBits];
      for (int64_t i = 0; i < rows; ++i)
        targets[i] = &out.n[int64_t(order[i]) * out.groups];
      scatter<T>({sums.data(), p, 1, p, out.groups}, rows, targets);
    }

    Scan &scan;
    int64_t first, last;
    int64_t nonzeros = 0;
    std::vector<uint64_t> bits; ///< 64 rows of words
    std::vector<uint64_t>
        byColumn;               ///< the same, a word of 64 rows for each column
    std::vector<uint64_t> sums; ///< planes of the input groups
  };

  const MaskSource &mask;
  int64_t columns, words;
  BothCounts<T> &counts;
  std::vector<Members> inputMembers, outputMembers; ///< none or one
  int inputPlanes = 0, outputPlanes = 0;
};

std::vector<Error> checkGroups(const char *side, const FeatureGroups *map,
                               int64_t features, int64_t limit) {
  if (!map)
    return {};
  std::string where = std::string("groups of the ") + side + " features";
  if (static_cast<int64_t>(map->of.size()) != features)
    return {{where, "expected " + std::to_string(features) + " features, got " +
                        std::to_string(map->of.size())}};
  for (size_t f = 0; f < map->of.size(); ++f)
    if (map->of[f] < 0 || map->of[f] >= map->groups)
      return {{where, "expected a group in [0, " + std::to_string(map->groups) +
                          ") for feature " + std::to_string(f) + ", got " +
                          std::to_string(map->of[f])}};
  if (map->largest() > limit)
    return {{where, "expected at most " + std::to_string(limit) +
                        " features in a group, got " +
                        std::to_string(map->largest())}};
  return {};
}

} // namespace

int64_t FeatureGroups::largest() const {
  std::vector<int64_t> sizes(groups);
  int64_t most = 0;
  for (int32_t g : of)
    most = std::max(most, ++sizes[g]);
  return most;
}

template <typename T>
Result<BothCounts<T>>
waferflow::countGroups(const MaskSource &mask, const FeatureGroups *input,
                       const FeatureGroups *output, unsigned threads) {
  constexpr int64_t limit = std::numeric_limits<T>::max();
  for (auto &errors : {checkGroups("input", input, mask.columns(), limit),
                       checkGroups("output", output, mask.rows(), limit)})
    if (!errors.empty())
      return errors;
  BothCounts<T> counts;
  Scan<T>(mask, input, output, counts).run(threads);
  return counts;
}

template Result<BothCounts<uint8_t>>
waferflow::countGroups<uint8_t>(const MaskSource &, const FeatureGroups *,
                                const FeatureGroups *, unsigned);
template Result<BothCounts<uint16_t>>
waferflow::countGroups<uint16_t>(const MaskSource &, const FeatureGroups *,
                                 const FeatureGroups *, unsigned);

int64_t waferflow::countNonzeros(const MaskSource &mask, unsigned threads) {
  std::atomic<int64_t> total{0};
  int64_t items = (mask.rows() + kRowsPerItem - 1) / kRowsPerItem;
  forEachItem(items, threads, [&](int64_t item) {
    std::vector<uint64_t> words(mask.wordsPerRow());
    int64_t nonzeros = 0;
    int64_t last = std::min(mask.rows(), (item + 1) * kRowsPerItem);
    for (int64_t r = item * kRowsPerItem; r < last; ++r) {
      mask.row(r, words.data());
      for (uint64_t word : words)
        nonzeros += __builtin_popcountll(word);
    }
    total += nonzeros;
  });
  return total;
}

/// Features in groups of at most `size` neighbours.
static FeatureGroups neighbours(int64_t features, int64_t size) {
  FeatureGroups groups;
  groups.of.resize(features);
  for (int64_t i = 0; i < features; ++i)
    groups.of[i] = static_cast<int32_t>(i / size);
  groups.groups = (features + size - 1) / size;
  return groups;
}

NonzeroSums waferflow::countSides(const MaskSource &mask, unsigned threads) {
  // Groups that 16 bits can count; of rows no more than a piece of work.
  FeatureGroups columns = neighbours(mask.columns(), 1 << 15);
  FeatureGroups rows = neighbours(mask.rows(), kRowsPerItem);
  BothCounts<uint16_t> counts;
  Scan<uint16_t>(mask, &columns, &rows, counts).run(threads);
  auto sum = [](const CountsOf<uint16_t> &counts) {
    std::vector<int32_t> sums(counts.rows);
    for (int64_t r = 0; r < counts.rows; ++r)
      for (int64_t g = 0; g < counts.groups; ++g)
        sums[r] += counts.row(r)[g];
    return sums;
  };
  return {sum(counts.transposed), sum(counts.forward)};
}
