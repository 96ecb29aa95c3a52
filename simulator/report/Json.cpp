//===- Json.cpp -----------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/report/Json.h"

#include <charconv>
#include <cstdio>

namespace waferflow {

namespace {

/// Builds one JSON value; commas go where they belong.
class Writer {
public:
  std::string text;

  void open(char bracket) {
    separate();
    text += bracket;
    first = true;
  }
  void close(char bracket) {
    text += bracket;
    first = false;
  }
  Writer &key(const std::string &name) {
    separate();
    quote(name);
    text += ": ";
    first = true; // no comma between a key and its value
    return *this;
  }
  void value(const std::string &string) {
    separate();
    quote(string);
  }
  void value(int64_t number) {
    separate();
    text += std::to_string(number);
  }
  void value(bool flag) {
    separate();
    text += flag ? "true" : "false";
  }
  void value(double number) {
    separate();
    char buffer[32]; // the shortest text that reads back as the number
    auto end = std::to_chars(buffer, buffer + sizeof buffer, number);
    text.append(buffer, end.ptr);
  }
  template <typename T> void field(const char *name, const T &content) {
    key(name).value(content);
  }
  void field(const char *name, const char *content) {
    key(name).value(std::string(content));
  }

private:
  void separate() {
    if (!first)
      text += ", ";
    first = false;
  }
  void quote(const std::string &string) {
    text += '"';
    for (char c : string) {
      if (c == '"' || c == '\\') {
        text += '\\';
        text += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        char buffer[8];
        std::snprintf(buffer, sizeof buffer, "\\u%04x", c);
        text += buffer;
      } else {
        text += c;
      }
    }
    text += '"';
  }

  bool first = true;
};

const char *sectionName(Section section) {
  switch (section) {
  case Section::Embedding:
    return "embedding";
  case Section::Block:
    return "block";
  case Section::Head:
    return "head";
  }
  return "block";
}

void write(Writer &json, const CostCycles &costs) {
  json.open('{');
  for (int i = 0; i < kNumCosts; ++i)
    json.field(costKey(static_cast<Cost>(i)), costs[i]);
  json.close('}');
}

void write(Writer &json, const CumulativeCycles &cumulative) {
  json.open('[');
  for (int64_t cycles : cumulative)
    json.value(cycles);
  json.close(']');
}

void write(Writer &json, const KernelReport &kernel) {
  json.open('{');
  json.field("id", int64_t(kernel.id));
  json.field("name", kernel.name);
  json.field("kind", kernel.kind);
  json.field("layer", int64_t(kernel.layer));
  json.field("phase", phaseName(kernel.phase));
  json.field("section", sectionName(kernel.section));
  json.field("cycles", kernel.cycles);
  json.field("nonzeros", kernel.nonzeros);
  json.field("multiply_adds", kernel.multiplyAdds);
  json.field("useful_multiply_adds", kernel.usefulMultiplyAdds);
  json.field("pruned", kernel.pruned);
  json.field("bottleneck", kernel.bottleneck);
  json.key("cumulative");
  write(json, kernel.cumulative);
  json.key("mapping").open('{');
  for (const auto &[name, content] : kernel.mapping)
    json.field(name.c_str(), content);
  json.close('}');
  json.close('}');
}

void write(Writer &json, const Ledger &ledger) {
  json.open('{');
  json.field("expected_cycles", ledger.expectedCycles);
  json.key("entries");
  write(json, ledger.entries);
  json.key("sparse");
  write(json, ledger.sparse);
  json.key("dense");
  write(json, ledger.dense);
  json.close('}');
}

void write(Writer &json, const Speedup &speedup) {
  json.open('{');
  json.field("cycles", speedup.cycles);
  json.field("dense_cycles", speedup.denseCycles);
  json.field("measured", speedup.measured);
  json.field("theory_executed", speedup.theory);
  json.field("ratio", speedup.ratio);
  json.close('}');
}

} // namespace

std::string toJson(const Report &report) {
  Writer json;
  json.open('{');
  json.field("fidelity", report.fidelity);
  json.field("cycles", report.cycles);
  json.field("seconds", report.seconds);
  json.field("cores", report.cores);
  json.field("tokens", report.tokens);
  json.key("cumulative");
  write(json, report.cumulative);
  json.key("counters").open('{');
  for (const auto &[name, amount] : report.counters)
    json.field(name.c_str(), amount);
  json.close('}');
  json.key("kernels").open('[');
  for (const KernelReport &kernel : report.kernels)
    write(json, kernel);
  json.close(']');
  json.close('}');
  return json.text;
}

std::string toJson(const Comparison &comparison) {
  Writer json;
  json.open('{');
  json.key("speedup");
  write(json, comparison.step);
  json.key("linears");
  write(json, comparison.linears);
  json.key("ledger");
  write(json, comparison.ledger);
  json.key("kernels").open('[');
  for (const KernelComparison &kernel : comparison.kernels) {
    json.open('{');
    json.field("name", kernel.name);
    json.field("kind", kernel.kind);
    json.field("layer", int64_t(kernel.layer));
    json.field("phase", phaseName(kernel.phase));
    json.field("sparse_id", int64_t(kernel.sparseId));
    json.field("dense_id", int64_t(kernel.denseId));
    json.key("speedup");
    write(json, kernel.speedup);
    json.key("ledger");
    write(json, kernel.ledger);
    json.close('}');
  }
  json.close(']');
  json.close('}');
  return json.text;
}

std::string toJson(const Utilization &utilization) {
  Writer json;
  json.open('{');
  json.field("useful_4", utilization.useful4);
  json.field("useful_8", utilization.useful8);
  json.field("executed_4", utilization.executed4);
  json.field("executed_8", utilization.executed8);
  json.close('}');
  return json.text;
}

} // namespace waferflow
