//===- LlamaConfig.cpp - Reads config.json, strictly ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/LlamaConfig.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <algorithm>
#include <optional>
#include <vector>

using namespace llvm;
using namespace waferflow;

namespace {

/// The largest count that a key may give: keeps every product of a few of
/// them inside int64_t.
constexpr int64_t largestCount = int64_t(1) << 24;

/// Takes keys out of one JSON object; the first thing wrong is kept.
class KeyReader {
public:
  KeyReader(const json::Object &object, StringRef where)
      : object(object), where(where.str()) {}

  int64_t count(StringRef key, std::optional<int64_t> otherwise = {}) {
    const json::Value *value = find(key, !otherwise);
    if (!value)
      return otherwise.value_or(0);
    std::optional<int64_t> number = value->getAsInteger();
    if (!number || *number < 1 || *number > largestCount) {
      fail("expected '" + key + "' to be an integer in [1, " +
           Twine(largestCount) + "], got " + text(*value));
      return 1;
    }
    return *number;
  }

  double positive(StringRef key, std::optional<double> otherwise = {}) {
    const json::Value *value = find(key, !otherwise);
    if (!value)
      return otherwise.value_or(0);
    std::optional<double> number = value->getAsNumber();
    if (!number || !(*number > 0)) {
      fail("expected '" + key + "' to be a number above 0, got " +
           text(*value));
      return 1;
    }
    return *number;
  }

  bool flag(StringRef key, bool otherwise) {
    const json::Value *value = find(key, false);
    if (!value)
      return otherwise;
    std::optional<bool> answer = value->getAsBoolean();
    if (!answer)
      fail("expected '" + key + "' to be true or false, got " + text(*value));
    return answer.value_or(otherwise);
  }

  std::string word(StringRef key, StringRef otherwise) {
    const json::Value *value = find(key, false);
    if (!value)
      return otherwise.str();
    std::optional<StringRef> answer = value->getAsString();
    if (!answer)
      fail("expected '" + key + "' to be a string, got " + text(*value));
    return answer.value_or(otherwise).str();
  }

  void fail(const Twine &what) {
    if (error.empty())
      error = (where + ": " + what).str();
  }

  Error takeError() const {
    if (error.empty())
      return Error::success();
    return createStringError(inconvertibleErrorCode(), error);
  }

private:
  /// A null is an absent key, as in Hugging Face's files.
  const json::Value *find(StringRef key, bool required) {
    const json::Value *value = object.get(key);
    if (value && value->kind() != json::Value::Null)
      return value;
    if (required)
      fail("missing key '" + key + "'");
    return nullptr;
  }

  static std::string text(const json::Value &value) {
    std::string result;
    raw_string_ostream(result) << value;
    return result;
  }

  const json::Object &object;
  std::string where, error;
};

} // namespace

static void checkArchitecture(const json::Object &object, KeyReader &keys) {
  if (const json::Array *names = object.getArray("architectures")) {
    for (const json::Value &name : *names)
      if (name.getAsString() != StringRef("LlamaForCausalLM"))
        keys.fail("unsupported architecture " +
                  name.getAsString().value_or("(not a string)") +
                  "; expected LlamaForCausalLM");
    return;
  }
  std::string type = keys.word("model_type", "");
  if (type != "llama")
    keys.fail(type.empty()
                  ? "missing key 'architectures'"
                  : "unsupported model_type '" + type + "'; expected llama");
}

/// Whatever would change the mathematics and is not built.
static void checkUnsupported(const json::Object &object, KeyReader &keys) {
  for (StringRef bias : {"attention_bias", "mlp_bias"})
    if (keys.flag(bias, false))
      keys.fail("'" + bias + "': biases are not supported");
  for (StringRef key : {"num_local_experts", "sliding_window",
                        "quantization_config", "partial_rotary_factor"})
    if (const json::Value *value = object.get(key))
      if (value->kind() != json::Value::Null && value->getAsNumber() != 1.0)
        keys.fail("'" + key + "' is not supported");
}

static double ropeTheta(const json::Object &object, KeyReader &keys,
                        StringRef where) {
  for (StringRef key : {"rope_scaling", "rope_parameters"}) {
    const json::Object *rope = object.getObject(key);
    if (!rope)
      continue;
    KeyReader inner(*rope, (where + ": in '" + key + "'").str());
    std::string type = inner.word("rope_type", inner.word("type", "default"));
    if (type != "default")
      inner.fail("unsupported rope_type '" + type + "'; expected default");
    double theta = inner.positive("rope_theta", 0.0);
    if (Error error = inner.takeError()) {
      // The inner message names its place already.
      std::string message = toString(std::move(error));
      keys.fail(StringRef(message).drop_front(where.size() + 2));
    }
    if (theta > 0)
      return theta;
  }
  return keys.positive("rope_theta", 10000.0);
}

static Activation activation(KeyReader &keys) {
  std::string name = keys.word("hidden_act", "silu");
  if (name == "silu" || name == "swish")
    return Activation::silu;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh")
    return Activation::gelu;
  if (name != "relu")
    keys.fail("unsupported hidden_act '" + name +
              "'; expected silu, gelu_new, gelu_pytorch_tanh or relu");
  return Activation::relu;
}

int64_t LlamaConfig::parameters() const {
  int64_t attention = (2 * heads + 2 * kvHeads) * headDim * hiddenSize;
  int64_t mlp = (gatedMlp ? 3 : 2) * hiddenSize * mlpSize;
  int64_t block = attention + mlp + 2 * hiddenSize;
  return layers * block + hiddenSize +
         (tiedEmbeddings ? 1 : 2) * vocabularySize * hiddenSize;
}

Expected<LlamaConfig> waferflow::parseLlamaConfig(StringRef text,
                                                  StringRef where) {
  Expected<json::Value> json = json::parse(text);
  if (!json)
    return createStringError(inconvertibleErrorCode(),
                             where +
                                 ": not JSON: " + toString(json.takeError()));
  const json::Object *object = json->getAsObject();
  if (!object)
    return createStringError(inconvertibleErrorCode(),
                             where + ": expected a JSON object");
  KeyReader keys(*object, where);
  checkArchitecture(*object, keys);
  checkUnsupported(*object, keys);

  LlamaConfig config;
  config.name = where.str();
  config.hiddenSize = keys.count("hidden_size");
  config.mlpSize = keys.count("intermediate_size");
  config.layers = keys.count("num_hidden_layers");
  config.heads = keys.count("num_attention_heads");
  config.kvHeads = keys.count("num_key_value_heads", config.heads);
  config.vocabularySize = keys.count("vocab_size");
  config.maxPositions = keys.count("max_position_embeddings", 0);
  config.rmsNormEpsilon = keys.positive("rms_norm_eps");
  config.ropeTheta = ropeTheta(*object, keys, where);
  config.activation = activation(keys);
  config.gatedMlp = keys.flag("mlp_gated", true);
  config.tiedEmbeddings = keys.flag("tie_word_embeddings", false);

  if (config.heads > 0 && config.kvHeads > 0) {
    const json::Value *given = object->get("head_dim");
    if ((!given || given->kind() == json::Value::Null) &&
        config.hiddenSize % config.heads != 0)
      keys.fail("expected hidden_size to be a multiple of "
                "num_attention_heads, got " +
                Twine(config.hiddenSize) + " and " + Twine(config.heads));
    config.headDim = keys.count(
        "head_dim", std::max<int64_t>(1, config.hiddenSize / config.heads));
    if (config.headDim % 2 != 0)
      keys.fail("expected an even head_dim for RoPE, got " +
                Twine(config.headDim));
    if (config.heads % config.kvHeads != 0)
      keys.fail("expected num_attention_heads to be a multiple of "
                "num_key_value_heads, got " +
                Twine(config.heads) + " and " + Twine(config.kvHeads));
  }
  if (Error error = keys.takeError())
    return error;
  return config;
}

Expected<LlamaConfig> waferflow::readLlamaConfig(StringRef path) {
  SmallString<256> file(path);
  if (sys::fs::is_directory(path))
    sys::path::append(file, "config.json");
  auto buffer = MemoryBuffer::getFile(file, /*IsText=*/true);
  if (!buffer)
    return createStringError(buffer.getError(),
                             file.str() + ": " + buffer.getError().message());
  return parseLlamaConfig((*buffer)->getBuffer(), file);
}

Expected<LlamaConfig> waferflow::findLlamaConfig(StringRef nameOrPath,
                                                 StringRef configDirectory) {
  if (nameOrPath.contains('/') || nameOrPath.ends_with(".json"))
    return readLlamaConfig(nameOrPath);
  SmallString<256> file(configDirectory);
  sys::path::append(file, nameOrPath + ".json");
  if (sys::fs::exists(file))
    return readLlamaConfig(file);

  std::vector<std::string> known;
  std::error_code code;
  for (sys::fs::directory_iterator it(configDirectory, code), end;
       it != end && !code; it.increment(code))
    if (sys::path::extension(it->path()) == ".json")
      known.push_back(sys::path::stem(it->path()).str());
  std::sort(known.begin(), known.end());
  std::string list;
  for (const std::string &name : known)
    list += (list.empty() ? "" : ", ") + name;
  return createStringError(inconvertibleErrorCode(),
                           "unknown model '" + nameOrPath + "'; " +
                               configDirectory + " has " +
                               (list.empty() ? "none" : list));
}
