//===- Search.cpp - Exhaustive search over small sets ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/mapping/OrderLoads.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <tuple>

namespace waferflow {

namespace {

constexpr std::array<int64_t, 8> kOutputGroups = {1, 2, 3, 4, 6, 8, 12, 16};
constexpr std::array<int64_t, 7> kBuffers = {2, 4, 8, 16, 32, 64, 128};
/// More partial sums let columns wait less for each other, but handing them
/// over by number costs each row more slots of scalar code than that saves
/// (lower-to-fabric/README.md).
constexpr int64_t kSpmmBuffers = 2;
constexpr std::array<int64_t, 5> kKeyBlocks = {8, 16, 32, 64, 128};
constexpr std::array<int64_t, 8> kHeadChunks = {1, 2, 4, 8, 16, 32, 64, 128};
constexpr int64_t kMostTokenGroups = 32;

/// A choice for all kernels of one shape.
struct Candidate {
  KernelChoice choice;
  size_t rank = 0; ///< order of consideration
};

/// Kernels that are chosen for together, since they may share an all-gather,
/// and their choice under one combination of orders.
struct Run {
  size_t first = 0, end = 0;
  std::vector<int32_t> classes; ///< whose orders matter
  size_t like = 0; ///< the first run of equal kernels with equal room
};
struct RunChoice {
  std::vector<KernelChoice> choices;
  double cycles = 0;
};

/// Searches one token layout. Kernels of equal shape share their candidates,
/// the cheapest first; each takes the first that fits beside what is live.
class LayoutSearch {
public:
  LayoutSearch(const MappingProblem &problem, const TokenLayout &tokens,
               int64_t headChunks)
      : problem(problem), laid(layOut(problem, tokens, headChunks)) {}

  /// The kernel that overflows most, or none; fills `solution` where none does.
  std::optional<Error> run(MappingSolution &solution) {
    solution.tokens = laid.tokens;
    solution.headChunks = laid.headChunks;
    if (auto bad = checkFixedGo())
      return bad;
    for (size_t i = 0; i < problem.kernels.size(); ++i) {
      int64_t over = leastBytes(i) - problem.machine.sramBytes;
      if (over > worstOver) {
        worstOver = over;
        worstKernel = i;
      }
    }
    if (worstOver > 0)
      return overflow();
    findRuns();
    for (int32_t cls = 0; cls < static_cast<int32_t>(laid.orders.size()); ++cls)
      laid.orders[cls] = orderCandidates(problem, cls).front();
    std::vector<OrderKind> first = laid.orders;
    firstCycles = allCycles();
    solution.orders = first;
    double best = firstCycles;
    chooseOrders(0, best, solution.orders);
    laid.orders = solution.orders;
    fill(solution);
    return std::nullopt;
  }

  /// Why the orders are as they are.
  std::string orderReason(const MappingSolution &solution) {
    std::string text;
    for (size_t cls = 0; cls < problem.classes.size(); ++cls) {
      auto index = static_cast<int32_t>(cls);
      OrderKind chosen = solution.orders[cls];
      auto even = laid.loads->imbalance(problem, index, chosen);
      if (!even)
        continue;
      text += (text.empty() ? "" : "; ") + problem.classes[cls].name + " " +
              orderKindName(chosen) + " (" + decimal(*even);
      const char *before = " against ";
      for (OrderKind kind : kOrderKinds)
        if (auto other = laid.loads->imbalance(problem, index, kind);
            other && kind != chosen) {
          text += before + decimal(*other) + " " + orderKindName(kind);
          before = ", ";
        }
      text += ")";
    }
    if (problem.fixedOrder)
      return std::string("features are ") + orderKindName(*problem.fixedOrder) +
             " on the columns, as asked for" +
             (text.empty() ? "" : "; fullest over mean column: " + text);
    if (text.empty())
      return "features are blocked on the columns: no mask was counted, so "
             "columns are as even in any order";
    return "orders of features, fullest over mean column: " + text +
           "; estimated cycles " +
           std::to_string(static_cast<int64_t>(solution.cycles)) +
           ", all blocked " + std::to_string(static_cast<int64_t>(firstCycles));
  }

  int64_t worstOver = std::numeric_limits<int64_t>::min();

private:
  static std::string decimal(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.3f", value);
    return text;
  }

  void findRuns() {
    // What a choice takes depends on what is live, and on whether an input is
    // there beside its replica.
    using Room = std::tuple<ShapeKey, int64_t, bool>;
    std::map<std::vector<Room>, size_t> known;
    for (size_t i = 0; i < problem.kernels.size();) {
      Run run{i, i + 1, {}, runs.size()};
      while (run.end < problem.kernels.size() &&
             readsSame(run.end - 1, run.end))
        ++run.end;
      std::vector<Room> shapes;
      for (; i < run.end; ++i) {
        const KernelShape &shape = problem.kernels[i];
        shapes.emplace_back(keyOf(shape), leastBytes(i),
                            problem.live[i].inputDies);
        if (isCounted(shape))
          for (int32_t cls : {shape.inClass, shape.outClass})
            if (std::find(run.classes.begin(), run.classes.end(), cls) ==
                run.classes.end())
              run.classes.push_back(cls);
      }
      // Element-wise work and exchanges are no part of a shape's key.
      if (isSearched(problem.kernels[run.first]))
        run.like =
            known.try_emplace(std::move(shapes), runs.size()).first->second;
      runs.push_back(std::move(run));
    }
  }

  /// The choice for a run under the orders of `laid`.
  const RunChoice &choiceOf(size_t index) {
    const Run &run = runs[runs[index].like];
    std::vector<int32_t> key = {static_cast<int32_t>(runs[index].like)};
    for (int32_t cls : run.classes)
      key.push_back(static_cast<int32_t>(laid.orders[cls]));
    auto [it, isNew] = chosen.try_emplace(std::move(key));
    if (isNew)
      it->second = chooseRun(run);
    return it->second;
  }

  double allCycles() {
    double cycles = 0;
    for (size_t r = 0; r < runs.size(); ++r)
      cycles += choiceOf(r).cycles;
    return cycles;
  }

  /// Every combination of the classes' orders, `cls` and those after it still
  /// open; of equally cheap ones the first.
  void chooseOrders(int32_t cls, double &best, std::vector<OrderKind> &orders) {
    if (cls == static_cast<int32_t>(problem.classes.size())) {
      double cycles = allCycles();
      if (cycles < best) {
        best = cycles;
        orders = laid.orders;
      }
      return;
    }
    for (OrderKind kind : orderCandidates(problem, cls)) {
      laid.orders[cls] = kind;
      chooseOrders(cls + 1, best, orders);
    }
  }

  void fill(MappingSolution &solution) {
    for (size_t r = 0; r < runs.size(); ++r) {
      const RunChoice &choice = choiceOf(r);
      solution.choices.insert(solution.choices.end(), choice.choices.begin(),
                              choice.choices.end());
    }
    int64_t fullest = -1;
    size_t fullestKernel = 0;
    for (size_t i = 0; i < problem.kernels.size(); ++i) {
      const KernelChoice &choice = solution.choices[i];
      solution.cycles += choice.cycles;
      int64_t bytes = kernelBytes(problem, laid, i, choice);
      if (bytes > fullest) {
        fullest = bytes;
        fullestKernel = i;
      }
    }
    if (!solution.choices.empty())
      solution.sram = planKernel(problem, laid, fullestKernel,
                                 solution.choices[fullestKernel]);
  }

  KernelChoice smallest(size_t i) const {
    KernelChoice choice;
    choice.buffers = kBuffers.front();
    if (problem.kernels[i].kind == "attention")
      choice.keyBlock = std::min(kKeyBlocks.front(), problem.seq);
    choice.outputGroups = problem.fixedGo && problem.kernels[i].kind == "spmm"
                              ? *problem.fixedGo
                              : 1;
    return choice;
  }

  int64_t leastBytes(size_t i) const {
    return kernelBytes(problem, laid, i, smallest(i));
  }

  /// The cheapest choice of kernel `i` for every output group count and form
  /// that fits beside what is live (one choice for kernels that are no spmm),
  /// all-gathers not counted.
  std::vector<KernelChoice> options(size_t i) {
    const KernelShape &shape = problem.kernels[i];
    KernelChoice alone = smallest(i);
    if (!isSearched(shape)) {
      alone.cycles = estimateKernel(problem, laid, i, alone);
      return {alone};
    }
    auto order = [&](int32_t cls) {
      return isCounted(shape) ? laid.orders[cls] : OrderKind::Blocked;
    };
    auto [it, isNew] = candidates.try_emplace(
        {keyOf(shape), order(shape.inClass), order(shape.outClass)});
    if (isNew)
      it->second = candidatesOf(i);
    std::vector<KernelChoice> found;
    for (const Candidate &candidate : it->second) {
      const KernelChoice &choice = candidate.choice;
      bool known = std::any_of(
          found.begin(), found.end(), [&](const KernelChoice &other) {
            return other.outputGroups == choice.outputGroups &&
                   other.form == choice.form;
          });
      if (!known &&
          kernelBytes(problem, laid, i, choice) <= problem.machine.sramBytes)
        found.push_back(choice);
    }
    return found; // the smallest choice is a candidate and is known to fit
  }

  static bool isSearched(const KernelShape &shape) {
    return shape.kind == "spmm" || shape.kind == "sddmm" ||
           shape.kind == "attention";
  }

  /// Chooses for a kernel and the spmms right behind it that read the same
  /// input, since those in equal groups share one all-gather: the shortest path
  /// through their options.
  RunChoice chooseRun(const Run &run) {
    struct Step {
      KernelChoice choice;
      double cycles; ///< of the run so far
      size_t before; ///< of the step before
    };
    std::vector<std::vector<Step>> steps;
    for (size_t i = run.first; i < run.end; ++i) {
      std::vector<Step> now;
      for (KernelChoice choice : options(i)) {
        double gather = estimateGather(problem, laid, i, choice);
        Step best{choice, std::numeric_limits<double>::infinity(), 0};
        for (size_t b = 0; b < (steps.empty() ? 1 : steps.back().size()); ++b) {
          bool shares =
              !steps.empty() &&
              sharesGather(problem, i, steps.back()[b].choice, choice);
          double own = choice.cycles + (shares ? 0 : gather);
          double all = own + (steps.empty() ? 0 : steps.back()[b].cycles);
          if (all < best.cycles) {
            best = {choice, all, b};
            best.choice.cycles = own;
          }
        }
        now.push_back(best);
      }
      steps.push_back(std::move(now));
    }
    auto cheaper = [](const Step &a, const Step &b) {
      return a.cycles < b.cycles;
    };
    const auto &last = steps.back();
    size_t at =
        std::min_element(last.begin(), last.end(), cheaper) - last.begin();
    RunChoice result;
    result.cycles = last[at].cycles;
    result.choices.resize(steps.size());
    for (size_t i = steps.size(); i-- > 0;) {
      result.choices[i] = steps[i][at].choice;
      at = steps[i][at].before;
    }
    return result;
  }

  bool readsSame(size_t a, size_t b) const {
    const KernelShape &first = problem.kernels[a];
    const KernelShape &second = problem.kernels[b];
    return first.kind == "spmm" && second.kind == "spmm" &&
           first.input == second.input && first.input >= 0;
  }

  std::vector<Candidate> candidatesOf(size_t i) const {
    const KernelShape &shape = problem.kernels[i];
    std::vector<Candidate> found;
    auto consider = [&](KernelChoice choice) {
      choice.cycles = estimateKernel(problem, laid, i, choice);
      found.push_back({choice});
    };
    if (shape.kind == "spmm") {
      if (problem.fixedGo)
        considerForms(*problem.fixedGo, consider);
      else
        for (int64_t go : kOutputGroups)
          if (go <= laid.columns[shape.inClass])
            considerForms(go, consider);
    } else if (shape.kind == "sddmm") {
      for (auto side : {Sddmm::Broadcast::Output, Sddmm::Broadcast::Input})
        for (int64_t buffers : kBuffers) {
          KernelChoice choice;
          choice.broadcast = side;
          choice.buffers = buffers;
          consider(choice);
        }
    } else if (shape.kind == "attention") {
      for (int64_t keys : kKeyBlocks) {
        KernelChoice choice = smallest(i);
        choice.keyBlock = std::min(keys, problem.seq);
        consider(choice);
      }
    }
    // Of equally cheap candidates the first considered wins.
    for (size_t c = 0; c < found.size(); ++c)
      found[c].rank = c;
    std::sort(found.begin(), found.end(),
              [](const Candidate &a, const Candidate &b) {
                return std::tie(a.choice.cycles, a.rank) <
                       std::tie(b.choice.cycles, b.rank);
              });
    return found;
  }

  template <typename F> void considerForms(int64_t go, F consider) const {
    for (GroupForm form : {GroupForm::Contiguous, GroupForm::Interleaved}) {
      if (form == GroupForm::Interleaved &&
          (go == 1 || checkColors(problem.machine, laid, go, form)))
        continue;
      KernelChoice choice;
      choice.outputGroups = go;
      choice.form = form;
      choice.buffers = kSpmmBuffers;
      consider(choice);
    }
  }

  /// Every spmm has a column a group at least.
  std::optional<Error> checkFixedGo() {
    if (!problem.fixedGo)
      return std::nullopt;
    for (const KernelShape &shape : problem.kernels)
      if (shape.kind == "spmm" &&
          *problem.fixedGo > laid.columns[shape.inClass]) {
        worstOver = std::numeric_limits<int64_t>::max() - 1;
        return Error{
            "mapping.go",
            "expected at most " + std::to_string(laid.columns[shape.inClass]) +
                " output groups (columns that hold the input of "
                "kernel " +
                shape.name + " in " + std::to_string(laid.tokens.groups) +
                " token groups), got " + std::to_string(*problem.fixedGo)};
      }
    return std::nullopt;
  }

  Error overflow() const {
    SramPlan plan =
        planKernel(problem, laid, worstKernel, smallest(worstKernel));
    return {"kernel " + problem.kernels[worstKernel].name,
            "expected at most " + std::to_string(problem.machine.sramBytes) +
                " bytes of SRAM a core, got " +
                std::to_string(planBytes(plan)) + ", over by " +
                std::to_string(worstOver) + " (" + listItems(plan) + ") with " +
                std::to_string(laid.tokens.tokensPerCore) +
                " tokens a core in " + std::to_string(laid.tokens.groups) +
                " token groups"};
  }

  const MappingProblem &problem;
  LaidOut laid;
  size_t worstKernel = 0;
  std::map<std::tuple<ShapeKey, OrderKind, OrderKind>, std::vector<Candidate>>
      candidates;
  std::vector<Run> runs;
  std::map<std::vector<int32_t>, RunChoice> chosen;
  double firstCycles = 0; ///< with the first candidate of every order
};

/// A token group holds at least one sequence and one column.
std::optional<Error> checkGroups(const MappingProblem &problem, int64_t gt) {
  int64_t most = std::min(problem.machine.width, problem.tokens / problem.seq);
  if (gt <= most)
    return std::nullopt;
  return Error{"mapping.gt", "expected at most " + std::to_string(most) +
                                 " token groups (one a sequence and a column), "
                                 "got " +
                                 std::to_string(gt)};
}

} // namespace

std::variant<MappingSolution, MappingFailure>
searchExhaustive(const MappingProblem &problem) {
  if (auto bad = problem.check())
    return MappingFailure{*bad, 0};
  std::optional<MappingSolution> best;
  MappingFailure failure{{}, std::numeric_limits<int64_t>::max()};
  bool anyChunked =
      std::any_of(problem.classes.begin(), problem.classes.end(),
                  [](const FeatureClass &c) { return c.chunked; });
  std::vector<int64_t> pieces(kHeadChunks.begin(), kHeadChunks.end());
  if (problem.fixedChunks)
    pieces = {*problem.fixedChunks};
  std::string compared, why;
  int64_t first = problem.fixedGt.value_or(1);
  int64_t last = problem.fixedGt.value_or(kMostTokenGroups);
  for (int64_t gt = first; gt <= last; ++gt) {
    if (auto bad = checkGroups(problem, gt)) {
      if (problem.fixedGt)
        return MappingFailure{*bad, 0};
      break;
    }
    TokenLayout tokens =
        layTokens(problem.tokens, problem.seq, gt, problem.machine.width,
                  problem.machine.height);
    for (int64_t chunks : pieces) {
      LayoutSearch search(problem, tokens, chunks);
      MappingSolution solution;
      if (auto over = search.run(solution)) {
        if (search.worstOver < failure.overBytes)
          failure = {*over, search.worstOver};
        if (!anyChunked)
          break;
        continue;
      }
      compared += (compared.empty() ? "" : ", ") + std::to_string(gt) + ": " +
                  std::to_string(static_cast<int64_t>(solution.cycles));
      if (!best || solution.cycles < best->cycles) {
        why = search.orderReason(solution);
        best = std::move(solution);
      }
      break;
    }
  }
  if (!best)
    return failure;
  best->reasons.push_back("estimated cycles by token groups that fit: " +
                          compared);
  best->reasons.push_back(why);
  return std::move(*best);
}

} // namespace waferflow
