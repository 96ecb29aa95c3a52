//===- ElementWork.cpp - What element-wise kernels issue ------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/elements/ElementWork.h"

#include "compiler/elements/ElementBody.h"
#include "compiler/elements/SlotCompiler.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;

namespace waferflow::fabric {

namespace {

using Kind = Element::Kind;
using Op = SlotInstruction::Op;
using How = ScalarShape::How;

/// Features whose code is looked at.
constexpr int64_t kSample = 64;
/// Scalar code: a loop's bound, branch, step and jump; before and behind it the
/// first value and the last look. A branch about a number: compare, branch,
/// jump.
constexpr int64_t kLoopSlots = 4, kLoopEndSlots = 4, kBranchSlots = 3;

ScalarOp opOf(Function function) {
  switch (function) {
  case Function::Add:
  case Function::Sub:
    return ScalarOp::Add;
  case Function::Mul:
    return ScalarOp::Mul;
  case Function::Max:
  case Function::Min:
    return ScalarOp::Max;
  case Function::Exp:
    return ScalarOp::Exp;
  case Function::Log:
    return ScalarOp::Log;
  case Function::Rsqrt:
    return ScalarOp::Rsqrt;
  case Function::Reciprocal:
    return ScalarOp::Reciprocal;
  case Function::Select:
    return ScalarOp::Select;
  case Function::ToReal:
    return ScalarOp::Copy;
  }
  return ScalarOp::Copy;
}

bool isFunction(ScalarOp op) {
  return op == ScalarOp::Exp || op == ScalarOp::Log || op == ScalarOp::Rsqrt ||
         op == ScalarOp::Reciprocal;
}

class Worker {
public:
  Worker(Operation *kernel, const WorkContext &step)
      : kernel(kernel), step(step), body(step.inputs, kernel, graph),
        real(Float32Type::get(kernel->getContext())) {}

  std::optional<ElementWork> run() {
    bool done = isa<flow::ReduceOp>(kernel) ? reduce() : map();
    if (!done)
      return std::nullopt;
    for (int32_t input : vectorInputs)
      work.vectors.push_back(vectorClass.at(input));
    return std::move(work);
  }

private:
  /// Slots whose values go to the same targets.
  struct Job {
    int32_t cls = -1;
    std::vector<SlotTarget> targets;
    std::map<int64_t, std::vector<int32_t>> nodes; ///< by feature
    int32_t firstTarget = 0;
    std::vector<std::vector<int32_t>> forms;
    std::vector<int64_t> count; ///< of looked-at features, by form
  };
  struct Row {
    int32_t node;
    SlotTarget target;
  };
  /// Of what an instruction is one: of all slots of a class, of each of a share
  /// of them, or of the tokens alone (-1).
  struct Scope {
    int32_t cls = -1;
    int64_t features = 1;
    How how = How::Flat;
  };

  //===------------------------------------------------------------------===//
  // Kernels
  //===------------------------------------------------------------------===//

  Type heldAs(Type type, bool hasFeatures) const {
    return heldType(getElementTypeOrSelf(type), step.storage, hasFeatures);
  }

  bool map() {
    std::vector<Job> jobs;
    std::vector<Row> rows;
    for (OpResult result : kernel->getResults()) {
      unsigned index = result.getResultNumber();
      int32_t cls = step.classOf(result);
      if (cls < 0) {
        auto node = body.result(index);
        if (failed(node))
          return false;
        rows.push_back(
            {*node,
             {SlotTarget::Kind::Store, Combine::Add,
              heldAs(result.getType(), false), /*ofFeatures=*/false}});
        continue;
      }
      auto job =
          llvm::find_if(jobs, [&](const Job &j) { return j.cls == cls; });
      if (job == jobs.end()) {
        jobs.emplace_back();
        job = std::prev(jobs.end());
        job->cls = cls;
      }
      job->targets.push_back({SlotTarget::Kind::Store, Combine::Add,
                              heldAs(result.getType(), true),
                              /*ofFeatures=*/true});
      for (int64_t feature : looked((*step.classes)[cls].features)) {
        auto node = body.result(index, feature);
        if (failed(node))
          return false;
        job->nodes[feature].push_back(*node);
      }
    }
    return write(std::move(jobs), std::move(rows));
  }

  /// In the order of the program: what is combined, then the rest.
  bool reduce() {
    struct Root {
      int32_t node;
      Type element;
    };
    std::vector<Root> roots;
    int32_t in = classOfInputs();
    for (OpResult result : kernel->getResults()) {
      if (cast<RankedTensorType>(result.getType()).getRank() == 1) {
        if (!featureGradient(result, in))
          return false;
        continue;
      }
      auto node = body.result(result.getResultNumber());
      if (failed(node))
        return false;
      roots.push_back({*node, heldAs(result.getType(), false)});
    }
    std::vector<int32_t> wanted;
    for (const Root &root : roots)
      wanted.push_back(root.node);
    std::vector<int32_t> reductions = graph.reductionsOf(wanted);
    work.reductions += static_cast<int64_t>(reductions.size());
    for (int32_t node : reductions) {
      const Element element = graph[node];
      if (element.ofFeature)
        return false;
      bool overFeatures = element.kind == Kind::OverFeatures;
      SlotTarget target{element.ofToken ? SlotTarget::Kind::OverFeatures
                                        : SlotTarget::Kind::OverTokens,
                        overFeatures ? graph.reduction(element.index).combine
                                     : element.combine,
                        typeOf(element.number), /*ofFeatures=*/false};
      std::vector<Job> jobs;
      std::vector<Row> rows;
      if (overFeatures) {
        if (in < 0)
          return false;
        jobs.emplace_back();
        jobs[0].cls = in;
        jobs[0].targets = {target};
        for (const Reduction::Term &term : graph.reduction(element.index).terms)
          jobs[0].nodes[graph.featureOf(term.node, term.feature)] = {term.node};
      } else {
        rows.push_back({element.arguments[0], target});
      }
      if (!write(std::move(jobs), std::move(rows)))
        return false;
      bound.insert(node);
    }
    std::vector<Row> rest;
    for (const Root &root : roots)
      if (!bound.count(root.node) ||
          root.element != typeOf(graph[root.node].number))
        rest.push_back({root.node,
                        {SlotTarget::Kind::Store, Combine::Add, root.element,
                         /*ofFeatures=*/false}});
    return rest.empty() || write({}, std::move(rest));
  }

  bool featureGradient(OpResult result, int32_t in) {
    if (in < 0)
      return false;
    Job job;
    job.cls = in;
    job.targets = {{SlotTarget::Kind::OverTokens, Combine::Add, real,
                    /*ofFeatures=*/true}};
    for (int64_t feature : looked((*step.classes)[in].features)) {
      auto node = body.result(result.getResultNumber(), feature);
      if (failed(node) || graph[*node].kind != Kind::OverTokens)
        return false;
      job.nodes[feature] = {graph[*node].arguments[0]};
    }
    ++work.reductions;
    return write({std::move(job)}, {});
  }

  int32_t classOfInputs() const {
    int32_t widest = -1;
    for (Value operand : kernel->getOperands())
      if (int32_t cls = step.classOf(operand);
          cls >= 0 && (widest < 0 || (*step.classes)[cls].features >
                                         (*step.classes)[widest].features))
        widest = cls;
    return widest;
  }

  std::vector<int64_t> looked(int64_t features) const {
    return step.inputs.looked(features);
  }

  //===------------------------------------------------------------------===//
  // One piece of code
  //===------------------------------------------------------------------===//

  bool write(std::vector<Job> jobs, std::vector<Row> rows) {
    nodes = ElementGraph();
    targets.clear();
    SlotContext context;
    context.nodes = &nodes;
    context.typeOf = [this](const SlotOperand &o) { return typeOf(o); };
    context.target = [this](int32_t t) { return targets[t]; };
    std::vector<int32_t> ofSlots;
    for (size_t j = 0; j < jobs.size(); ++j) {
      Job &job = jobs[j];
      job.firstTarget = static_cast<int32_t>(targets.size());
      llvm::append_range(targets, job.targets);
      for (const auto &[feature, list] : job.nodes) {
        Where where{job.cls, feature, static_cast<int64_t>(j), {}, {}};
        std::vector<int32_t> form;
        for (int32_t node : list)
          form.push_back(relative(node, where));
        auto it = llvm::find(job.forms, form);
        if (it == job.forms.end()) {
          job.forms.push_back(form);
          job.count.push_back(0);
          it = std::prev(job.forms.end());
          llvm::append_range(ofSlots, form);
        }
        ++job.count[it - job.forms.begin()];
      }
    }
    std::vector<RowRoot> roots;
    for (const Row &row : rows) {
      Where where;
      int32_t local = relative(row.node, where);
      if (nodes[local].ofFeature)
        return false;
      auto index = static_cast<int32_t>(targets.size());
      targets.push_back(row.target);
      if (!nodes[local].ofToken && row.target.kind == SlotTarget::Kind::Store) {
        scalar(local, {}, ofCore);
        add({}, ScalarOp::Copy, std::nullopt, How::Scalar, 1);
      } else {
        roots.push_back({local, index});
      }
    }
    for (const SlotTarget &target : targets)
      if (target.kind != SlotTarget::Kind::Store)
        clear(target, jobs);
    std::vector<RowRoot> before;
    for (int32_t node : context.hoist(ofSlots))
      before.push_back({node, -1});
    before.insert(before.end(), roots.begin(), roots.end());
    SlotCode code;
    SlotCompiler(context, code).rows(before);
    for (const SlotInstruction &instruction : code)
      price(instruction, {}, ofCore);
    for (const Job &job : jobs)
      slots(job, context);
    ofCore.clear();
    return true;
  }

  void clear(const SlotTarget &target, const std::vector<Job> &jobs) {
    Scope all;
    std::optional<ElementType> type = typeKey(target.element);
    if (target.kind == SlotTarget::Kind::OverFeatures)
      return add(all, ScalarOp::Copy, type, How::Flat);
    ScalarShape shape = shapeOf(all, ScalarOp::Copy, type, How::Flat);
    shape.perToken = 0;
    shape.once = 1;
    if (target.ofFeatures && !jobs.empty()) {
      shape.cls = jobs[0].cls;
      shape.once = (*step.classes)[shape.cls].features;
    }
    work.scalars.push_back(shape);
  }

  void slots(const Job &job, SlotContext &context) {
    if (job.forms.empty())
      return;
    int64_t features = (*step.classes)[job.cls].features, seen = 0;
    for (int64_t count : job.count)
      seen += count;
    // Two kinds that take turns, as the halves of a rotation lie, are one
    // period of a loop; else slots are written out.
    bool period = job.forms.size() == 1 ||
                  (job.forms.size() == 2 && job.count[0] == job.count[1]);
    for (size_t f = 0; f < job.forms.size(); ++f) {
      SlotCode code;
      // Several results take the place of inputs, mostly.
      SlotCompiler(context, code)
          .slot(job.forms[f], job.firstTarget, job.targets.size() > 1);
      bool flat = job.forms.size() == 1 && runsFlat(context, code);
      Scope scope{job.cls, (features * job.count[f] + seen - 1) / seen,
                  flat     ? How::Flat
                  : period ? How::EachSlot
                           : How::WrittenOut};
      std::set<int32_t> ofSlot;
      for (const SlotInstruction &instruction : code)
        price(instruction, scope, ofSlot);
      if (!flat && !period)
        add({job.cls, features}, ScalarOp::Copy, std::nullopt, How::Scalar,
            kBranchSlots);
      if (!flat && period && f == 0) {
        add(scope, ScalarOp::Copy, std::nullopt, How::Scalar, kLoopSlots);
        add({}, ScalarOp::Copy, std::nullopt, How::Scalar, kLoopEndSlots);
      }
    }
  }

  struct Where {
    int32_t cls = -1;
    int64_t feature = 0, job = 0;
    std::map<int32_t, int32_t> known;
    std::map<std::pair<bool, int>, int64_t> ordinals;
  };

  /// The node with places relative to the feature, as those of its slot are.
  int32_t relative(int32_t node, Where &where) {
    return *nodes.copy(graph, node, where.known,
                       [&](int32_t leaf) { return relativeLeaf(leaf, where); });
  }

  FailureOr<Element> relativeLeaf(int32_t node, Where &where) {
    Element element = graph[node];
    switch (element.kind) {
    case Kind::FeatureConstant:
    case Kind::Positions: {
      bool positions = element.kind == Kind::Positions;
      int64_t ordinal =
          where.ordinals[{positions, static_cast<int>(element.number)}]++;
      return Element::leaf(element.kind, element.number,
                           where.job * 1000 + ordinal);
    }
    case Kind::Feature:
      if (vectorInputs.insert(element.input).second)
        vectorClass[element.input] = where.cls;
      [[fallthrough]];
    case Kind::Activation:
      element.index -= where.feature;
      return element;
    case Kind::OverFeatures:
    case Kind::OverTokens:
      return Element::leaf(element.ofToken ? Kind::RowScalar : Kind::Scalar,
                           element.number, node);
    default:
      return element;
    }
  }

  //===------------------------------------------------------------------===//
  // Types
  //===------------------------------------------------------------------===//

  Type typeOf(Number number) const {
    return computedType(number, kernel->getContext());
  }
  Type typeOf(const Element &leaf) const {
    if (leaf.number == Number::Truth)
      return IntegerType::get(kernel->getContext(), 16);
    bool stored = leaf.kind == Kind::Activation ||
                  leaf.kind == Kind::Positions || leaf.kind == Kind::Feature;
    return stored && leaf.number == Number::Real ? step.storage
                                                 : typeOf(leaf.number);
  }
  Type typeOf(const SlotOperand &operand) const {
    switch (operand.kind) {
    case SlotOperand::Kind::Leaf:
      return typeOf(nodes[operand.index]);
    case SlotOperand::Kind::Sink:
      return targets[operand.index].element;
    default:
      return typeOf(operand.number);
    }
  }

  /// The column of the instruction table; none: the storage type.
  static std::optional<ElementType> typeKey(Type type) {
    if (type.getIntOrFloatBitWidth() == 32)
      return ElementType::F32;
    return std::nullopt;
  }

  //===------------------------------------------------------------------===//
  // Prices
  //===------------------------------------------------------------------===//

  ScalarShape shapeOf(const Scope &scope, ScalarOp op,
                      std::optional<ElementType> type, How how,
                      int64_t scalarSlots = 0) const {
    ScalarShape shape;
    shape.op = op;
    shape.perToken = scope.features;
    shape.cls = scope.cls;
    shape.type = type;
    shape.how = how;
    shape.scalarSlots = scalarSlots;
    return shape;
  }
  void add(const Scope &scope, ScalarOp op, std::optional<ElementType> type,
           How how, int64_t scalarSlots = 0) {
    work.scalars.push_back(shapeOf(scope, op, type, how, scalarSlots));
  }

  /// Slots of scalar code for a number of the core or the slot, once.
  void scalar(int32_t node, const Scope &scope, std::set<int32_t> &known) {
    const Element element = nodes[node];
    std::set<int32_t> &where = element.ofFeature ? known : ofCore;
    if (element.kind == Kind::Constant || !where.insert(node).second)
      return;
    Scope of = element.ofFeature ? scope : Scope();
    if (element.kind != Kind::Apply) {
      bool widened = typeOf(element).isF16() || typeOf(element).isBF16();
      return add(of, ScalarOp::Copy, std::nullopt, How::Scalar,
                 widened ? 2 : 1);
    }
    for (int32_t argument : element.arguments)
      if (argument >= 0)
        scalar(argument, scope, known);
    ScalarOp op = opOf(element.function);
    add(of, isFunction(op) ? op : ScalarOp::Copy, ElementType::F32, How::Scalar,
        1);
  }

  void price(const SlotInstruction &instruction, const Scope &scope,
             std::set<int32_t> &known) {
    Type to = typeOf(instruction.to), widest;
    bool overTokens = instruction.op == Op::Sum ||
                      instruction.op == Op::MaxOf || instruction.op == Op::Dot;
    int64_t vectors = 0;
    bool narrow = false; // a 16-bit source
    auto see = [&](Type type) {
      if (!widest ||
          type.getIntOrFloatBitWidth() > widest.getIntOrFloatBitWidth())
        widest = type;
    };
    if (!overTokens)
      see(to);
    for (const SlotOperand &operand : instruction.from) {
      if (operand.kind == SlotOperand::Kind::Literal)
        continue;
      if (operand.kind == SlotOperand::Kind::Scalar) {
        // A weight in its own type is loaded for each instruction.
        if (!to.isF32() && isa<FloatType>(to) &&
            nodes[operand.index].kind == Kind::Feature)
          add(scope, ScalarOp::Copy, std::nullopt, How::Scalar, 1);
        else
          scalar(operand.index, scope, known);
        continue;
      }
      ++vectors;
      narrow |= typeOf(operand).getIntOrFloatBitWidth() == 16;
      see(typeOf(operand));
    }
    auto issue = [&](ScalarOp op) {
      add(scope, op, typeKey(widest), scope.how);
    };
    switch (instruction.op) {
    case Op::Mov:
      return issue(ScalarOp::Copy);
    case Op::Sum:
    case Op::MaxOf:
    case Op::Dot:
      return issue(ScalarOp::Dot);
    case Op::Fmac:
      return issue(narrow && typeKey(widest) ? ScalarOp::MixedAxpy
                                             : ScalarOp::Axpy);
    case Op::Apply:
      break;
    }
    ScalarOp op = opOf(instruction.function);
    if (instruction.function == Function::ToReal)
      // A loop over tokens: load, conversion, store.
      return add(scope, ScalarOp::Copy, std::nullopt, How::EachToken,
                 kLoopSlots + 3);
    // Integers go at the width of the datapath and of the reads, as copies do;
    // so does what reads one vector in 16 bits.
    bool simple =
        op == ScalarOp::Add || op == ScalarOp::Mul || op == ScalarOp::Max;
    if (simple && isa<IntegerType>(widest)) {
      for (int64_t i = 1; i < vectors; ++i)
        add(scope, ScalarOp::Copy, typeKey(widest), How::NoStart);
      op = ScalarOp::Copy;
    } else if (simple && !typeKey(widest) && vectors == 1) {
      op = ScalarOp::Copy;
    }
    issue(op);
  }

  Operation *kernel;
  const WorkContext &step;
  ElementGraph graph;
  ElementBody body;
  Type real;
  ElementWork work;
  ElementGraph nodes; ///< of the piece of code that is being written
  std::vector<SlotTarget> targets;
  std::set<int32_t> bound;  ///< reductions that have been made
  std::set<int32_t> ofCore; ///< numbers that the core has
  std::set<int32_t> vectorInputs;
  std::map<int32_t, int32_t> vectorClass;
};

} // namespace

std::optional<ElementWork> elementWork(Operation *kernel,
                                       const WorkContext &context) {
  // What has no form is the lowering's to complain about.
  ScopedDiagnosticHandler quiet(kernel->getContext(),
                                [](Diagnostic &) { return success(); });
  WorkContext sampled = context;
  sampled.inputs.sample = kSample;
  return Worker(kernel, sampled).run();
}

} // namespace waferflow::fabric
