//===- AttachWeights.cpp - Names for an imported graph --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Passes.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cmath>

using namespace mlir;

namespace waferflow {
#define GEN_PASS_DEF_ATTACHWEIGHTS
#include "compiler/Passes.h.inc"

namespace {
/// One line of the names file: kind, name in the graph, qualified name.
struct Entry {
  std::string kind, graphName, name;
};

struct AttachWeights : impl::AttachWeightsBase<AttachWeights> {
  using AttachWeightsBase::AttachWeightsBase;

  FailureOr<SmallVector<Entry>> read(const llvm::json::Object &file,
                                     StringRef key, size_t count);
  LogicalResult replaceBuffer(func::FuncOp entry, unsigned arg, StringRef name);
  LogicalResult attach(func::FuncOp entry);

  void runOnOperation() override {
    FailureOr<func::FuncOp> entry = entryFunction(getOperation());
    if (failed(entry) || failed(attach(*entry)))
      signalPassFailure();
  }
};
} // namespace

/// Projections inside a decoder layer are pruned, nothing else.
static bool isPruned(StringRef name, Type type) {
  return name.contains(".layers.") &&
         cast<RankedTensorType>(type).getRank() == 2;
}

FailureOr<SmallVector<Entry>>
AttachWeights::read(const llvm::json::Object &file, StringRef key,
                    size_t count) {
  const llvm::json::Array *list = file.getArray(key);
  if (!list || list->size() != count)
    return getOperation().emitError()
           << "expected '" << key << "' of " << names << " to list " << count
           << " names, got " << (list ? list->size() : 0);
  SmallVector<Entry> entries;
  for (const llvm::json::Value &value : *list) {
    const llvm::json::Array *item = value.getAsArray();
    if (!item || item->size() != 3 || !(*item)[0].getAsString())
      return getOperation().emitError()
             << "expected [kind, graph name, name] in '" << key << "' of "
             << names;
    entries.push_back({(*item)[0].getAsString()->str(),
                       (*item)[1].getAsString().value_or("").str(),
                       (*item)[2].getAsString().value_or("").str()});
  }
  return entries;
}

/// Rotary frequencies theta^(-2 i / d), as the reference computes them in f32.
LogicalResult AttachWeights::replaceBuffer(func::FuncOp entry, unsigned arg,
                                           StringRef name) {
  BlockArgument buffer = entry.getArgument(arg);
  if (buffer.use_empty())
    return success();
  auto type = dyn_cast<RankedTensorType>(buffer.getType());
  if (!name.ends_with("inv_freq") || !type || type.getRank() != 1 ||
      !type.getElementType().isF32())
    return entry.emitError() << "expected a buffer of rotary frequencies "
                                "(inv_freq), got '"
                             << name << "' of " << buffer.getType();
  SmallVector<float> values;
  for (int64_t i = 0, n = type.getNumElements(); i < n; ++i)
    values.push_back(
        1.0f / std::pow(static_cast<float>(theta), static_cast<float>(i) / n));
  OpBuilder builder = OpBuilder::atBlockBegin(&entry.getBody().front());
  Value constant = arith::ConstantOp::create(
      builder, entry.getLoc(),
      DenseElementsAttr::get(type, ArrayRef<float>(values)));
  buffer.replaceAllUsesWith(constant);
  return success();
}

LogicalResult AttachWeights::attach(func::FuncOp entry) {
  auto buffer = llvm::MemoryBuffer::getFile(names);
  if (!buffer)
    return entry.emitError() << "cannot read names '" << names
                             << "': " << buffer.getError().message();
  auto parsed = llvm::json::parse((*buffer)->getBuffer());
  const llvm::json::Object *file = parsed ? parsed->getAsObject() : nullptr;
  if (!file)
    return entry.emitError()
           << "expected a JSON object in " << names << ", got "
           << (parsed ? "something else" : llvm::toString(parsed.takeError()));
  auto ins = read(*file, "ins", entry.getNumArguments());
  auto outs = read(*file, "outs", entry.getNumResults());
  if (failed(ins) || failed(outs))
    return failure();

  MLIRContext *context = &getContext();
  llvm::StringMap<bool> pruned;
  llvm::BitVector buffers(entry.getNumArguments());
  for (auto [i, in] : llvm::enumerate(*ins)) {
    if (in.kind == "PARAMETER") {
      pruned[in.name] = isPruned(in.name, entry.getArgument(i).getType());
      entry.setArgAttr(
          i, "flow.weight",
          flow::WeightAttr::get(context, in.name, pruned[in.name], {}, {}, {}));
    } else if (in.kind == "BUFFER") {
      if (failed(replaceBuffer(entry, i, in.name)))
        return failure();
      buffers.set(i);
    } else if (in.kind != "USER_INPUT") {
      return entry.emitError() << "expected PARAMETER, BUFFER or USER_INPUT in "
                               << names << ", got '" << in.kind << "'";
    }
  }
  for (auto [i, out] : llvm::enumerate(*outs))
    if (out.kind == "GRADIENT_TO_PARAMETER")
      entry.setResultAttr(
          i, "flow.gradient",
          flow::GradientAttr::get(context, out.name,
                                  pruned.lookup(out.name) ? "mask" : "dense"));
  dropAssertions(entry);
  return entry.eraseArguments(buffers);
}
} // namespace waferflow
