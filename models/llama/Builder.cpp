//===- Builder.cpp - Joins the blocks to one module -----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/Builder.h"

#include "dialects/flow/Flow.h"
#include "models/llama/Blocks.h"
#include "models/llama/Weights.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace waferflow;
using namespace waferflow::llama;

namespace {

/// Appends a struct's values, without those that the config leaves out.
template <typename Struct>
void append(Struct values, SmallVectorImpl<Value> &list) {
  for (Value *field : values.fields())
    if (*field)
      list.push_back(*field);
}

/// Reads values one after the other, as a function's arguments or results.
class Cursor {
public:
  Cursor(ValueRange values) : values(values) {}
  Value next() { return values[position++]; }
  ValueRange rest() { return values.drop_front(position); }
  template <typename Struct> Struct take() {
    Struct result;
    for (Value *field : result.fields())
      *field = next();
    return result;
  }

  BlockWeights takeBlockWeights(const LlamaConfig &config) {
    BlockWeights weights;
    for (Value *field : weights.fields())
      if (config.gatedMlp || field != &weights.mlp.gate)
        *field = next();
    return weights;
  }
  BlockKept takeBlockKept(const LlamaConfig &config) {
    BlockKept kept;
    for (Value *field : kept.fields())
      if (config.gatedMlp ||
          (field != &kept.mlp.activated && field != &kept.mlp.up))
        *field = next();
    return kept;
  }

private:
  ValueRange values;
  size_t position = 0;
};

/// Builds one module: the entry function and, on first use, the private
/// functions that it calls.
class StepBuilder {
public:
  StepBuilder(ModuleOp module, const LlamaConfig &config,
              const StepOptions &options)
      : module(module),
        dims{config, options.batch, options.seq, options.lossScale},
        options(options), weights(llamaWeights(config)), loc(module.getLoc()),
        b(module.getContext()) {}

  void build();

private:
  using Values = SmallVector<Value>;
  using Body = function_ref<Values(TensorBuilder &, Cursor)>;

  /// Calls the private function `name` at the end of the entry function; its
  /// first call builds it.
  ResultRange call(StringRef name, ValueRange arguments, Body body);

  func::FuncOp createEntry();
  void createTables();
  Value embed(Value ids);
  ResultRange callBlock(Value x, size_t layer);
  ResultRange callBlockBackward(Value gradient, Value x, size_t layer,
                                ValueRange kept);
  Values buildForward(Value ids);
  Values buildTrainStep(Value ids, Value labels);

  ValueRange layerWeights(size_t layer) const {
    size_t count = weightsPerLayer(dims.config);
    return ValueRange(arguments).slice(1 + layer * count, count);
  }
  Value embedding() const { return arguments.front(); }
  Value lastNorm() const {
    return arguments[weights.size() - (dims.config.tiedEmbeddings ? 1 : 2)];
  }
  Value head() const {
    return dims.config.tiedEmbeddings ? embedding()
                                      : arguments[weights.size() - 1];
  }

  ModuleOp module;
  Dims dims;
  StepOptions options;
  std::vector<LlamaWeight> weights;
  Location loc;
  OpBuilder b;      ///< stays at the end of the entry function
  Values arguments; ///< the weights
  Value cosine, sine, mask;
};

} // namespace

ResultRange StepBuilder::call(StringRef name, ValueRange operands, Body body) {
  auto callee = module.lookupSymbol<func::FuncOp>(name);
  if (!callee) {
    OpBuilder inner = OpBuilder::atBlockEnd(module.getBody());
    callee = func::FuncOp::create(
        inner, loc, name,
        inner.getFunctionType(operands.getTypes(), TypeRange()));
    callee.setPrivate();
    inner.setInsertionPointToStart(callee.addEntryBlock());
    TensorBuilder t(inner, loc);
    Values results = body(t, Cursor(callee.getArguments()));
    func::ReturnOp::create(inner, loc, results);
    callee.setType(inner.getFunctionType(operands.getTypes(),
                                         ValueRange(results).getTypes()));
  }
  return func::CallOp::create(b, loc, callee, operands).getResults();
}

func::FuncOp StepBuilder::createEntry() {
  SmallVector<Type> inputs, results;
  for (const LlamaWeight &weight : weights)
    inputs.push_back(RankedTensorType::get(weight.shape, b.getF32Type()));
  SmallVector<Type> gradients = inputs;
  auto words = RankedTensorType::get({dims.batch, dims.seq}, b.getI64Type());
  inputs.append(options.train ? 2 : 1, words);
  if (options.train) {
    results.push_back(RankedTensorType::get({}, b.getF32Type()));
    results.append(gradients);
  } else {
    SmallVector<int64_t> shape = {dims.batch, dims.config.vocabularySize};
    if (options.logits == LogitsAt::all)
      shape.insert(shape.begin() + 1, dims.seq);
    results.push_back(RankedTensorType::get(shape, b.getF32Type()));
  }
  b.setInsertionPointToStart(module.getBody());
  auto entry =
      func::FuncOp::create(b, loc, options.train ? "train_step" : "forward",
                           b.getFunctionType(inputs, results));
  bool atMask = options.gradients == GradientsAt::mask;
  for (auto [index, weight] : llvm::enumerate(weights)) {
    entry.setArgAttr(index, "flow.weight",
                     flow::WeightAttr::get(b.getContext(), weight.name,
                                           weight.pruned, flow::MaskAttr(),
                                           FloatAttr(), flow::SourceAttr()));
    if (options.train)
      entry.setResultAttr(
          index + 1, "flow.gradient",
          flow::GradientAttr::get(b.getContext(), weight.name,
                                  weight.pruned && atMask ? "mask" : "dense"));
  }
  b.setInsertionPointToStart(entry.addEntryBlock());
  return entry;
}

void StepBuilder::createTables() {
  ResultRange tables =
      call("rope_tables", {}, [&](TensorBuilder &t, Cursor) -> Values {
        RopeTables tables = ropeTables(t, dims);
        return {tables.cosine, tables.sine};
      });
  cosine = tables[0];
  sine = tables[1];
  mask = call("causal_mask", {}, [&](TensorBuilder &t, Cursor) -> Values {
    return {causalMask(t, dims)};
  })[0];
}

Value StepBuilder::embed(Value ids) {
  return call("embedding_forward", {ids, embedding()},
              [&](TensorBuilder &t, Cursor in) -> Values {
                Value ids = in.next();
                return {embeddingForward(t, dims, ids, in.next())};
              })[0];
}

ResultRange StepBuilder::callBlock(Value x, size_t layer) {
  Values operands = {x, cosine, sine, mask};
  llvm::append_range(operands, layerWeights(layer));
  return call("block_forward", operands,
              [&](TensorBuilder &t, Cursor in) -> Values {
                Value x = in.next();
                RopeTables tables = in.take<RopeTables>();
                Value mask = in.next();
                BlockWeights weights = in.takeBlockWeights(dims.config);
                BlockKept kept;
                Values results = {
                    blockForward(t, dims, x, weights, tables, mask, kept)};
                if (options.train)
                  append(kept, results);
                return results;
              });
}

ResultRange StepBuilder::callBlockBackward(Value gradient, Value x,
                                           size_t layer, ValueRange kept) {
  Values operands = {gradient, x, cosine, sine};
  llvm::append_range(operands, layerWeights(layer));
  llvm::append_range(operands, kept);
  return call("block_backward", operands,
              [&](TensorBuilder &t, Cursor in) -> Values {
                Value gradient = in.next(), x = in.next();
                RopeTables tables = in.take<RopeTables>();
                BlockWeights weights = in.takeBlockWeights(dims.config);
                BlockKept kept = in.takeBlockKept(dims.config);
                BlockWeights gradients;
                Values results = {blockBackward(t, dims, gradient, x, weights,
                                                tables, kept, gradients)};
                append(gradients, results);
                return results;
              });
}

SmallVector<Value> StepBuilder::buildForward(Value ids) {
  Value x = embed(ids);
  for (int64_t layer = 0; layer < dims.config.layers; ++layer)
    x = callBlock(x, layer)[0];
  return {call("head_forward", {x, lastNorm(), head()},
               [&](TensorBuilder &t, Cursor in) -> Values {
                 Value x = in.next(), norm = in.next(), head = in.next();
                 if (options.logits == LogitsAt::last)
                   return {headForwardLast(t, dims, x, norm, head)};
                 HeadKept kept;
                 Value logits = headForward(t, dims, x, norm, head, kept);
                 return {t.expand(logits, {dims.batch, dims.seq,
                                           dims.config.vocabularySize})};
               })[0]};
}

SmallVector<Value> StepBuilder::buildTrainStep(Value ids, Value labels) {
  size_t layers = dims.config.layers;
  Values inputs; // of each block
  SmallVector<ValueRange> keptOfLayer;
  Value x = embed(ids);
  for (size_t layer = 0; layer < layers; ++layer) {
    ValueRange results = callBlock(x, layer);
    inputs.push_back(x);
    keptOfLayer.push_back(results.drop_front());
    x = results.front();
  }

  ValueRange ahead =
      call("head_forward", {x, lastNorm(), head()},
           [&](TensorBuilder &t, Cursor in) -> Values {
             Value x = in.next(), norm = in.next();
             HeadKept kept;
             Values results = {headForward(t, dims, x, norm, in.next(), kept)};
             append(kept, results);
             return results;
           });
  ValueRange loss =
      call("loss_forward", {ahead.front(), labels},
           [&](TensorBuilder &t, Cursor in) -> Values {
             Value logits = in.next();
             LossKept kept;
             Values results = {lossForward(t, dims, logits, in.next(), kept)};
             append(kept, results);
             return results;
           });
  Value gradient = call("loss_backward", loss.drop_front(),
                        [&](TensorBuilder &t, Cursor in) -> Values {
                          LossKept kept = in.take<LossKept>();
                          return {lossBackward(t, dims, kept)};
                        })[0];

  Values operands = {gradient, x, lastNorm(), head()};
  llvm::append_range(operands, ahead.drop_front());
  ValueRange back = call(
      "head_backward", operands, [&](TensorBuilder &t, Cursor in) -> Values {
        Value gradient = in.next(), x = in.next(), norm = in.next();
        Value head = in.next(), normGradient, headGradient;
        HeadKept kept = in.take<HeadKept>();
        Value result = headBackward(t, dims, gradient, x, norm, head, kept,
                                    normGradient, headGradient);
        return {result, normGradient, headGradient};
      });
  gradient = back[0];
  SmallVector<ValueRange> gradientsOfLayer(layers);
  for (size_t layer = layers; layer-- > 0;) {
    ValueRange results =
        callBlockBackward(gradient, inputs[layer], layer, keptOfLayer[layer]);
    gradient = results.front();
    gradientsOfLayer[layer] = results.drop_front();
  }

  // A tied embedding has two gradients: of its rows and of the head.
  bool tied = dims.config.tiedEmbeddings;
  operands = {ids, gradient};
  if (tied)
    operands.push_back(back[2]);
  Value embeddingGradient =
      call("embedding_backward", operands,
           [&](TensorBuilder &t, Cursor in) -> Values {
             Value ids = in.next();
             Value rows = embeddingBackward(t, dims, ids, in.next());
             return {tied ? t.add(rows, in.next()) : rows};
           })[0];

  Values results = {loss.front(), embeddingGradient};
  for (ValueRange gradients : gradientsOfLayer)
    llvm::append_range(results, gradients);
  results.push_back(back[1]);
  if (!tied)
    results.push_back(back[2]);
  return results;
}

void StepBuilder::build() {
  func::FuncOp entry = createEntry();
  llvm::append_range(arguments,
                     entry.getArguments().take_front(weights.size()));
  Value ids = entry.getArgument(weights.size());
  createTables();
  Values results =
      options.train ? buildTrainStep(ids, entry.getArgument(weights.size() + 1))
                    : buildForward(ids);
  func::ReturnOp::create(b, loc, results);
}

OwningOpRef<ModuleOp> waferflow::buildTrainStep(MLIRContext &context,
                                                const LlamaConfig &config,
                                                const StepOptions &options) {
  context
      .loadDialect<arith::ArithDialect, cf::ControlFlowDialect,
                   func::FuncDialect, linalg::LinalgDialect, math::MathDialect,
                   tensor::TensorDialect, flow::FlowDialect>();
  Location loc = UnknownLoc::get(&context);
  if (options.batch < 1 || options.seq < 1) {
    emitError(loc) << "expected at least one sequence of one token, got batch "
                   << options.batch << ", sequence " << options.seq;
    return nullptr;
  }
  if (config.maxPositions > 0 && options.seq > config.maxPositions) {
    emitError(loc) << config.name << ": expected at most "
                   << config.maxPositions << " tokens a sequence, got "
                   << options.seq;
    return nullptr;
  }
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  StepBuilder(*module, config, options).build();
  return module;
}
