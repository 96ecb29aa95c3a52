//===- LlamaConfigTest.cpp - Is config.json read, and refused well? -------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/LlamaConfig.h"
#include "models/llama/Weights.h"

#include "llvm/Support/JSON.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

using namespace llvm;
using namespace waferflow;
using testing::AllOf;
using testing::HasSubstr;

namespace {

const char *const tiny = R"({
  "architectures": ["LlamaForCausalLM"], "hidden_size": 64,
  "intermediate_size": 172, "num_hidden_layers": 2, "num_attention_heads": 4,
  "num_key_value_heads": 2, "vocab_size": 256, "rms_norm_eps": 1e-6,
  "bos_token_id": 1, "torch_dtype": "bfloat16"})";

/// `tiny` with one key replaced, or left out for an empty value.
std::string with(StringRef key, StringRef value) {
  json::Value config = cantFail(json::parse(tiny));
  if (value.empty())
    config.getAsObject()->erase(key);
  else
    (*config.getAsObject())[key] = cantFail(json::parse(value));
  std::string text;
  raw_string_ostream(text) << config;
  return text;
}

std::string errorOf(const std::string &text) {
  Expected<LlamaConfig> config = parseLlamaConfig(text, "config.json");
  return config ? "no error" : toString(config.takeError());
}

struct ShippedModel {
  const char *name;
  int64_t parameters;
};

class Shipped : public testing::TestWithParam<ShippedModel> {};

} // namespace

TEST(LlamaConfig, DefaultsAreThoseOfHuggingFace) {
  LlamaConfig config =
      cantFail(parseLlamaConfig(with("num_key_value_heads", ""), "t"));
  EXPECT_EQ(config.kvHeads, 4);
  EXPECT_EQ(config.headDim, 16);
  EXPECT_EQ(config.ropeTheta, 10000);
  EXPECT_EQ(config.activation, Activation::silu);
  EXPECT_TRUE(config.gatedMlp);
  EXPECT_FALSE(config.tiedEmbeddings);
  EXPECT_EQ(config.maxPositions, 0);
}

TEST(LlamaConfig, ThetaIsFoundInBothOfItsPlaces) {
  auto theta = [](const std::string &text) {
    return cantFail(parseLlamaConfig(text, "t")).ropeTheta;
  };
  EXPECT_EQ(theta(with("rope_theta", "500000.0")), 500000);
  EXPECT_EQ(theta(with("rope_parameters",
                       R"({"rope_type": "default", "rope_theta": 1e5})")),
            100000);
  EXPECT_EQ(theta(with("rope_scaling", "null")), 10000);
}

TEST(LlamaConfig, ErrorsNameKeyExpectationAndValue) {
  for (const char *key :
       {"hidden_size", "intermediate_size", "num_hidden_layers",
        "num_attention_heads", "vocab_size", "rms_norm_eps"})
    EXPECT_EQ(errorOf(with(key, "")),
              std::string("config.json: missing key '") + key + "'");
  EXPECT_THAT(errorOf(with("hidden_size", "-1")),
              HasSubstr("expected 'hidden_size' to be an integer in "
                        "[1, 16777216], got -1"));
  EXPECT_THAT(errorOf(with("vocab_size", "\"many\"")), HasSubstr("\"many\""));
  EXPECT_THAT(errorOf(with("rms_norm_eps", "0")), HasSubstr("above 0, got 0"));
  EXPECT_THAT(errorOf(with("tie_word_embeddings", "1")),
              HasSubstr("expected 'tie_word_embeddings' to be true or false"));
  EXPECT_THAT(errorOf(with("num_attention_heads", "5")),
              HasSubstr("a multiple of num_attention_heads, got 64 and 5"));
  EXPECT_THAT(errorOf(with("num_key_value_heads", "3")),
              HasSubstr("a multiple of num_key_value_heads, got 4 and 3"));
  EXPECT_THAT(errorOf(with("head_dim", "15")), HasSubstr("even head_dim"));
}

TEST(LlamaConfig, OtherMathematicsIsRefused) {
  EXPECT_THAT(errorOf(with("architectures", R"(["GPT2LMHeadModel"])")),
              AllOf(HasSubstr("unsupported architecture GPT2LMHeadModel"),
                    HasSubstr("expected LlamaForCausalLM")));
  EXPECT_THAT(errorOf(with("architectures", "")),
              HasSubstr("missing key 'architectures'"));
  EXPECT_THAT(errorOf(with("attention_bias", "true")), HasSubstr("biases"));
  EXPECT_THAT(errorOf(with("hidden_act", "\"mish\"")),
              HasSubstr("unsupported hidden_act 'mish'"));
  EXPECT_EQ(errorOf(with("rope_scaling",
                         R"({"rope_type": "llama3", "factor": 8.0})")),
            "config.json: in 'rope_scaling': unsupported rope_type 'llama3'; "
            "expected default");
  EXPECT_THAT(errorOf(with("sliding_window", "4096")),
              HasSubstr("'sliding_window' is not supported"));
}

TEST(LlamaConfig, TextThatIsNoConfigIsRefused) {
  EXPECT_THAT(errorOf("{"), HasSubstr("config.json: not JSON"));
  EXPECT_THAT(errorOf("[]"), HasSubstr("expected a JSON object"));
}

TEST(LlamaConfig, UnknownNamesListThoseThatExist) {
  auto config = findLlamaConfig("llama-9", WAFERFLOW_CONFIGS);
  ASSERT_FALSE(config);
  EXPECT_THAT(toString(config.takeError()),
              AllOf(HasSubstr("unknown model 'llama-9'"),
                    HasSubstr("llama-2-7b, llama-3-8b")));
  EXPECT_THAT(toString(readLlamaConfig("/nowhere").takeError()),
              HasSubstr("/nowhere"));
}

TEST(LlamaConfig, DirectoriesAreReadThroughTheirConfig) {
  std::string folder = testing::TempDir();
  std::ofstream(folder + "/config.json") << tiny;
  LlamaConfig config = cantFail(findLlamaConfig(folder, WAFERFLOW_CONFIGS));
  EXPECT_EQ(config.hiddenSize, 64);
}

// Published parameter counts, but for the GPT-3 shapes (RMSNorm and RoPE stand
// in for LayerNorm with biases and learned positions).
TEST_P(Shipped, HasItsPublishedParameters) {
  LlamaConfig config =
      cantFail(findLlamaConfig(GetParam().name, WAFERFLOW_CONFIGS));
  EXPECT_EQ(config.parameters(), GetParam().parameters);
  int64_t counted = 0;
  for (const LlamaWeight &weight : llamaWeights(config)) {
    int64_t elements = 1;
    for (int64_t size : weight.shape)
      elements *= size;
    counted += elements;
  }
  EXPECT_EQ(counted, GetParam().parameters);
}

INSTANTIATE_TEST_SUITE_P(
    All, Shipped,
    testing::Values(ShippedModel{"llama-2-7b", 6738415616},
                    ShippedModel{"llama-2-13b", 13015864320},
                    ShippedModel{"llama-2-70b", 68976648192},
                    ShippedModel{"llama-3-8b", 8030261248},
                    ShippedModel{"tinyllama-1.1b", 1100048384},
                    ShippedModel{"smollm2-135m", 134515008},
                    ShippedModel{"tiny", 123712}));
