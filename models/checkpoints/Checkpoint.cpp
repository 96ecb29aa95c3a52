//===- Checkpoint.cpp - The weights of a model ----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/checkpoints/Checkpoint.h"

#include "models/checkpoints/Hash.h"
#include "models/checkpoints/Json.h"
#include "models/checkpoints/MappedFile.h"

#include <filesystem>
#include <set>

using namespace waferflow;
namespace fs = std::filesystem;

namespace {

constexpr char kSingle[] = "model.safetensors";
constexpr char kIndex[] = "model.safetensors.index.json";

/// Tensor -> file name, from {"metadata": anything, "weight_map": {name:
/// file}}.
Result<std::map<std::string, std::string>> readIndex(const std::string &path) {
  auto file = MappedFile::open(path);
  if (!file)
    return file.errors;
  std::string_view text;
  if ((*file)->size())
    text = {reinterpret_cast<const char *>((*file)->data()), (*file)->size()};
  std::map<std::string, std::string> files;
  bool found = false;
  JsonReader json(text, path);
  json.object([&](const std::string &key) {
    if (key != "weight_map") {
      json.skip();
      return;
    }
    if (found)
      json.fail("there are two weight_maps");
    found = true;
    json.object([&](const std::string &name) {
      std::string shard = json.string();
      if (json.failed())
        return;
      if (shard.empty() || shard.find('/') != std::string::npos ||
          shard.find('\0') != std::string::npos)
        json.fail("expected the name of a file beside the index, got '" +
                  shard + "'");
      else if (!files.emplace(name, shard).second)
        json.fail("there are two tensors " + name);
    });
  });
  json.end();
  if (json.failed())
    return json.getErrors();
  if (!found)
    return Error{path, "expected a weight_map, got none"};
  return files;
}

Result<TensorMap> readSharded(const std::string &path) {
  auto index = readIndex(path);
  if (!index)
    return index.errors;
  std::set<std::string> shards;
  for (auto &[name, shard] : *index)
    shards.insert(shard);
  TensorMap all;
  for (const std::string &shard : shards) {
    std::string file = (fs::path(path).parent_path() / shard).string();
    auto tensors = readSafetensors(file);
    if (!tensors)
      return tensors.errors;
    for (auto &[name, from] : *index) {
      if (from != shard)
        continue;
      auto at = tensors->find(name);
      if (at == tensors->end())
        return Error{path,
                     "expected tensor " + name + " in " + shard + ", got none"};
      all.insert(*at);
    }
  }
  return all;
}

/// The file that a path means.
Result<std::string> resolve(const std::string &path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored))
    return path;
  for (const char *name : {kSingle, kIndex})
    if (fs::path file = fs::path(path) / name; fs::exists(file, ignored))
      return file.string();
  return Error{path, std::string("expected ") + kSingle + " or " + kIndex +
                         " in the directory, got neither"};
}

} // namespace

Result<std::shared_ptr<const Checkpoint>>
Checkpoint::open(const std::string &path) {
  auto file = resolve(path);
  if (!file)
    return file.errors;
  bool sharded = fs::path(*file).extension() == ".json";
  auto tensors = sharded ? readSharded(*file) : readSafetensors(*file);
  if (!tensors)
    return tensors.errors;
  auto result = std::make_shared<Checkpoint>();
  result->where = *file;
  result->tensors = std::move(*tensors);
  return std::shared_ptr<const Checkpoint>(std::move(result));
}

std::vector<std::string> Checkpoint::names() const {
  std::set<std::string> all, parts;
  for (auto &[name, view] : tensors) {
    auto weight = bitMaskWeight(name);
    if (!weight)
      continue;
    all.insert(*weight);
    std::string prefix = weight->substr(0, weight->size() - 7);
    for (const char *suffix :
         {".shape", ".compressed", ".bitmask", ".row_offsets"})
      parts.insert(prefix + suffix);
  }
  for (auto &[name, view] : tensors)
    if (!parts.count(name))
      all.insert(name);
  return {all.begin(), all.end()};
}

bool Checkpoint::has(const std::string &name) const {
  if (tensors.count(name))
    return true;
  size_t at = name.rfind(".weight");
  return at != std::string::npos && at + 7 == name.size() &&
         tensors.count(name.substr(0, at) + ".compressed");
}

Result<TensorView> Checkpoint::tensor(const std::string &name) const {
  if (auto at = tensors.find(name); at != tensors.end())
    return at->second;
  auto compressed = findBitMask(tensors, name);
  if (!compressed)
    return compressed.errors;
  if (!*compressed)
    return Error{where, "expected tensor " + name + ", got none"};
  return (*compressed)->dense();
}

Result<std::optional<BitMaskTensor>>
Checkpoint::bitMask(const std::string &name) const {
  if (tensors.count(name))
    return std::optional<BitMaskTensor>();
  return findBitMask(tensors, name);
}

Result<std::string> Checkpoint::hash(const std::string &name) const {
  auto view = tensor(name);
  if (!view)
    return view.errors;
  return contentHash(*view);
}
