//===- Json.h - A small, strict JSON reader ---------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_CHECKPOINTS_JSON_H
#define WAFERFLOW_MODELS_CHECKPOINTS_JSON_H

#include "simulator/program/Types.h"

#include <string>
#include <string_view>
#include <vector>

namespace waferflow {

/// Pulls values from JSON text in the order in which they stand. The first
/// error sticks: afterwards nothing is consumed and every call returns an empty
/// value. Duplicate keys are the caller's to see; any bytes are safe to read.
class JsonReader {
public:
  /// `where` begins every error's location, a byte offset ends it.
  JsonReader(std::string_view text, std::string where)
      : text(text), where(std::move(where)) {}

  bool failed() const { return !errors.empty(); }
  const std::vector<Error> &getErrors() const { return errors; }
  void fail(std::string what);

  /// `{"key": value, ...}`: calls field(key), which consumes the value.
  template <typename Field> void object(Field field) {
    if (!open('{', '}'))
      return;
    do {
      std::string key = string();
      expect(':');
      if (!failed())
        field(key);
    } while (more('}'));
  }

  /// `[value, ...]`: calls element(), which consumes a value.
  template <typename Element> void array(Element element) {
    if (!open('[', ']'))
      return;
    do
      element();
    while (more(']'));
  }

  /// Valid UTF-8 without control characters, escapes resolved.
  std::string string();
  /// A non-negative integer that fits, without fraction or exponent.
  int64_t integer();
  /// Any value, nested at most 32 deep.
  void skip();
  /// Nothing but white space is left.
  void end();

private:
  void space();
  bool accept(char c);
  void expect(char c);
  bool open(char opening, char closing);
  bool more(char closing);
  void skip(int depth);
  void escape(std::string &out);
  uint32_t hex4();

  std::string_view text;
  std::string where;
  size_t at = 0;
  std::vector<Error> errors; ///< none or one
};

/// Whether `bytes` is valid UTF-8 (no overlong forms, no surrogates).
bool isUtf8(std::string_view bytes);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_CHECKPOINTS_JSON_H
