//===- MappedFile.cpp - A file in memory ----------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/checkpoints/MappedFile.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace waferflow;

Result<std::shared_ptr<const MappedFile>>
MappedFile::open(const std::string &path) {
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return Error{path, std::string("cannot open: ") + std::strerror(errno)};
  struct stat status;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file);
    return Error{path, "expected a regular file"};
  }
  uint64_t size = static_cast<uint64_t>(status.st_size);
  void *memory = nullptr; // an empty file can't be mapped, and needs not be
  if (size)
    memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  int reason = errno;
  ::close(file);
  if (memory == MAP_FAILED)
    return Error{path, std::string("cannot map: ") + std::strerror(reason)};
  return std::shared_ptr<const MappedFile>(
      new MappedFile(static_cast<const uint8_t *>(memory), size));
}

MappedFile::~MappedFile() {
  if (bytes)
    munmap(const_cast<uint8_t *>(bytes), length);
}
