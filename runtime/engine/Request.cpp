//===- Request.cpp - Reading a request ------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/Request.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/JSON.h"

#include <thread>

using namespace llvm;

namespace waferflow {

const char *maskKindName(MaskKind kind) {
  switch (kind) {
  case MaskKind::Uniform:
    return "uniform";
  case MaskKind::Magnitude:
    return "magnitude";
  case MaskKind::Checkpoint:
    return "checkpoint";
  case MaskKind::TwoFour:
    return "2:4";
  }
  return "";
}

namespace {

/// Collects the first error while the fields are read.
class Reader {
public:
  explicit Reader(const json::Object &object) : object(object) {}

  template <typename T> void integer(StringRef key, T &field) {
    if (const json::Value *value = find(key)) {
      if (auto number = value->getAsInteger())
        field = *number;
      else
        fail(key, "expected a whole number");
    }
  }
  template <typename T> void string(StringRef key, T &field) {
    if (const json::Value *value = find(key)) {
      if (auto text = value->getAsString())
        field = text->str();
      else
        fail(key, "expected a string");
    }
  }
  void boolean(StringRef key, bool &field) {
    if (const json::Value *value = find(key)) {
      if (auto flag = value->getAsBoolean())
        field = *flag;
      else
        fail(key, "expected true or false");
    }
  }
  void number(StringRef key, double &field) {
    if (const json::Value *value = find(key)) {
      if (auto number = value->getAsNumber())
        field = *number;
      else
        fail(key, "expected a number");
    }
  }
  /// One of `choices`, by position.
  std::optional<int> choice(StringRef key, ArrayRef<StringRef> choices) {
    const json::Value *value = find(key);
    if (!value)
      return std::nullopt;
    auto text = value->getAsString();
    for (size_t i = 0; text && i < choices.size(); ++i)
      if (*text == choices[i])
        return i;
    fail(key, "expected one of " + join(choices) + ", got '" +
                  (text ? text->str() : std::string("?")) + "'");
    return std::nullopt;
  }
  const json::Array *array(StringRef key) {
    const json::Value *value = find(key);
    if (!value)
      return nullptr;
    if (!value->getAsArray())
      fail(key, "expected a list");
    return value->getAsArray();
  }
  void fail(StringRef where, std::string what) {
    if (!error)
      error = Error{where.str(), std::move(what)};
  }

  std::optional<Error> error;

private:
  const json::Value *find(StringRef key) {
    const json::Value *value = object.get(key);
    return value && value->kind() != json::Value::Null ? value : nullptr;
  }
  static std::string join(ArrayRef<StringRef> choices) {
    std::string text;
    for (StringRef choice : choices)
      text += (text.empty() ? "" : ", ") + choice.str();
    return text;
  }
  const json::Object &object;
};

std::optional<int64_t> positive(StringRef text) {
  int64_t value = 0;
  if (text.getAsInteger(10, value) || value < 1)
    return std::nullopt;
  return value;
}

void readSetting(StringRef setting, Request &request, Reader &reader) {
  auto [key, value] = setting.split('=');
  std::string where = "--set " + setting.str();
  if (setting.count('=') != 1 || key.empty() || value.empty())
    return reader.fail(where, "expected KEY=VALUE");
  if (key.starts_with("cost.")) {
    if (auto error = setSwitch(request.switches, setting.str()))
      reader.fail("--set " + error->where, error->what);
    return;
  }
  if (key.consume_front("mapping.")) {
    if (key == "order") {
      request.order = orderKindOf(value.str());
      if (!request.order)
        reader.fail(where, "expected blocked, striped or dealt, got '" +
                               value.str() + "'");
      return;
    }
    auto number = positive(value);
    if (!number)
      return reader.fail(where, "expected a positive whole number, got '" +
                                    value.str() + "'");
    if (key == "gt")
      request.gt = number;
    else if (key == "go")
      request.go = number;
    else if (key == "keep_every")
      request.keepEvery = number;
    else if (key == "chunks")
      request.chunks = number;
    else
      reader.fail(where, "expected mapping.gt, mapping.go, mapping.chunks, "
                         "mapping.keep_every or mapping.order, got 'mapping." +
                             key.str() + "'");
    return;
  }
  request.machineOverrides.push_back(setting.str());
}

void readSparsity(const json::Array &values, Request &request, Reader &reader) {
  request.sparsity.clear();
  for (const json::Value &value : values) {
    if (value.kind() == json::Value::Null) {
      request.sparsity.push_back(kOwnSparsity);
      continue;
    }
    auto number = value.getAsNumber();
    if (!number || !(*number >= 0 && *number < 1))
      return reader.fail("--sparsity", "expected numbers in [0, 1), got " +
                                           formatv("{0}", value).str());
    request.sparsity.push_back(*number);
  }
  if (request.sparsity.empty())
    reader.fail("--sparsity", "expected at least one value");
}

} // namespace

std::variant<Request, Error> parseRequest(const std::string &text) {
  auto parsed = json::parse(text);
  if (!parsed)
    return Error{"request", toString(parsed.takeError())};
  const json::Object *object = parsed->getAsObject();
  if (!object)
    return Error{"request", "expected a JSON object"};
  Request request;
  Reader reader(*object);
  reader.string("model", request.model);
  reader.string("config", request.config);
  reader.string("checkpoint", request.checkpoint);
  reader.string("machine", request.machine);
  reader.string("machines_dir", request.machinesDir);
  reader.integer("tokens", request.tokens);
  reader.integer("seq", request.seq);
  reader.integer("seed", request.seed);
  reader.integer("threads", request.threads);
  reader.boolean("sensitivity", request.sensitivity);
  reader.number("loss_scale", request.lossScale);
  if (auto i =
          reader.choice("mask", {"uniform", "magnitude", "checkpoint", "2:4"}))
    request.mask = static_cast<MaskKind>(*i);
  if (auto i = reader.choice("step", {"train", "forward"}))
    request.train = *i == 0;
  if (auto i = reader.choice("type", {"f16", "bf16", "f32"}))
    request.type = static_cast<ElementType>(*i);
  if (auto i = reader.choice("accumulate", {"storage", "f32"}))
    request.accumulate = static_cast<Accumulate>(*i);
  if (reader.choice("fidelity", {"tile"}))
    request.fidelity = "tile";
  if (auto i = reader.choice("attention", {"causal", "full"}))
    request.causal = *i == 0;
  if (const json::Array *values = reader.array("sparsity"))
    readSparsity(*values, request, reader);
  if (const json::Array *settings = reader.array("set"))
    for (const json::Value &setting : *settings)
      readSetting(setting.getAsString().value_or(""), request, reader);
  for (auto [name, value] :
       {std::pair{"tokens", request.tokens}, std::pair{"seq", request.seq}})
    if (value && *value < 1)
      reader.fail(name,
                  "expected a positive number, got " + std::to_string(*value));
  if (!(request.lossScale > 0 && request.lossScale <= 1e30))
    reader.fail("loss_scale", "expected a number above 0, at most 1e30, got " +
                                  formatv("{0}", request.lossScale).str());
  if (request.threads < 0)
    reader.fail("threads",
                "expected at least 0, got " + std::to_string(request.threads));
  if (request.threads == 0)
    request.threads = std::max(1u, std::thread::hardware_concurrency());
  if (reader.error)
    return *reader.error;
  return request;
}

} // namespace waferflow
