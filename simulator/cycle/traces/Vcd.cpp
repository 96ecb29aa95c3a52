//===- Vcd.cpp - Chosen cores as waves ------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/traces/Vcd.h"

namespace waferflow::cycle {

/// A signal's short name: printable characters from '!' on.
static std::string identifier(size_t number) {
  std::string text;
  do {
    text += static_cast<char>('!' + number % 94);
    number /= 94;
  } while (number);
  return text;
}

static std::string binary(int64_t value, int bits) {
  std::string text = "b";
  for (int i = bits - 1; i >= 0; --i)
    text += value >> i & 1 ? '1' : '0';
  return text;
}

/// A pulse lasts a cycle, unless the next one has a value of its own.
void Vcd::set(int64_t cycle, int64_t x, int64_t y, Signal signal, int64_t value,
              bool pulse) {
  if (fullAt >= 0 || !options.cores.contains(x, y))
    return;
  constexpr int64_t most = 24; // "#cycle" and "b00000000 id"
  bytes += pulse ? 2 * most : most;
  if (bytes > options.maxBytes) {
    fullAt = cycle;
    return;
  }
  auto &values = changes[{y, x, signal}];
  values[cycle] = value;
  if (pulse)
    values.insert({cycle + 1, 0});
}

void Vcd::landing(int64_t cycle, int64_t x, int64_t y, int32_t color, Direction,
                  bool toCore, Wavelet) {
  if (toCore)
    set(cycle, x, y, Arrival, color + 1, true);
}

void Vcd::issue(int64_t cycle, int64_t x, int64_t y, int32_t thread, VectorOp,
                int64_t) {
  set(cycle, x, y, Issue, thread + 2, true);
}

void Vcd::taskStart(int64_t cycle, int64_t x, int64_t y,
                    const std::string &task) {
  if (!options.cores.contains(x, y))
    return;
  int64_t number = tasks.insert({task, static_cast<int64_t>(tasks.size()) + 1})
                       .first->second;
  set(cycle, x, y, Task, number, false);
}

void Vcd::taskEnd(int64_t cycle, int64_t x, int64_t y, const std::string &) {
  set(cycle, x, y, Task, 0, false);
}

std::optional<Error> Vcd::error() const {
  if (fullAt < 0)
    return std::nullopt;
  return TraceText::tooMuch(options.maxBytes, fullAt);
}

Result<std::string> Vcd::text() const {
  if (auto full = error())
    return *full;
  TraceText dump(options);
  auto add = [&](const std::string &line) { dump.add(0, line + "\n"); };
  static const char *const names[] = {"task", "issue", "arrival"};
  std::map<int64_t, std::string> numbered;
  for (const auto &[name, number] : tasks)
    numbered[number] = name;
  for (const auto &[number, name] : numbered)
    add("$comment task " + std::to_string(number) + ": " + name + " $end");
  add("$timescale 1 ns $end");
  std::map<int64_t, std::string> times;
  size_t number = 0;
  for (const auto &[key, values] : changes) {
    std::string id = identifier(number++);
    int bits = key.signal == Task && tasks.size() > 255 ? 16 : 8;
    add("$scope module core_" + std::to_string(key.x) + "_" +
        std::to_string(key.y) + " $end $var wire " + std::to_string(bits) +
        " " + id + " " + names[key.signal] + " $end $upscope $end");
    times[0] += values.count(0) ? "" : binary(0, bits) + " " + id + "\n";
    int64_t before = -1;
    for (const auto &[cycle, value] : values) {
      if (value != before)
        times[cycle] += binary(value, bits) + " " + id + "\n";
      before = value;
    }
  }
  add("$enddefinitions $end");
  for (const auto &[cycle, text] : times) {
    add("#" + std::to_string(cycle));
    dump.add(cycle, text);
  }
  return dump.text();
}

} // namespace waferflow::cycle
