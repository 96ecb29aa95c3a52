//===- AttentionReference.cpp - Attention as the cores compute it ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/AttentionReference.h"

#include "tests/conformance/Case.h"

#include <cmath>

namespace waferflow::conformance {

namespace {

float exponential(float x) {
  return static_cast<float>(std::exp(static_cast<double>(x)));
}
float inverse(float x) {
  return static_cast<float>(1 / static_cast<double>(x));
}

/// The columns of a head, in the order of their ring, and the dims of each.
using Team = std::vector<std::vector<int64_t>>;

class Cores {
public:
  Cores(const AttentionCase &c, const AttentionPlaces &places, bool backward,
        const std::map<std::string, Rows> &inputs)
      : c(c), places(places), backward(backward), q(inputs.at("q")),
        k(inputs.at("k")), v(inputs.at("v")), rows(places.rowsPerSequence),
        most((c.seq + rows - 1) / rows), block(std::min(c.keyBlock, most)),
        sums(c.accumulate == "f32" ? "f32" : c.type) {
    if (backward)
      g = inputs.at("g");
    float scale = rounded(c.type, static_cast<float>(c.scale()));
    scaled = k;
    if (static_cast<float>(c.scale()) != 1)
      for (float &key : scaled)
        key = rounded(c.type, key * scale);
  }

  std::map<std::string, Rows> run() {
    int64_t wide = c.tokens() * c.heads * c.dim;
    out.assign(wide, 0);
    if (backward)
      keyGradient.assign(wide, 0), valueGradient.assign(wide, 0);
    for (sequence = 0; sequence < c.batch; ++sequence)
      for (head = 0; head < c.heads; ++head)
        ofHead();
    for (float &value : out)
      value = rounded(c.type, value);
    if (!backward)
      return {{"o", out}};
    float scale = rounded(sums, static_cast<float>(c.scale()));
    if (static_cast<float>(c.scale()) != 1)
      for (float &value : keyGradient)
        value = rounded(sums, value * scale);
    return {
        {"dq", out}, {"dk", home(keyGradient)}, {"dv", home(valueGradient)}};
  }

private:
  //===------------------------------------------------------------------===//
  // Where tokens and features are
  //===------------------------------------------------------------------===//

  /// Tokens of a sequence in its row `row`: they are dealt.
  int64_t tokensOf(int64_t row) const {
    return (c.seq - row + rows - 1) / rows;
  }
  int64_t tokenAt(int64_t row, int64_t place) const {
    return sequence * c.seq + row + rows * place;
  }
  /// Element of a tensor of all heads, and of one of the shared heads.
  size_t at(int64_t token, int64_t dim) const {
    return (token * c.heads + head) * c.dim + dim;
  }
  size_t keyAt(int64_t token, int64_t dim) const {
    return (token * c.kv + head / (c.heads / c.kv)) * c.dim + dim;
  }
  Team team() const {
    Team result;
    for (const auto &column : places.queries.features) {
      std::vector<int64_t> dims;
      for (int32_t feature : column)
        if (feature >= 0 && feature / c.dim == head)
          dims.push_back(feature % c.dim);
      if (!dims.empty())
        result.push_back(dims);
    }
    return result;
  }

  /// Keys that query `query` of row `row` meets, block by block in the order in
  /// which they come by: visit(row of the keys, their places, the first query
  /// that meets one of the block).
  template <typename Visit>
  void eachBlock(int64_t row, int64_t query, Visit visit) const {
    for (int64_t step = 0; step < rows; ++step) {
      int64_t from = (row - step + rows) % rows;
      int64_t shift = c.causal && from > row;
      int64_t seen = tokensOf(from);
      if (c.causal)
        seen = std::min(seen, tokensOf(row) - shift);
      for (int64_t first = 0; first < seen; first += block) {
        std::vector<int64_t> keys;
        for (int64_t key = first; key < std::min(first + block, seen); ++key)
          if (!c.causal || query >= key + shift)
            keys.push_back(key);
        if (!keys.empty())
          visit(from, keys, c.causal ? first + shift : 0);
      }
    }
  }

  //===------------------------------------------------------------------===//
  // Arithmetic
  //===------------------------------------------------------------------===//

  /// y + a x in the accumulation type.
  float fused(float a, float x, float y) const {
    return sums == "f32" ? multiplyAdd(a, x, y) : rounded(sums, a * x + y);
  }
  /// The member of a team to which a query is dealt, of those of a row from
  /// `first` on.
  int64_t ownerOf(int64_t row, int64_t query, int64_t first,
                  int64_t members) const {
    int64_t chunk = (tokensOf(row) - first + members - 1) / members;
    return (query - first) / chunk;
  }
  /// What the columns of the head have, from the one behind the owner on.
  float aroundTeam(const std::string &type, int64_t owner,
                   const std::vector<float> &parts) const {
    auto members = static_cast<int64_t>(parts.size());
    float total = parts[(owner + 1) % members];
    for (int64_t i = 2; i <= members; ++i)
      total = rounded(type, parts[(owner + i) % members] + total);
    return total;
  }
  /// A score: of a key or value and of what the query's core has.
  float product(const Team &team, const Rows &block, int64_t key,
                const Rows &own, int64_t token, int64_t owner) const {
    std::vector<float> parts;
    for (const auto &dims : team) {
      float part = 0;
      for (size_t i = 0; i < dims.size(); ++i) {
        float a = block[keyAt(key, dims[i])], b = own[at(token, dims[i])];
        part = i ? fused(a, b, part) : rounded(sums, a * b);
      }
      parts.push_back(part);
    }
    return aroundTeam(sums, owner, parts);
  }

  //===------------------------------------------------------------------===//
  // A head of a sequence
  //===------------------------------------------------------------------===//

  struct Softmax {
    float most = -1e30f;
    std::vector<float> sums; ///< of what each column exponentiated
    float sum = 0;           ///< of these
  };

  /// Leaves o in `out`.
  Softmax softmax(const Team &team, int64_t row, int64_t query) {
    Softmax state;
    auto members = static_cast<int64_t>(team.size());
    state.sums.assign(members, 0);
    int64_t token = tokenAt(row, query);
    eachBlock(
        row, query,
        [&](int64_t from, const std::vector<int64_t> &keys, int64_t first) {
          int64_t owner = ownerOf(row, query, first, members);
          std::vector<float> scores;
          float largest = state.most;
          for (int64_t key : keys) {
            scores.push_back(
                product(team, scaled, tokenAt(from, key), q, token, owner));
            largest = std::max(largest, scores.back());
          }
          float exact = exponential(state.most - largest);
          float shrunk = rounded(sums, exact);
          for (int64_t i = 0; i < members; ++i)
            state.sums[i] *= i == owner ? exact : shrunk;
          state.most = largest;
          for (float &score : scores) {
            score = rounded(sums, exponential(score - largest));
            state.sums[owner] += score;
          }
          for (int64_t dim = 0; dim < c.dim; ++dim) {
            float &o = out[at(token, dim)];
            o = rounded(sums, o * shrunk);
            for (size_t i = 0; i < keys.size(); ++i)
              o = fused(v[keyAt(tokenAt(from, keys[i]), dim)], scores[i], o);
          }
        });
    state.sum = aroundTeam("f32", ownerOf(row, query, 0, members), state.sums);
    float share = rounded(sums, inverse(state.sum));
    for (int64_t dim = 0; dim < c.dim; ++dim) {
      float &o = out[at(token, dim)];
      o = rounded(sums, o * share);
    }
    return state;
  }

  void ofHead() {
    Team columns = team();
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t query = 0; query < tokensOf(row); ++query) {
        Softmax state = softmax(columns, row, query);
        if (backward)
          differentiate(columns, row, query, state);
      }
    if (backward)
      addGradients();
  }

  /// Probabilities and gradients of scores, and dq in place of o.
  void differentiate(const Team &columns, int64_t row, int64_t query,
                     const Softmax &state) {
    int64_t token = tokenAt(row, query);
    std::vector<float> parts;
    for (const auto &dims : columns) {
      float part = 0;
      for (int64_t dim : dims)
        part = multiplyAdd(out[at(token, dim)], g[at(token, dim)], part);
      parts.push_back(part);
    }
    auto members = static_cast<int64_t>(columns.size());
    float mean = aroundTeam("f32", ownerOf(row, query, 0, members), parts);
    float log = static_cast<float>(std::log(static_cast<double>(state.sum)));
    float offset = state.most + log;
    for (int64_t dim = 0; dim < c.dim; ++dim)
      out[at(token, dim)] = 0;
    eachBlock(
        row, query,
        [&](int64_t from, const std::vector<int64_t> &keys, int64_t first) {
          int64_t owner = ownerOf(row, query, first, members);
          for (int64_t key : keys) {
            int64_t other = tokenAt(from, key);
            float p = product(columns, scaled, other, q, token, owner);
            float d = product(columns, v, other, g, token, owner);
            p = rounded(sums, exponential(p - offset));
            d = (d - mean) * p;
            Pair &pair = pairs[{token, other}];
            pair.p = p;
            pair.d = rounded(sums, d);
            for (int64_t dim = 0; dim < c.dim; ++dim) {
              float &dq = out[at(token, dim)];
              dq = fused(scaled[keyAt(other, dim)], pair.d, dq);
            }
          }
        });
  }

  /// Gradients of keys and values go with them round the rows: each row adds
  /// what its queries have.
  void addGradients() {
    for (int64_t from = 0; from < rows; ++from)
      for (int64_t key = 0; key < tokensOf(from); ++key)
        for (int64_t step = 0; step < rows; ++step) {
          int64_t row = (from + step) % rows, other = tokenAt(from, key);
          for (int64_t dim = 0; dim < c.dim; ++dim) {
            float &dk = keyGradient[at(other, dim)];
            float &dv = valueGradient[at(other, dim)];
            float keySum = dk, valueSum = dv;
            for (int64_t query = 0; query < tokensOf(row); ++query) {
              int64_t token = tokenAt(row, query);
              auto pair = pairs.find({token, other});
              if (pair == pairs.end())
                continue;
              valueSum =
                  multiplyAdd(pair->second.p, g[at(token, dim)], valueSum);
              keySum = multiplyAdd(pair->second.d, q[at(token, dim)], keySum);
            }
            dk = rounded(sums, keySum);
            dv = rounded(sums, valueSum);
          }
        }
    pairs.clear();
  }

  /// Back to where keys lie, summed over the heads that share them: first what
  /// is there, then what comes from the west, then from the east, the nearest
  /// first.
  Rows home(const Rows &gradient) const {
    std::vector<int64_t> columnOf(c.kv * c.dim);
    for (int64_t x = 0; x < places.keys.columns(); ++x)
      for (int32_t feature : places.keys.features[x])
        columnOf[feature] = x;
    int64_t share = c.heads / c.kv, all = c.heads * c.dim;
    Rows result(c.tokens() * c.kv * c.dim, 0.0f);
    for (int64_t feature = 0; feature < c.kv * c.dim; ++feature) {
      // By distance from the keys, those in the west first; then by slot.
      std::map<int64_t, std::vector<int64_t>> order;
      for (int64_t x = 0; x < places.queries.columns(); ++x)
        for (int32_t from : places.queries.features[x])
          if (from >= 0 && from / c.dim / share == feature / c.dim &&
              from % c.dim == feature % c.dim) {
            int64_t east = x - columnOf[feature];
            order[east <= 0 ? -east : all + east].push_back(from);
          }
      for (int64_t token = 0; token < c.tokens(); ++token) {
        float &sum = result[token * c.kv * c.dim + feature];
        for (const auto &[distance, heads] : order)
          for (int64_t from : heads)
            sum = rounded(c.type,
                          sum + rounded(c.type, gradient[token * all + from]));
      }
    }
    return result;
  }

  const AttentionCase &c;
  const AttentionPlaces &places;
  bool backward;
  Rows q, k, v, g, scaled;
  int64_t rows, most, block;
  std::string sums;
  Rows out, keyGradient, valueGradient; ///< in the accumulation type, all heads
  struct Pair {
    float p = 0, d = 0;
  };
  std::map<std::pair<int64_t, int64_t>, Pair> pairs; ///< query, key
  int64_t sequence = 0, head = 0;
};

} // namespace

std::map<std::string, Rows>
attentionOnCores(const AttentionCase &c, const AttentionPlaces &places,
                 bool backward, const std::map<std::string, Rows> &inputs) {
  return Cores(c, places, backward, inputs).run();
}

} // namespace waferflow::conformance
