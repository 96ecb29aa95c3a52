//===- Recorder.cpp - Traces of programs one after the other --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/traces/Recorder.h"

#include <algorithm>

namespace waferflow::cycle {

/// A few names, and how many there are.
static std::string some(const std::vector<std::string> &names) {
  constexpr size_t most = 5;
  std::string text;
  for (size_t i = 0; i < std::min(most, names.size()); ++i)
    text += (i ? ", " : "") + names[i];
  return names.size() > most
             ? text + " ... (" + std::to_string(names.size()) + " programs)"
             : text;
}

Recorder::Recorder(const TraceRequest &request, int64_t width, int64_t height)
    : cores(request.cores.begin(), request.cores.end()),
      programs(request.programs.begin(), request.programs.end()) {
  TraceOptions options{{{0, 0, width, height}, {}}, request.maxBytes};
  if (request.chrome)
    all.push_back((chrome = std::make_unique<ChromeTrace>(options)).get());
  if (request.vcd)
    all.push_back((vcd = std::make_unique<Vcd>(options)).get());
  if (request.landings)
    all.push_back((landings = std::make_unique<LandingTrace>(options)).get());
}

Result<std::unique_ptr<Recorder>>
Recorder::create(const TraceRequest &request, int64_t width, int64_t height,
                 const std::vector<std::string> &programs) {
  for (auto [x, y] : request.cores)
    if (x < 0 || y < 0 || x >= width || y >= height)
      return Error{"cores", "(" + std::to_string(x) + ", " + std::to_string(y) +
                                ") is outside the fabric of " +
                                std::to_string(width) + " x " +
                                std::to_string(height) + " cores"};
  for (const std::string &name : request.programs)
    if (std::find(programs.begin(), programs.end(), name) == programs.end())
      return Error{"program", "expected one of " + some(programs) + ", got '" +
                                  name + "'"};
  return std::unique_ptr<Recorder>(new Recorder(request, width, height));
}

Observer *Recorder::begin(const std::string &program, int64_t cycle) {
  start = cycle;
  current = !all.empty() && (programs.empty() || programs.count(program))
                ? program
                : "";
  return current.empty() ? nullptr : this;
}

std::optional<Error> Recorder::end(int64_t cycle) {
  if (current.empty())
    return std::nullopt;
  if (chrome)
    chrome->program(current, start, cycle);
  std::optional<Error> error;
  if (chrome)
    error = chrome->error();
  if (vcd && !error)
    error = vcd->error();
  if (landings && !error)
    error = landings->error();
  return error;
}

Result<TraceTexts> Recorder::texts() const {
  TraceTexts texts;
  std::vector<Error> errors;
  auto put = [&](const auto &trace, std::optional<std::string> &text) {
    if (!trace)
      return;
    auto result = trace->text();
    if (result)
      text = std::move(*result);
    else
      errors = result.errors;
  };
  put(chrome, texts.chrome);
  put(vcd, texts.vcd);
  put(landings, texts.landings);
  if (!errors.empty())
    return errors;
  return texts;
}

void Recorder::landing(int64_t cycle, int64_t x, int64_t y, int32_t color,
                       Direction from, bool toCore, Wavelet wavelet) {
  if (wants(x, y))
    for (Observer *each : all)
      each->landing(start + cycle, x, y, color, from, toCore, wavelet);
}

void Recorder::issue(int64_t cycle, int64_t x, int64_t y, int32_t thread,
                     VectorOp op, int64_t done) {
  if (wants(x, y))
    for (Observer *each : all)
      each->issue(start + cycle, x, y, thread, op, done);
}

void Recorder::taskStart(int64_t cycle, int64_t x, int64_t y,
                         const std::string &task) {
  if (wants(x, y))
    for (Observer *each : all)
      each->taskStart(start + cycle, x, y, task);
}

void Recorder::taskEnd(int64_t cycle, int64_t x, int64_t y,
                       const std::string &task) {
  if (wants(x, y))
    for (Observer *each : all)
      each->taskEnd(start + cycle, x, y, task);
}

void Recorder::vectorDone(int64_t from, int64_t to, int64_t x, int64_t y,
                          int32_t thread, VectorOp op, int64_t elements) {
  if (wants(x, y))
    for (Observer *each : all)
      each->vectorDone(start + from, start + to, x, y, thread, op, elements);
}

} // namespace waferflow::cycle
