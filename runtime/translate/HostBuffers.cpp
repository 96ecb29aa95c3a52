//===- HostBuffers.cpp - What the host writes into SRAM and reads ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/translate/HostBuffers.h"

#include "runtime/translate/FabricTasks.h"
#include "simulator/cycle/Numbers.h"

#include <algorithm>

using namespace mlir;
using namespace waferflow::fabric;

namespace waferflow {

namespace {

constexpr int64_t kBehindAll = 2147483647; ///< behind all sorted tokens

Error wrong(HostAttr host, std::string what) {
  std::string of = host.getTensor().empty()
                       ? std::string()
                       : " of tensor '" + host.getTensor().str() + "'";
  return {"form " + host.getForm().str() + of, std::move(what)};
}

/// A write's or read's memory: elements of one type at an address.
struct Place {
  cycle::DataType type;
  int64_t extent, address;

  Place(MemRefType memref, int64_t address)
      : type(toDataType(memref.getElementType())),
        extent(memref.getNumElements()), address(address) {}
  int64_t bytes() const { return extent * cycle::dataBytes(type); }
};

std::optional<Error> checkPlace(HostAttr host, const Place &place,
                                SelectAttr cores,
                                const cycle::SramImage &image) {
  if (place.address % cycle::dataBytes(place.type))
    return wrong(host, "expected an address that is a multiple of " +
                           std::to_string(cycle::dataBytes(place.type)) +
                           ", got " + std::to_string(place.address));
  if (place.address + place.bytes() > image.bytesPerCore())
    return wrong(
        host, "ends at byte " + std::to_string(place.address + place.bytes()) +
                  "; a core has " + std::to_string(image.bytesPerCore()));
  if (cores.getXEnd() > image.width() || cores.getYEnd() > image.height())
    return wrong(host, "expected cores within " +
                           std::to_string(image.width()) + " x " +
                           std::to_string(image.height()));
  return std::nullopt;
}

/// The elements of one core, and where they come from or go to.
class CoreView {
public:
  CoreView(HostSide &side, int64_t x, int64_t y) : side(side), x(x) {
    tokens.assign(side.tokens().tokensPerCore, -1);
    if (side.hasGroup(x))
      tokens = tokensAt(side.tokens(), side.groupOf(x), y);
  }

  std::vector<int64_t> tokens; ///< by local place, -1 where padding is

  /// Calls body(element of the buffer, feature, token) for all that the core
  /// holds of an activation.
  template <typename Body>
  void eachActivation(const HostLayout &layout, Body body) const {
    if (!side.hasGroup(x))
      return;
    const auto &slots = layout.features.features[side.columnOf(x)];
    int64_t tl = static_cast<int64_t>(tokens.size());
    for (size_t slot = 0; slot < slots.size(); ++slot)
      for (int64_t place = 0; slots[slot] >= 0 && place < tl; ++place)
        if (tokens[place] >= 0)
          body(static_cast<int64_t>(slot) * tl + place, slots[slot],
               tokens[place]);
  }

private:
  HostSide &side;
  int64_t x;
};

template <typename Body> void eachCore(SelectAttr cores, Body body) {
  for (int64_t y = cores.getYBegin(); y < cores.getYEnd(); ++y)
    for (int64_t x = cores.getXBegin(); x < cores.getXEnd(); ++x)
      if (cores.contains(x, y))
        body(x, y);
}

bool hasSlots(StringRef form) {
  return form == "activations" || form == "positions" || form == "features";
}

/// What a buffer of this form must have room for.
std::optional<Error> checkExtent(HostSide &side, HostAttr host,
                                 const Place &place) {
  StringRef form = host.getForm();
  int64_t tl = side.tokens().tokensPerCore;
  if (hasSlots(form)) {
    auto layout = side.layout(host);
    if (!layout)
      return layout.errors.front();
    int64_t each = form == "features" ? 1 : tl;
    int64_t least = (*layout)->features.slots() * each;
    if (place.extent < least || place.extent % each)
      return wrong(host, "expected a buffer of at least " +
                             std::to_string(least) + " elements, " +
                             std::to_string(each) + " a slot, got " +
                             std::to_string(place.extent));
    return std::nullopt;
  }
  int64_t expected = form == "scalar"          ? 1
                     : form == "sorted_tokens" ? tl + 1
                                               : tl;
  if (place.extent != expected)
    return wrong(host, "expected a buffer of " + std::to_string(expected) +
                           " elements, got " + std::to_string(place.extent));
  return std::nullopt;
}

/// What a tensor of this form must have: an element a token, a feature, or one
/// for each of both.
std::optional<Error> checkShape(HostSide &side, HostAttr host, bool integer,
                                const std::vector<int64_t> &shape) {
  StringRef form = host.getForm();
  int64_t tokens = side.tokens().tokens, expected = tokens, last = 0;
  if (hasSlots(form)) {
    auto layout = side.layout(host);
    if (!layout)
      return layout.errors.front();
    last = (*layout)->featureCount;
    expected = last * (form == "features"    ? 1
                       : form == "positions" ? side.tokens().seq
                                             : tokens);
  }
  if (form == "scalar")
    expected = 1;
  // Positions of the first features stand for all that repeat them.
  if (form == "positions" && shape.size() == 2 && shape[1] > 0 &&
      last % shape[1] == 0) {
    last = shape[1];
    expected = last * side.tokens().seq;
  }
  // The features may have several dimensions, the last ones.
  int64_t inner = 1;
  for (size_t d = shape.size(); d > 0 && inner < last; --d)
    inner *= shape[d - 1];
  if (elementsOf(shape) != expected || (last && inner != last))
    return wrong(
        host,
        "expected a tensor of " + std::to_string(expected) + " elements" +
            (last ? ", " + std::to_string(last) + " features" : std::string()) +
            ", got " + describe(integer, shape));
  bool sorted = form.starts_with("sorted");
  if ((sorted && !integer) || (hasSlots(form) && integer))
    return wrong(host, std::string("expected a tensor of ") +
                           (sorted ? "integers" : "floats") + ", got " +
                           describe(integer, shape));
  return std::nullopt;
}

/// Sets elements of one core's buffer.
class Filler {
public:
  Filler(HostAttr host, const Place &place, uint8_t *at)
      : host(host), place(place), at(at) {}

  void set(int64_t element, float value) {
    cycle::writeBits(place.type, cycle::elementBits(place.type, value),
                     at + element * cycle::dataBytes(place.type));
  }
  void set(int64_t element, int64_t value) {
    bool half = place.type == cycle::DataType::I16;
    if (place.type != cycle::DataType::I32 && !half)
      return set(element, static_cast<float>(value));
    int64_t most = half ? 32767 : kBehindAll;
    if ((value > most || value < -most - 1) && !error)
      error = wrong(host, "expected integers of " +
                              std::string(half ? "16" : "32") + " bits, got " +
                              std::to_string(value));
    cycle::writeBits(place.type, static_cast<uint32_t>(value),
                     at + element * cycle::dataBytes(place.type));
  }

  std::optional<Error> error;

private:
  HostAttr host;
  const Place &place;
  uint8_t *at;
};

/// The core's tokens by local place, sorted by what the tensor says of them.
std::vector<std::pair<int64_t, int64_t>> sorted(const CoreView &core,
                                                const HostTensor &tensor) {
  std::vector<std::pair<int64_t, int64_t>> pairs;
  for (size_t place = 0; place < core.tokens.size(); ++place)
    if (core.tokens[place] >= 0)
      pairs.push_back(
          {tensor.integers()[core.tokens[place]], static_cast<int64_t>(place)});
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

void fill(HostSide &side, HostAttr host, const HostTensor &tensor,
          const HostLayout *layout, const CoreView &core, Filler &to) {
  StringRef form = host.getForm();
  int64_t tl = side.tokens().tokensPerCore, seq = side.tokens().seq;
  if (form == "activations" || form == "positions") {
    bool positions = form == "positions";
    int64_t features =
        positions ? elementsOf(tensor.shape) / seq : layout->featureCount;
    core.eachActivation(
        *layout, [&](int64_t element, int64_t feature, int64_t token) {
          int64_t row = positions ? token % seq : token;
          to.set(element, tensor.floats()[row * features + feature % features]);
        });
    return;
  }
  if (form == "sorted_tokens" || form == "sorted_slots") {
    auto pairs = sorted(core, tensor);
    bool values = form == "sorted_tokens";
    for (int64_t i = 0; i < tl + values; ++i) {
      bool there = i < static_cast<int64_t>(pairs.size());
      to.set(i, values ? (there ? pairs[i].first : kBehindAll)
                       : (there ? pairs[i].second : int64_t(0)));
    }
    return;
  }
  // tokens: of those `shift` later in the same sequence.
  for (int64_t place = 0; place < tl; ++place) {
    int64_t token = core.tokens[place];
    int64_t inSequence = token < 0 ? -1 : token % seq + host.getShift();
    if (inSequence < 0 || inSequence >= seq) {
      to.set(place, host.getPad());
      continue;
    }
    token += host.getShift();
    if (tensor.isInteger())
      to.set(place, tensor.integers()[token]);
    else
      to.set(place, tensor.floats()[token]);
  }
}

} // namespace

Result<int64_t> HostBuffers::write(WriteOp write, const HostTensors &tensors,
                                   cycle::SramImage &image) {
  HostAttr host = write.getHost();
  Place place(cast<MemRefType>(write.getType()), write.getAddress());
  auto tensor = side.tensor(host, tensors);
  if (!tensor)
    return tensor.errors;
  for (auto error :
       {checkPlace(host, place, write.getCores(), image),
        checkExtent(side, host, place),
        checkShape(side, host, (*tensor)->isInteger(), (*tensor)->shape)})
    if (error)
      return *error;
  std::shared_ptr<const HostLayout> layout;
  if (hasSlots(host.getForm())) {
    auto found = side.layout(host);
    if (!found)
      return found.errors;
    layout = *found;
  }
  std::optional<Error> failed;
  int64_t bytes = 0;
  eachCore(write.getCores(), [&](int64_t x, int64_t y) {
    uint8_t *at = image.core(x, y) + place.address;
    std::fill(at, at + place.bytes(), 0);
    bytes += place.bytes();
    Filler filler(host, place, at);
    if (host.getForm() == "features") {
      if (side.hasGroup(x))
        for (auto [slot, feature] :
             llvm::enumerate(layout->features.features[side.columnOf(x)]))
          if (feature >= 0)
            filler.set(static_cast<int64_t>(slot),
                       (*tensor)->floats()[feature]);
    } else {
      fill(side, host, **tensor, layout.get(), CoreView(side, x, y), filler);
    }
    if (filler.error && !failed)
      failed = filler.error;
  });
  if (failed)
    return *failed;
  return bytes;
}

Result<int64_t> HostBuffers::read(ReadOp read, const cycle::SramImage &image,
                                  HostTensors &results) {
  HostAttr host = read.getHost();
  Place place(cast<MemRefType>(read.getType()), read.getAddress());
  const HostDeclaration *to = side.result(host.getTensor().str());
  if (!to)
    return wrong(host, "expected a result of that name, got none");
  for (auto error : {checkPlace(host, place, read.getCores(), image),
                     checkExtent(side, host, place),
                     checkShape(side, host, to->integer, to->shape)})
    if (error)
      return *error;
  HostTensor &tensor =
      results.try_emplace(to->name, HostTensor::zeros(to->shape, to->integer))
          .first->second;
  std::vector<bool> taken(elementsOf(to->shape));
  std::shared_ptr<const HostLayout> layout;
  if (host.getForm() == "activations") {
    auto found = side.layout(host);
    if (!found)
      return found.errors;
    layout = *found;
  }
  int64_t bytes = 0;
  eachCore(read.getCores(), [&](int64_t x, int64_t y) {
    const uint8_t *at = image.core(x, y) + place.address;
    auto take = [&](int64_t element, int64_t position) {
      if (taken[position])
        return;
      taken[position] = true;
      bytes += cycle::dataBytes(place.type);
      const uint8_t *from = at + element * cycle::dataBytes(place.type);
      if (!tensor.isInteger()) {
        tensor.floats()[position] = cycle::readElement(place.type, from);
        return;
      }
      int32_t word = 0;
      std::memcpy(&word, from, cycle::dataBytes(place.type));
      tensor.integers()[position] =
          place.type == cycle::DataType::I32 ? word
          : place.type == cycle::DataType::I16
              ? static_cast<int16_t>(word)
              : static_cast<int64_t>(cycle::readElement(place.type, from));
    };
    CoreView core(side, x, y);
    if (layout)
      core.eachActivation(
          *layout, [&](int64_t element, int64_t feature, int64_t token) {
            take(element, token * layout->featureCount + feature);
          });
    else if (host.getForm() == "scalar")
      take(0, 0);
    else
      for (size_t i = 0; i < core.tokens.size(); ++i)
        if (core.tokens[i] >= 0)
          take(static_cast<int64_t>(i), core.tokens[i]);
  });
  int64_t all = static_cast<int64_t>(taken.size());
  if (layout) { // of replicas one is enough
    std::vector<bool> has(layout->featureCount);
    for (const auto &column : layout->features.features)
      for (int64_t feature : column)
        if (feature >= 0)
          has[feature] = true;
    all = std::count(has.begin(), has.end(), true) * side.tokens().tokens;
  }
  int64_t missing = all - std::count(taken.begin(), taken.end(), true);
  if (missing)
    return wrong(host, std::to_string(missing) + " of " + std::to_string(all) +
                           " elements are on no core that is read");
  std::vector<bool> &known = seen[to->name];
  known.resize(taken.size());
  for (size_t i = 0; i < taken.size(); ++i)
    known[i] = known[i] || taken[i];
  return bytes;
}

std::optional<Error> HostBuffers::checkWhole() const {
  for (const auto &[name, known] : seen)
    if (int64_t missing = std::count(known.begin(), known.end(), false))
      return Error{"result '" + name + "'",
                   std::to_string(missing) + " of " +
                       std::to_string(known.size()) +
                       " elements are read from no core"};
  return std::nullopt;
}

} // namespace waferflow
