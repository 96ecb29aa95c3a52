//===- ChromeTrace.cpp - Tasks and instructions in time -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/traces/ChromeTrace.h"

namespace waferflow::cycle {

/// Quotes and control characters as JSON has them.
static std::string quoted(const std::string &text) {
  static const char digits[] = "0123456789abcdef";
  std::string result = "\"";
  for (char ch : text) {
    unsigned char byte = static_cast<unsigned char>(ch);
    if (ch == '"' || ch == '\\')
      result += '\\';
    if (byte < 32)
      result += std::string("\\u00") + digits[byte >> 4] + digits[byte & 15];
    else
      result += ch;
  }
  return result + "\"";
}

static std::string metadata(const char *what, int64_t process, int64_t track,
                            const std::string &name) {
  return ",\n{\"ph\":\"M\",\"name\":\"" + std::string(what) +
         "\",\"pid\":" + std::to_string(process) +
         ",\"tid\":" + std::to_string(track) +
         ",\"args\":{\"name\":" + quoted(name) + "}}";
}

int64_t ChromeTrace::processOf(int64_t cycle, int64_t x, int64_t y) {
  auto [at, fresh] =
      processes.insert({{y, x}, static_cast<int64_t>(processes.size()) + 1});
  if (fresh)
    events.add(cycle, metadata("process_name", at->second, 1,
                               "core (" + std::to_string(x) + ", " +
                                   std::to_string(y) + ")"));
  return at->second;
}

void ChromeTrace::track(int64_t cycle, int64_t process, int64_t number,
                        const std::string &name) {
  if (named.insert({{process, number}, true}).second)
    events.add(cycle, metadata("thread_name", process, number, name));
}

void ChromeTrace::event(int64_t process, int64_t track, const std::string &name,
                        int64_t start, int64_t end) {
  events.add(end, ",\n{\"ph\":\"X\",\"name\":" + quoted(name) +
                      ",\"pid\":" + std::to_string(process) +
                      ",\"tid\":" + std::to_string(track) +
                      ",\"ts\":" + std::to_string(start) +
                      ",\"dur\":" + std::to_string(end - start) + "}");
}

/// The process of the programs: before all cores'.
static constexpr int64_t programsProcess = 1000000000;

void ChromeTrace::program(const std::string &name, int64_t start, int64_t end) {
  if (!hasPrograms)
    events.add(end, metadata("process_name", programsProcess, 1, "programs") +
                        ",\n{\"ph\":\"M\",\"name\":\"process_sort_index\","
                        "\"pid\":" +
                        std::to_string(programsProcess) +
                        ",\"tid\":1,\"args\":{\"sort_index\":-1}}");
  hasPrograms = true;
  event(programsProcess, 1, name, start, end);
}

void ChromeTrace::taskStart(int64_t cycle, int64_t x, int64_t y,
                            const std::string &) {
  if (events.wants(x, y))
    taskStarts[{y, x}] = cycle;
}

void ChromeTrace::taskEnd(int64_t cycle, int64_t x, int64_t y,
                          const std::string &task) {
  if (!events.wants(x, y))
    return;
  int64_t process = processOf(cycle, x, y);
  track(cycle, process, 1, "main thread");
  event(process, 1, task, taskStarts[{y, x}], cycle);
}

void ChromeTrace::vectorDone(int64_t start, int64_t end, int64_t x, int64_t y,
                             int32_t thread, VectorOp op, int64_t elements) {
  if (!events.wants(x, y))
    return;
  int64_t process = processOf(end, x, y);
  track(end, process, thread + 2,
        thread < 0 ? "main thread" : "microthread " + std::to_string(thread));
  event(process, thread + 2,
        std::string(vectorOpName(op)) + " " + std::to_string(elements), start,
        end);
}

Result<std::string> ChromeTrace::text() const {
  Result<std::string> all = events.text();
  if (!all)
    return all;
  std::string body = all->empty() ? "" : all->substr(1);
  return "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[" + body + "\n]}\n";
}

} // namespace waferflow::cycle
