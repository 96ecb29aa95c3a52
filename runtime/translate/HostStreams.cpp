//===- HostStreams.cpp - What enters and leaves at the edge ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/translate/HostStreams.h"

#include "runtime/translate/FabricTasks.h"
#include "simulator/cycle/Numbers.h"

using namespace mlir;
using namespace waferflow::fabric;

namespace waferflow {

namespace {

/// What an i16 says.
constexpr int64_t mostPlaces = 32768;

/// Puts elements into wavelets, two 16-bit ones or one.
class Writer {
public:
  Writer(cycle::DataType type, std::vector<cycle::Wavelet> &out)
      : type(type), out(out) {}

  void element(float value) {
    uint32_t bits = cycle::elementBits(type, value);
    if (cycle::dataBytes(type) == 4) {
      out.push_back({bits, false});
    } else if (half) {
      out.back().data |= bits << 16;
      half = false;
    } else {
      out.push_back({bits, false});
      half = true;
    }
  }
  /// Value and index of a nonzero.
  void nonzero(float value, int32_t slot) {
    uint32_t bits = cycle::elementBits(type, value);
    uint32_t index = static_cast<uint32_t>(slot);
    if (cycle::dataBytes(type) == 2) {
      out.push_back({bits | index << 16, false});
    } else {
      out.push_back({index, false});
      out.push_back({bits, false});
    }
  }
  /// A position: its slot, and where its result goes.
  void index(int32_t slot, int64_t place = 0) {
    out.push_back({static_cast<uint32_t>(slot | place << 16), false});
  }
  /// What follows begins in a wavelet of its own.
  void endRow() { half = false; }
  void control(int64_t task, int32_t data) {
    cycle::Control control;
    control.task = static_cast<int32_t>(task);
    control.data = data;
    out.push_back({cycle::encode(control), true});
  }

private:
  cycle::DataType type;
  std::vector<cycle::Wavelet> &out;
  bool half = false; ///< the last wavelet has room for one more
};

Error wrong(HostAttr host, std::string what) {
  return {"form " + host.getForm().str() + " of tensor '" +
              host.getTensor().str() + "'",
          std::move(what)};
}

bool isVertical(Link side) {
  return side == Link::North || side == Link::South;
}

std::optional<Error> checkLane(HostAttr host, Link side) {
  if (isVertical(side))
    return std::nullopt;
  return wrong(host, "expected lanes that are columns (north or south), got " +
                         stringifyEnum(side).str());
}

} // namespace

Result<std::vector<LaneRow>> HostStreams::rows(HostAttr host, int64_t lane) {
  auto layout = side.layout(host);
  if (!layout)
    return layout.errors;
  auto live = side.positions(host.getTensor().str());
  if (!live)
    return live.errors;
  const HostLayout &lay = **layout;
  const LivePositions &positions = **live;
  bool transposed = host.getTransposed();
  int64_t rowCount = transposed ? positions.columns : positions.rows;
  int64_t featureCount = transposed ? positions.rows : positions.columns;
  if (rowCount != lay.rowCount || featureCount != lay.featureCount)
    return wrong(host, "expected orders of " + std::to_string(rowCount) +
                           " rows and " + std::to_string(featureCount) +
                           " features, got " + std::to_string(lay.rowCount) +
                           " and " + std::to_string(lay.featureCount));
  std::vector<LaneRow> result;
  if (!side.hasGroup(lane))
    return result;
  int64_t column = side.columnOf(lane);
  if (lay.group[column] < 0)
    return result;
  const OutputGroup &group = lay.rows.groups[lay.group[column]];
  int32_t members = static_cast<int32_t>(group.columns.size());
  const std::vector<int32_t> &features = lay.features.features[column];
  for (const OutputGroup::Row &row : group.rows) {
    LaneRow out;
    out.row = row;
    int32_t member = lay.member[column];
    out.role = member == row.member                   ? 2
               : member == (row.member + 1) % members ? 0
                                                      : 1;
    for (size_t slot = 0; slot < features.size(); ++slot) {
      int64_t r = transposed ? features[slot] : row.feature;
      int64_t c = transposed ? row.feature : features[slot];
      LaneRow::Element element{static_cast<int32_t>(slot), -1};
      if (features[slot] >= 0) {
        if (!positions.live(r, c))
          continue;
        element.position = r * positions.columns + c;
      } else if (!positions.bits.empty()) {
        continue;
      }
      out.elements.push_back(element);
    }
    result.push_back(std::move(out));
  }
  return result;
}

Result<std::vector<std::vector<int64_t>>>
HostStreams::slotPositions(HostAttr host, const std::vector<int64_t> &shape,
                           int64_t lane) {
  auto layout = side.layout(host);
  if (!layout)
    return layout.errors;
  int64_t features = shape.empty() ? 1 : shape.back();
  int64_t rows = elementsOf(shape) / std::max<int64_t>(1, features);
  bool table = host.getForm().starts_with("table");
  if (features != (*layout)->featureCount || (!table && rows != 1))
    return wrong(host, "expected " +
                           std::string(table ? "a tensor [rows, " : "[") +
                           std::to_string((*layout)->featureCount) + "], got " +
                           describe(false, shape));
  std::vector<std::vector<int64_t>> result;
  if (!side.hasGroup(lane))
    return result;
  const std::vector<int32_t> &slots =
      (*layout)->features.features[side.columnOf(lane)];
  for (int64_t r = 0; r < rows; ++r) {
    std::vector<int64_t> row;
    for (int32_t feature : slots)
      row.push_back(feature < 0 ? -1 : r * features + feature);
    result.push_back(std::move(row));
  }
  return result;
}

Result<LaneStream> HostStreams::stream(InjectOp inject, int64_t lane,
                                       const HostTensors &tensors) {
  LaneStream result;
  HostAttr host = inject.getHostAttr();
  if (!host)
    return Error{"stream '" + inject.getStream().str() + "'",
                 "expected a host that says what it carries, got none"};
  if (auto error = checkLane(host, inject.getSide()))
    return *error;
  cycle::DataType type = toDataType(inject.getElement());
  if (type == cycle::DataType::I16 || type == cycle::DataType::I32) {
    if (host.getForm() != "mask")
      return wrong(host, "expected f16, bf16 or f32, got integers");
  }
  Writer writer(type, result.wavelets);
  bool weights = host.getForm() == "weights", mask = host.getForm() == "mask";
  if (weights || mask) {
    auto lane_ = rows(host, lane);
    if (!lane_)
      return lane_.errors;
    auto live = side.positions(host.getTensor().str());
    if (mask && (*live)->bits.empty())
      return wrong(host, "expected a weight with a mask, got a dense one");
    const HostTensor *values = nullptr;
    if (weights) {
      auto tensor = side.tensor(host, tensors);
      if (!tensor)
        return tensor.errors;
      values = *tensor;
    }
    int64_t places = inject.getPlaces().value_or(0), taken = 0;
    int64_t slots = places ? (*side.layout(host))->features.slots() : 0;
    if (places * slots > mostPlaces)
      return wrong(host, "expected at most " + std::to_string(mostPlaces) +
                             " places, got " + std::to_string(places) + " x " +
                             std::to_string(slots));
    for (const LaneRow &row : *lane_) {
      int64_t place = places ? taken % places * slots : 0;
      taken += !row.elements.empty();
      for (const LaneRow::Element &element : row.elements) {
        float value = values && element.position >= 0
                          ? values->floats()[element.position]
                          : 0.0f;
        result.nonzeros += weights && element.position >= 0;
        if (mask)
          writer.index(element.slot, places ? place++ : 0);
        else if (inject.getIndexed())
          writer.nonzero(value, element.slot);
        else
          writer.element(value);
      }
      writer.endRow();
      if (auto ends = inject.getEnds())
        writer.control(static_cast<int64_t>(*ends) +
                           (inject.getRoles() ? row.role : 0),
                       inject.getRoles() ? row.row.slot
                       : places ? static_cast<int32_t>(row.elements.size())
                                : 0);
    }
    return result;
  }
  if (host.getForm() != "table" && host.getForm() != "features")
    return wrong(host, "is no form of a stream that enters");
  auto tensor = side.tensor(host, tensors);
  if (!tensor)
    return tensor.errors;
  if ((*tensor)->isInteger())
    return wrong(host, "expected a tensor of floats, got integers");
  auto positions = slotPositions(host, (*tensor)->shape, lane);
  if (!positions)
    return positions.errors;
  for (const std::vector<int64_t> &row : *positions) {
    for (int64_t position : row)
      writer.element(position < 0 ? 0.0f : (*tensor)->floats()[position]);
    writer.endRow();
    if (auto ends = inject.getEnds())
      writer.control(static_cast<int64_t>(*ends), 0);
  }
  return result;
}

Result<std::vector<std::vector<int64_t>>> HostStreams::drained(DrainOp drain,
                                                               int64_t lane) {
  HostAttr host = drain.getHostAttr();
  if (auto error = checkLane(host, drain.getSide()))
    return *error;
  if (host.getFeatures() && host.getFeatures().getGo() != 1)
    return wrong(host, "expected one output group, got " +
                           std::to_string(host.getFeatures().getGo()));
  const HostDeclaration *to = side.result(host.getTensor().str());
  if (!to)
    return wrong(host, "expected a result of that name, got none");
  if (to->integer)
    return wrong(host, "expected a result of f32, got integers");
  if (host.getForm() == "table_gradient" ||
      host.getForm() == "feature_gradient")
    return slotPositions(host, to->shape, lane);
  if (host.getForm() != "gradient")
    return wrong(host, "is no form of a stream that leaves");
  if (!drain.getElement().isF32())
    return wrong(host, "expected elements of f32");
  auto laneRows = rows(host, lane);
  if (!laneRows)
    return laneRows.errors;
  std::vector<std::vector<int64_t>> result;
  for (const LaneRow &row : *laneRows) {
    std::vector<int64_t> positions;
    for (const LaneRow::Element &element : row.elements)
      positions.push_back(element.position);
    result.push_back(std::move(positions));
  }
  return result;
}

Result<int64_t> HostStreams::expectedWavelets(DrainOp drain, int64_t lane) {
  auto positions = drained(drain, lane);
  if (!positions)
    return positions.errors;
  int64_t perWavelet = 4 / cycle::dataBytes(toDataType(drain.getElement()));
  int64_t count = 0;
  for (const std::vector<int64_t> &row : *positions)
    count += (static_cast<int64_t>(row.size()) + perWavelet - 1) / perWavelet;
  return count;
}

std::optional<Error> HostStreams::collect(DrainOp drain, int64_t lane,
                                          const std::vector<uint32_t> &wavelets,
                                          HostTensors &results) {
  auto positions = drained(drain, lane);
  if (!positions)
    return positions.errors.front();
  HostAttr host = drain.getHostAttr();
  std::string name = host.getTensor().str();
  auto it = results.find(name);
  if (it == results.end())
    it = results
             .emplace(name, HostTensor::zeros(side.result(name)->shape, false))
             .first;
  std::vector<float> &sum = it->second.floats();
  cycle::DataType type = toDataType(drain.getElement());
  int64_t bytes = cycle::dataBytes(type);
  size_t at = 0;
  for (const std::vector<int64_t> &row : *positions) {
    size_t rowWavelets = (row.size() * bytes + 3) / 4;
    if (at + rowWavelets > wavelets.size())
      return wrong(host, "lane " + std::to_string(lane) +
                             ": expected more than " +
                             std::to_string(wavelets.size()) + " wavelets");
    const uint8_t *data =
        reinterpret_cast<const uint8_t *>(wavelets.data() + at);
    for (size_t i = 0; i < row.size(); ++i)
      if (row[i] >= 0)
        sum[row[i]] += cycle::readElement(type, data + i * bytes);
    at += rowWavelets;
  }
  if (at != wavelets.size())
    return wrong(host, "lane " + std::to_string(lane) + ": expected " +
                           std::to_string(at) + " wavelets, got " +
                           std::to_string(wavelets.size()));
  return std::nullopt;
}

} // namespace waferflow
