//===- CpuProgram.cpp - A tensor program, compiled for this CPU -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/oracle/CpuProgram.h"

#include "compiler/oracle/DenseLowering.h"
#include "compiler/oracle/JitRuntime.h"
#include "dialects/flow/Flow.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/TargetSelect.h"

#include <mutex>

using namespace mlir;
using namespace waferflow;
using llvm::Expected;

int64_t ArrayType::elements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

int64_t ArrayType::elementBytes() const {
  return llvm::StringSwitch<int64_t>(dtype)
      .Cases({"i1", "i8"}, 1)
      .Case("i16", 2)
      .Cases({"i32", "f32"}, 4)
      .Cases({"i64", "f64"}, 8)
      .Default(0);
}

std::string ArrayType::str() const {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + dtype + ">";
}

namespace {

/// Gathers diagnostics as text while it lives.
class Diagnostics {
public:
  explicit Diagnostics(MLIRContext &context)
      : handler(&context, [this](Diagnostic &diagnostic) {
          text += (text.empty() ? "" : "\n") + print(diagnostic);
          for (Diagnostic &note : diagnostic.getNotes())
            text += "\n  note: " + note.str();
        }) {}

  llvm::Error error(const llvm::Twine &what) const {
    std::string all = what.str();
    if (!text.empty())
      all += ": " + text;
    return llvm::createStringError(llvm::inconvertibleErrorCode(), all);
  }

private:
  static std::string print(Diagnostic &diagnostic) {
    std::string result;
    llvm::raw_string_ostream out(result);
    if (!isa<UnknownLoc>(diagnostic.getLocation()))
      out << diagnostic.getLocation() << ": ";
    out << diagnostic;
    return result;
  }

  std::string text;
  ScopedDiagnosticHandler handler;
};

} // namespace

struct CpuProgram::State {
  std::string entry;
  std::vector<ArrayType> inputs, outputs;
  std::unique_ptr<MLIRContext> context;
  std::unique_ptr<ExecutionEngine> engine;
  void (*call)(void **) = nullptr;
};

/// Everything that may stand in an imported module, its interfaces for
/// bufferization and its translations. Once a process: it is large.
static const DialectRegistry &registry() {
  static const DialectRegistry all = [] {
    DialectRegistry registry;
    registerAllDialects(registry);
    registerAllExtensions(registry);
    registerAllToLLVMIRTranslations(registry);
    registry.insert<flow::FlowDialect>();
    return registry;
  }();
  return all;
}

static void initializeTarget() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
}

static FailureOr<std::vector<ArrayType>> arrayTypes(func::FuncOp function,
                                                    TypeRange types) {
  std::vector<ArrayType> arrays;
  for (Type type : types) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    ArrayType array;
    if (tensor && tensor.hasStaticShape()) {
      array.shape = tensor.getShape().vec();
      llvm::raw_string_ostream(array.dtype) << tensor.getElementType();
    }
    if (array.elementBytes() == 0)
      return function.emitOpError(
                 "expected static tensors of f32, f64 or integers, got ")
             << type;
    arrays.push_back(std::move(array));
  }
  return arrays;
}

/// Code outside the module can't be linked: it would be missing at run time.
static LogicalResult checkBodies(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isExternal())
      return function.emitOpError("expected a body");
  return success();
}

static void dropFlowAttributes(ModuleOp module) {
  auto isFlow = [](NamedAttribute attribute) {
    return attribute.getNameDialect() &&
           attribute.getNameDialect()->getNamespace() == "flow";
  };
  module.walk([&](Operation *op) {
    for (NamedAttribute attribute : op->getDiscardableAttrDictionary())
      if (isFlow(attribute))
        op->removeDiscardableAttr(attribute.getName());
    auto function = dyn_cast<func::FuncOp>(op);
    if (!function)
      return;
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (DictionaryAttr attributes = function.getArgAttrDict(i))
        for (NamedAttribute attribute : attributes)
          if (isFlow(attribute))
            function.removeArgAttr(i, attribute.getName());
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      if (DictionaryAttr attributes = function.getResultAttrDict(i))
        for (NamedAttribute attribute : attributes)
          if (isFlow(attribute))
            function.removeResultAttr(i, attribute.getName());
  });
}

static Expected<std::unique_ptr<ExecutionEngine>> createEngine(ModuleOp module,
                                                               bool optimize) {
  auto target = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!target)
    return target.takeError();
  auto machine = target->createTargetMachine();
  if (!machine)
    return machine.takeError();
  auto transform = makeOptimizingTransformer(optimize ? 2 : 0, /*sizeLevel=*/0,
                                             machine->get());
  ExecutionEngineOptions options;
  options.transformer = transform;
  options.jitCodeGenOptLevel =
      optimize ? llvm::CodeGenOptLevel::Default : llvm::CodeGenOptLevel::None;
  auto engine = ExecutionEngine::create(module, options, std::move(*machine));
  if (!engine)
    return engine.takeError();
  (*engine)->registerSymbols(jitRuntimeSymbols);
  return engine;
}

Expected<std::unique_ptr<CpuProgram>> CpuProgram::compile(llvm::StringRef text,
                                                          llvm::StringRef entry,
                                                          bool optimize) {
  initializeTarget();
  auto state = std::make_unique<State>();
  state->entry = entry.str();
  state->context = std::make_unique<MLIRContext>(
      registry(), MLIRContext::Threading::DISABLED);
  Diagnostics diagnostics(*state->context);

  auto module = parseSourceString<ModuleOp>(text, state->context.get());
  if (!module)
    return diagnostics.error("expected an MLIR module");
  auto function = module->lookupSymbol<func::FuncOp>(entry);
  if (!function || !function.isPublic() || function.isExternal())
    return diagnostics.error("expected a public function @" + entry +
                             " in the module");
  auto inputs = arrayTypes(function, function.getArgumentTypes());
  auto outputs = arrayTypes(function, function.getResultTypes());
  if (failed(inputs) || failed(outputs) || failed(checkBodies(*module)))
    return diagnostics.error("@" + entry + " can't be called");
  state->inputs = std::move(*inputs);
  state->outputs = std::move(*outputs);

  dropFlowAttributes(*module);
  PassManager passes(state->context.get());
  addDenseLowering(passes);
  if (failed(passes.run(*module)))
    return diagnostics.error("@" + entry + " can't be lowered to this CPU");
  auto engine = createEngine(*module, optimize);
  if (!engine)
    return diagnostics.error("@" + entry + " can't be compiled: " +
                             llvm::toString(engine.takeError()));
  state->engine = std::move(*engine);
  auto call = state->engine->lookupPacked("_mlir_ciface_" + state->entry);
  if (!call)
    return diagnostics.error("@" + entry + " can't be compiled: " +
                             llvm::toString(call.takeError()));
  state->call = *call;
  return std::unique_ptr<CpuProgram>(new CpuProgram(std::move(state)));
}

CpuProgram::CpuProgram(std::unique_ptr<State> state)
    : state(std::move(state)) {}
CpuProgram::~CpuProgram() = default;

const std::vector<ArrayType> &CpuProgram::inputs() const {
  return state->inputs;
}
const std::vector<ArrayType> &CpuProgram::outputs() const {
  return state->outputs;
}

/// A memref descriptor of identity layout: two pointers, offset, sizes,
/// strides.
static std::vector<int64_t> descriptor(const ArrayType &type, void *data) {
  auto address = reinterpret_cast<int64_t>(data);
  std::vector<int64_t> words = {address, address, 0};
  words.insert(words.end(), type.shape.begin(), type.shape.end());
  size_t rank = type.shape.size(), strides = words.size();
  words.resize(strides + rank);
  int64_t stride = 1;
  for (size_t i = rank; i-- > 0; stride *= type.shape[i])
    words[strides + i] = stride;
  return words;
}

Expected<std::vector<Array>> CpuProgram::run(llvm::ArrayRef<ArrayView> inputs) {
  auto error = [&](const llvm::Twine &what) {
    return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                   "@" + state->entry + ": " + what);
  };
  if (inputs.size() != state->inputs.size())
    return error("expected " + llvm::Twine(state->inputs.size()) +
                 " inputs, got " + llvm::Twine(inputs.size()));
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!(inputs[i].type == state->inputs[i]))
      return error("expected input " + llvm::Twine(i) + " to be " +
                   state->inputs[i].str() + ", got " + inputs[i].type.str());

  std::vector<Array> outputs;
  for (const ArrayType &type : state->outputs)
    outputs.push_back({type, std::vector<char>(type.bytes())});
  std::vector<std::vector<int64_t>> descriptors;
  for (const ArrayView &input : inputs)
    descriptors.push_back(
        descriptor(input.type, const_cast<void *>(input.data)));
  for (Array &output : outputs)
    descriptors.push_back(descriptor(output.type, output.data.data()));
  std::vector<void *> pointers;
  for (std::vector<int64_t> &words : descriptors)
    pointers.push_back(words.data());
  llvm::SmallVector<void *> arguments;
  for (void *&pointer : pointers)
    arguments.push_back(&pointer);

  std::string message;
  if (!runCatchingAsserts([&] { state->call(arguments.data()); }, message))
    return error(message);
  return outputs;
}
