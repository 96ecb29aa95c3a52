//===- Writer.h - Files for the checkpoint tests ----------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_UNIT_CHECKPOINTS_WRITER_H
#define WAFERFLOW_TESTS_UNIT_CHECKPOINTS_WRITER_H

#include <gtest/gtest.h>

#include <cmath>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace waferflow::testing {

/// A folder that is removed with the object.
class Folder {
public:
  Folder() {
    std::string pattern = ::testing::TempDir() + "waferflow-XXXXXX";
    path = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }

  std::string write(const std::string &name, const std::string &bytes) const {
    // A new file: ext4 writes one that was cut to nothing back at once.
    std::filesystem::remove(path / name);
    std::ofstream(path / name, std::ios::binary) << bytes;
    return (path / name).string();
  }
  std::string str() const { return path.string(); }

private:
  std::filesystem::path path;
};

template <typename T> std::string bytesOf(const std::vector<T> &values) {
  return {reinterpret_cast<const char *>(values.data()),
          values.size() * sizeof(T)};
}

/// Header length, header, data.
inline std::string rawFile(const std::string &header, const std::string &data) {
  uint64_t length = header.size();
  return std::string(reinterpret_cast<const char *>(&length), 8) + header +
         data;
}

/// A safetensors file, a tensor at a time.
class Writer {
public:
  Writer &add(const std::string &name, const std::string &dtype,
              const std::string &shape, const std::string &bytes) {
    header += (header.empty() ? "\"" : ", \"") + name + "\": {\"dtype\": \"" +
              dtype + "\", \"shape\": " + shape + ", \"data_offsets\": [" +
              std::to_string(data.size()) + ", " +
              std::to_string(data.size() + bytes.size()) + "]}";
    data += bytes;
    return *this;
  }
  std::string str() const { return rawFile("{" + header + "}", data); }

private:
  std::string header, data;
};

} // namespace waferflow::testing

#endif // WAFERFLOW_TESTS_UNIT_CHECKPOINTS_WRITER_H
