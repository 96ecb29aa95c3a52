//===- Safetensors.cpp - One safetensors file -----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/checkpoints/Safetensors.h"

#include "models/checkpoints/Json.h"
#include "models/checkpoints/MappedFile.h"

#include <algorithm>
#include <cstring>

using namespace waferflow;

namespace {

constexpr uint64_t kPrefixBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000; ///< the format's own limit

struct Entry {
  TensorView view;
  int64_t begin = 0, end = 0; ///< bytes in the data
};

std::string range(const Entry &entry) {
  return "bytes [" + std::to_string(entry.begin) + ", " +
         std::to_string(entry.end) + ")";
}

/// The value of one tensor's key; what is wrong goes to `json`.
void readEntry(JsonReader &json, Entry &entry) {
  bool dtype = false, shape = false, offsets = false;
  auto once = [&](bool &seen, const std::string &key) {
    if (seen)
      json.fail("tensor " + entry.view.name + " has two fields '" + key + "'");
    seen = true;
  };
  json.object([&](const std::string &key) {
    if (key == "dtype") {
      once(dtype, key);
      std::string name = json.string();
      if (json.failed())
        return;
      if (auto known = dtypeOf(name))
        entry.view.dtype = *known;
      else
        json.fail("tensor " + entry.view.name + ": unknown dtype '" + name +
                  "'");
    } else if (key == "shape") {
      once(shape, key);
      json.array([&] { entry.view.shape.push_back(json.integer()); });
    } else if (key == "data_offsets") {
      once(offsets, key);
      std::vector<int64_t> values;
      json.array([&] { values.push_back(json.integer()); });
      if (!json.failed() && values.size() != 2)
        json.fail("tensor " + entry.view.name +
                  ": expected 2 data_offsets, got " +
                  std::to_string(values.size()));
      if (json.failed())
        return;
      entry.begin = values[0];
      entry.end = values[1];
    } else {
      json.fail("tensor " + entry.view.name + ": unknown field '" + key + "'");
    }
  });
  if (!json.failed() && !(dtype && shape && offsets))
    json.fail("tensor " + entry.view.name +
              ": expected dtype, shape and data_offsets, got fewer");
}

/// Sizes against offsets, offsets against the data.
std::vector<Error> checkEntry(const Entry &entry, int64_t dataBytes) {
  if (entry.begin > entry.end || entry.end > dataBytes)
    return {{entry.view.where(), "expected offsets within " +
                                     std::to_string(dataBytes) +
                                     " bytes of data, got " + range(entry)}};
  int64_t bytes = dtypeBytes(entry.view.dtype);
  bool overflow = false;
  // Zeros first: [0, 2^40, 2^40] is empty, not too large.
  bool empty =
      std::count(entry.view.shape.begin(), entry.view.shape.end(), 0) > 0;
  for (int64_t extent : entry.view.shape)
    overflow |= !empty && __builtin_mul_overflow(bytes, extent, &bytes);
  if (empty)
    bytes = 0;
  if (overflow || bytes != entry.end - entry.begin)
    return {{entry.view.where(),
             "expected " +
                 (overflow ? "more than 2^63" : std::to_string(bytes)) +
                 " bytes for " + dtypeName(entry.view.dtype) + " " +
                 shapeString(entry.view.shape) + ", got " +
                 std::to_string(entry.end - entry.begin)}};
  return {};
}

/// The data is covered without overlap or hole.
std::vector<Error> checkCover(const std::string &path,
                              std::vector<const Entry *> entries,
                              int64_t dataBytes) {
  std::sort(entries.begin(), entries.end(), [](const Entry *a, const Entry *b) {
    return std::make_pair(a->begin, a->end) < std::make_pair(b->begin, b->end);
  });
  int64_t at = 0;
  const Entry *previous = nullptr;
  for (const Entry *entry : entries) {
    if (entry->begin < at)
      return {{entry->view.where(), range(*entry) + " overlap tensor " +
                                        previous->view.name + ", " +
                                        range(*previous)}};
    if (entry->begin > at)
      break;
    at = entry->end;
    previous = entry;
  }
  if (at != dataBytes)
    return {{path, "expected a tensor at byte " + std::to_string(at) + " of " +
                       std::to_string(dataBytes) + " bytes of data, got none"}};
  return {};
}

} // namespace

Result<TensorMap> waferflow::readSafetensors(const std::string &path) {
  auto mapped = MappedFile::open(path);
  if (!mapped)
    return mapped.errors;
  const MappedFile &file = **mapped;
  if (file.size() < kPrefixBytes)
    return Error{path, "expected 8 bytes of header length, got a file of " +
                           std::to_string(file.size())};
  uint64_t headerBytes = 0;
  for (int i = 7; i >= 0; --i)
    headerBytes = headerBytes << 8 | file.data()[i];
  uint64_t rest = file.size() - kPrefixBytes;
  if (headerBytes > std::min(rest, kMaxHeaderBytes))
    return Error{path, "expected a header of at most " +
                           std::to_string(std::min(rest, kMaxHeaderBytes)) +
                           " bytes, got a length of " +
                           std::to_string(headerBytes)};
  const uint8_t *data = file.data() + kPrefixBytes + headerBytes;
  int64_t dataBytes = static_cast<int64_t>(rest - headerBytes);

  std::map<std::string, Entry> entries;
  bool metadata = false;
  JsonReader json(
      {reinterpret_cast<const char *>(file.data()) + kPrefixBytes, headerBytes},
      path + ": header");
  json.object([&](const std::string &name) {
    if (name == "__metadata__") {
      if (metadata)
        json.fail("there are two __metadata__");
      metadata = true;
      json.object([&](const std::string &) { json.string(); });
      return;
    }
    auto [at, inserted] = entries.try_emplace(name);
    if (!inserted) {
      json.fail("there are two tensors " + name);
      return;
    }
    TensorView &view = at->second.view;
    view.file = path;
    view.name = name;
    readEntry(json, at->second);
  });
  json.end();
  if (json.failed())
    return json.getErrors();

  std::vector<const Entry *> all;
  for (auto &[name, entry] : entries) {
    if (auto errors = checkEntry(entry, dataBytes); !errors.empty())
      return errors;
    entry.view.data = data + entry.begin;
    entry.view.owner = *mapped;
    all.push_back(&entry);
  }
  if (auto errors = checkCover(path, std::move(all), dataBytes);
      !errors.empty())
    return errors;
  TensorMap tensors;
  for (auto &[name, entry] : entries)
    tensors.emplace(name, std::move(entry.view));
  return tensors;
}
