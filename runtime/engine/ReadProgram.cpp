//===- ReadProgram.cpp - A compiled program from a file's bytes -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/ReadProgram.h"

#include "dialects/fabric/Fabric.h"
#include "dialects/flow/Flow.h"

#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace waferflow {

std::unique_ptr<MLIRContext> makeProgramContext() {
  DialectRegistry registry;
  registry
      .insert<fabric::FabricDialect, flow::FlowDialect, arith::ArithDialect,
              func::FuncDialect, linalg::LinalgDialect, math::MathDialect,
              memref::MemRefDialect, scf::SCFDialect, tensor::TensorDialect>();
  auto context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

//===----------------------------------------------------------------------===//
// Bytecode
//===----------------------------------------------------------------------===//

/// Magic number and version come first, then the producer, which ends in NUL.
constexpr StringLiteral producer = "waferflow xxh3:";
constexpr size_t digits = 16;
constexpr size_t largestHeader = 32;

/// Where the checksum's digits stand; npos: nowhere.
static size_t checksumAt(StringRef bytes) {
  size_t at = bytes.take_front(largestHeader).find(producer);
  if (at == StringRef::npos || at + producer.size() + digits >= bytes.size())
    return StringRef::npos;
  return at + producer.size();
}

/// Of all bytes but its own digits.
static std::string checksum(StringRef bytes, size_t at) {
  uint64_t parts[2] = {llvm::xxh3_64bits(bytes.take_front(at)),
                       llvm::xxh3_64bits(bytes.drop_front(at + digits))};
  uint64_t hash = llvm::xxh3_64bits(ArrayRef<uint8_t>(
      reinterpret_cast<const uint8_t *>(parts), sizeof(parts)));
  return llvm::formatv("{0:x-16}", hash).str();
}

std::optional<std::string> writeProgram(ModuleOp module) {
  std::string bytes;
  llvm::raw_string_ostream stream(bytes);
  std::string name = producer.str() + std::string(digits, '0');
  BytecodeWriterConfig config(name); // refers to it
  if (failed(writeBytecodeToFile(module, stream, config)))
    return std::nullopt;
  size_t at = checksumAt(bytes);
  if (at == StringRef::npos)
    return std::nullopt;
  std::string sum = checksum(bytes, at);
  std::copy(sum.begin(), sum.end(), bytes.begin() + at);
  return bytes;
}

/// What is wrong with bytecode before it is read.
static std::optional<Error> damage(StringRef bytes) {
  size_t at = checksumAt(bytes);
  if (at == StringRef::npos)
    return Error{"program",
                 "expected bytecode with waferflow's checksum, got that of "
                 "another tool: pass what `waferflow compile` wrote, or text "
                 "(`waferflow-opt FILE -o program.mlir` makes it)"};
  std::string expected = checksum(bytes, at);
  if (bytes.substr(at, digits) == expected)
    return std::nullopt;
  return Error{"program", "expected checksum " + expected + ", got '" +
                              llvm::toHex(bytes.substr(at, digits)) +
                              "' (in hexadecimal): the file is damaged"};
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// Upstream's parser recurses where brackets nest.
constexpr int64_t deepest = 256;

/// The first line on which brackets nest deeper than that; 0: none.
static int64_t tooDeep(StringRef text) {
  int64_t depth = 0, line = 1;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    line += c == '\n';
    if (quoted) {
      i += c == '\\';
      quoted = c != '"' && c != '\n';
      continue;
    }
    quoted = c == '"';
    if (c == '/' && text.substr(i).starts_with("//"))
      i = std::min(text.find('\n', i), text.size()) - 1;
    else if ((c == '<' || c == '>') && text.substr(i + 1).starts_with("="))
      ++i; // a comparison
    else if (c == '(' || c == '[' || c == '{' || c == '<')
      ++depth;
    else if (c == ')' || c == ']' || c == '}' ||
             (c == '>' && (i == 0 || text[i - 1] != '-')))
      depth = std::max<int64_t>(0, depth - 1);
    if (depth > deepest)
      return line;
  }
  return 0;
}

/// Where blanks and comments from `at` on end.
static size_t behindBlanks(StringRef text, size_t at) {
  for (;;) {
    at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
    if (!text.substr(at).starts_with("//"))
      return at;
    at = std::min(text.find('\n', at), text.size());
  }
}

/// Upstream's parsers of linalg.reduce, broadcast and transpose read through a
/// null pointer after an error in `dimensions = [...]` or `permutation = [...]`
/// (LLVM 22.1.8). The first line with such a list that they could not read; 0:
/// none. In an attribute dictionary, behind a brace or a comma, all is well.
static int64_t badIndexList(StringRef text) {
  for (StringRef word : {"dimensions", "permutation"})
    for (size_t at = text.find(word); at != StringRef::npos;
         at = text.find(word, at + 1)) {
      StringRef before = text.take_front(at).rtrim();
      if (before.ends_with("{") || before.ends_with(","))
        continue;
      size_t next = behindBlanks(text, at + word.size());
      if (next == text.size() || text[next] != '=')
        continue;
      next = behindBlanks(text, next + 1);
      StringRef list = text.substr(next);
      size_t end = list.find(']');
      bool good = list.consume_front("[") && end != StringRef::npos;
      SmallVector<StringRef> numbers;
      if (good && !list.take_front(end - 1).trim().empty())
        list.take_front(end - 1).split(numbers, ',');
      for (StringRef number : numbers) {
        int64_t value;
        good &= !number.trim().getAsInteger(10, value);
      }
      if (!good)
        return 1 + text.take_front(at).count('\n');
    }
  return 0;
}

Result<OwningOpRef<ModuleOp>> readProgram(const std::string &bytes,
                                          MLIRContext &context) {
  bool binary = isBytecode(llvm::MemoryBufferRef(bytes, "program"));
  if (auto error = binary ? damage(bytes) : std::nullopt)
    return *error;
  if (int64_t line = binary ? 0 : tooDeep(bytes))
    return Error{"program:" + std::to_string(line),
                 "brackets nest deeper than " + std::to_string(deepest) +
                     " levels, the limit"};
  if (int64_t line = binary ? 0 : badIndexList(bytes))
    return Error{"program:" + std::to_string(line),
                 "expected a list of integers in brackets behind 'dimensions "
                 "=' or 'permutation ='"};
  Error first{"program", "failed without a diagnostic"};
  bool found = false;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (!found && diagnostic.getSeverity() == DiagnosticSeverity::Error) {
      found = true;
      first.what = diagnostic.str();
      if (auto at = dyn_cast<FileLineColLoc>(diagnostic.getLocation()))
        first.where = "program:" + std::to_string(at.getLine()) + ":" +
                      std::to_string(at.getColumn());
    }
    return success();
  });
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(bytes, &context, "program");
  if (!module)
    return first;
  return module;
}

} // namespace waferflow
