//===- AttentionDefinition.cpp - What attention is ------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/cases/AttentionCase.h"

#include <algorithm>
#include <cmath>

namespace waferflow {

std::map<std::string, std::vector<double>>
attentionByDefinition(const AttentionCase &c,
                      const std::map<std::string, Rows> &inputs) {
  int64_t wide = c.heads * c.dim, narrow = c.kv * c.dim, s = c.seq;
  const Rows &q = inputs.at("q"), &k = inputs.at("k"), &v = inputs.at("v"),
             &g = inputs.at("g");
  std::map<std::string, std::vector<double>> result;
  for (const char *name : {"o", "dq", "o.size", "dq.size"})
    result[name].assign(c.tokens() * wide, 0);
  for (const char *name : {"dk", "dv", "dk.size", "dv.size"})
    result[name].assign(c.tokens() * narrow, 0);
  auto add = [&](const char *name, int64_t at, double a, double size,
                 double b) {
    result[name][at] += a * b;
    result[std::string(name) + ".size"][at] += size * std::abs(b);
  };
  for (int64_t b = 0; b < c.batch; ++b)
    for (int64_t h = 0; h < c.heads; ++h) {
      int64_t kvHead = h / (c.heads / c.kv);
      auto at = [&](int64_t i, int64_t d) {
        return (b * s + i) * wide + h * c.dim + d;
      };
      auto kvAt = [&](int64_t j, int64_t d) {
        return (b * s + j) * narrow + kvHead * c.dim + d;
      };
      for (int64_t i = 0; i < s; ++i) {
        int64_t seen = c.causal ? i + 1 : s;
        std::vector<double> p(seen), dp(seen), dpSize(seen);
        double most = -1e300, sum = 0, mean = 0, meanSize = 0;
        for (int64_t j = 0; j < seen; ++j) {
          for (int64_t d = 0; d < c.dim; ++d) {
            p[j] += c.scale() * q[at(i, d)] * k[kvAt(j, d)];
            double product = static_cast<double>(g[at(i, d)]) * v[kvAt(j, d)];
            dp[j] += product;
            dpSize[j] += std::abs(product);
          }
          most = std::max(most, p[j]);
        }
        for (double &each : p)
          sum += each = std::exp(each - most);
        for (int64_t j = 0; j < seen; ++j) {
          mean += (p[j] /= sum) * dp[j];
          meanSize += p[j] * dpSize[j];
        }
        for (int64_t j = 0; j < seen; ++j)
          for (int64_t d = 0; d < c.dim; ++d) {
            double ds = c.scale() * p[j] * (dp[j] - mean);
            double dsSize = c.scale() * p[j] * (dpSize[j] + meanSize);
            add("o", at(i, d), p[j], p[j], v[kvAt(j, d)]);
            add("dv", kvAt(j, d), p[j], p[j], g[at(i, d)]);
            add("dq", at(i, d), ds, dsSize, k[kvAt(j, d)]);
            add("dk", kvAt(j, d), ds, dsSize, q[at(i, d)]);
          }
      }
    }
  return result;
}

} // namespace waferflow
