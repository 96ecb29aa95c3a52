//===- Parameters.cpp - The one table of machine parameters ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/machine/Parameters.h"

#include <algorithm>
#include <cmath>

namespace waferflow {

namespace {

constexpr bool guess = true;

/// Builds the table, a group a function.
class Table {
public:
  std::vector<Parameter> rows;

  void addAll() {
    addClockAndFabric();
    addCore();
    addEdgeAndStore();
    addInstructions();
    addChipFacts();
    addCoreFacts();
    addFabricFacts();
    addEnergyFacts();
    addMeasurements();
  }

private:
  void integer(const char *key, int64_t Machine::*member, const char *unit,
               double lowest, double highest, const char *meaning,
               bool guessed = false) {
    rows.push_back({key, member, Parameter::Kind::Integer, unit, lowest,
                    highest, meaning, guessed, false});
  }
  void real(const char *key, double Machine::*member, const char *unit,
            double lowest, double highest, const char *meaning) {
    rows.push_back({key, member, Parameter::Kind::Real, unit, lowest, highest,
                    meaning, false, false});
  }
  void fact(const char *key, Parameter::Kind kind, const char *unit,
            double lowest, double highest, const char *meaning,
            bool optional = false) {
    rows.push_back({key, Parameter::Fact{}, kind, unit, lowest, highest,
                    meaning, false, optional});
  }
  void count(const char *key, const char *unit, const char *meaning) {
    fact(key, Parameter::Kind::Integer, unit, 1, 1e12, meaning);
  }
  void positive(const char *key, const char *unit, const char *meaning) {
    fact(key, Parameter::Kind::Real, unit, 1e-9, 1e18, meaning);
  }
  void measurement(const char *key, const char *unit, const char *meaning) {
    fact(key, Parameter::Kind::Real, unit, 1e-9, 1e18, meaning, true);
  }
  void rates(const char *op, std::initializer_list<const char *> types,
             std::initializer_list<const char *> operands,
             const std::string &meaning) {
    for (std::string type : types)
      for (std::string operand : operands) {
        // The rate at which a 16-bit dot product accumulates in f32 decides
        // what dW costs, and nobody publishes it.
        bool guessed = std::string(op) == "dot" && type != "f32";
        rows.push_back(
            {std::string("instruction.") + op + "." + type + "." + operand,
             Parameter::Instruction{}, Parameter::Kind::Real, "elements/cycle",
             1e-6, 1024,
             meaning + ", " + type +
                 (operand == "memory"  ? ", operands in SRAM"
                  : operand == "cache" ? ", partial sum in the cache"
                                       : ", one operand from the fabric"),
             guessed, false});
      }
  }

  void addClockAndFabric() {
    real("clock.ghz", &Machine::clockGhz, "GHz", 0.001, 100, "core clock");
    integer("fabric.width", &Machine::width, "columns", 1, 65536,
            "columns that kernels may use");
    integer("fabric.height", &Machine::height, "rows", 1, 65536,
            "rows that kernels may use");
    integer("fabric.hop_cycles", &Machine::hopCycles, "cycles", 1, 1000,
            "router to next router");
    integer("fabric.ramp_cycles", &Machine::rampCycles, "cycles", 0, 1000,
            "core to its router, or back (T_R)");
    real("fabric.link_wavelets_per_cycle", &Machine::linkWaveletsPerCycle,
         "wavelets/cycle", 0.001, 64, "one direction of one link");
    integer("fabric.colors", &Machine::colors, "colors", 1, 1024,
            "virtual channels of a router");
    integer("fabric.reserved_colors", &Machine::reservedColors, "colors", 0,
            1023, "colors that kernels may not use");
    integer("fabric.switch_positions", &Machine::switchPositions, "positions",
            1, 64, "routes that a color can step through");
    integer("fabric.buffer_wavelets", &Machine::bufferWavelets, "wavelets", 1,
            65536, "router buffer of a color and input");
    integer("fabric.switch_advance_cycles", &Machine::switchAdvanceCycles,
            "cycles", 0, 10000, "a control wavelet moves a switch", guess);
    integer("fabric.reroute_cycles", &Machine::rerouteCycles, "cycles", 0, 1e7,
            "routes of a core rewritten between two kernels", guess);
  }

  void addCore() {
    integer("pe.sram_bytes", &Machine::sramBytes, "bytes", 1024, 1073741824,
            "SRAM of a core, for code and data");
    integer("pe.code_bytes", &Machine::codeBytes, "bytes", 0, 1073741824,
            "program text and runtime in that SRAM", guess);
    integer("pe.cache_bytes", &Machine::cacheBytes, "bytes", 0, 1048576,
            "software-managed cache of a core");
    integer("pe.launch_cycles", &Machine::launchCycles, "cycles", 0, 10000,
            "restart of a configured microthread", guess);
    integer("pe.setup_cycles", &Machine::setupCycles, "cycles", 0, 10000,
            "set-up of a vector instruction from scalar code");
    integer("pe.row_end_cycles", &Machine::rowEndCycles, "cycles", 0, 10000,
            "task of the control wavelet that ends a weight row", guess);
    integer("pe.task_cycles", &Machine::taskCycles, "cycles", 0, 10000,
            "a software task activated by a wavelet");
    integer("pe.dispatch_cycles", &Machine::dispatchCycles, "cycles", 0, 10000,
            "send instruction to first wavelet on the link");
    integer("pe.complete_cycles", &Machine::completeCycles, "cycles", 0, 10000,
            "last wavelet to the completion task");
    integer("pe.input_queue_wavelets", &Machine::inputQueueWavelets, "wavelets",
            1, 65536, "input queue that a stream is bound to");
    integer("pe.output_queue_wavelets", &Machine::outputQueueWavelets,
            "wavelets", 1, 65536, "output queue that a stream is bound to");
    integer("pe.psum_in_cache", &Machine::psumInCache, "flag", 0, 1,
            "1: partial sums in the cache where they fit");
  }

  void addEdgeAndStore() {
    real("edge.bytes_per_second", &Machine::edgeBytesPerSecond, "bytes/s", 1,
         1e18, "off-wafer bandwidth, each direction");
    real("edge.latency_seconds", &Machine::edgeLatencySeconds, "s", 0, 1,
         "weight store to the wafer's edge");
    integer("edge.column_fifo", &Machine::edgeColumnFifo, "wavelets", 1,
            1073741824, "fifo of a column's lane at the edge");
    real("store.bytes_per_second", &Machine::storeBytesPerSecond, "bytes/s", 1,
         1e18, "memory of the weight store, for the optimizer");
    integer("store.optimizer_bytes_per_weight", &Machine::storeBytesPerWeight,
            "bytes", 1, 1024, "traffic of one update of one weight");
  }

  void addInstructions() {
    rates("axpy", {"f16", "bf16", "f32", "mixed"}, {"memory", "cache"},
          "y += a x");
    rates("add", {"f16", "bf16", "f32"}, {"memory", "fabric"}, "x + y");
    rates("mul", {"f16", "bf16", "f32"}, {"memory"}, "x y");
    rates("max", {"f16", "bf16", "f32"}, {"memory"}, "max(x, y)");
    rates("copy", {"f16", "bf16", "f32"}, {"memory", "fabric"}, "copy");
    rates("select", {"f16", "bf16", "f32"}, {"memory"}, "c ? x : y");
    rates("dot", {"f16", "bf16", "f32"}, {"memory"},
          "sum of x y accumulated in f32");
    rates("exp", {"f16", "bf16", "f32"}, {"memory"}, "exponential");
    rates("log", {"f16", "bf16", "f32"}, {"memory"}, "natural logarithm");
    rates("rsqrt", {"f16", "bf16", "f32"}, {"memory"}, "1 / square root");
    rates("reciprocal", {"f16", "bf16", "f32"}, {"memory"}, "1 / x");
  }

  void addChipFacts() {
    count("chip.cores", "cores", "active cores");
    count("chip.sram_bytes", "bytes", "SRAM of all cores, as published");
    positive("chip.sram_bytes_per_second", "bytes/s",
             "SRAM bandwidth of all cores, as published");
    positive("chip.fabric_bits_per_second", "bits/s",
             "fabric bandwidth of all cores, as published");
    positive("chip.peak_flops", "flop/s", "16-bit dense peak");
    positive("chip.marketed_flops", "flop/s",
             "published peak that counts sparsity tenfold");
    positive("chip.power_watts", "W", "power of the whole system");
    count("store.systems", "systems", "wafers that one weight store serves");
  }

  void addCoreFacts() {
    count("core.simd_lanes_f16", "lanes",
          "16-bit multiply-adds a cycle at best");
    fact("core.simd_lanes_int8", Parameter::Kind::Integer, "lanes", 1, 1024,
         "8-bit multiply-adds a cycle", true);
    count("core.datapath_bits", "bits", "width of the vector datapath");
    count("core.registers", "registers", "general-purpose registers");
    count("core.dsrs", "registers", "data-structure registers");
    count("core.microthreads", "threads", "microthreads, switched by cycle");
    fact("core.microthread_switch_cycles", Parameter::Kind::Integer, "cycles",
         0, 1000, "cost of switching to another ready microthread");
    count("core.task_ids", "ids", "ids of data, local and control tasks");
    count("core.sram_banks", "banks", "banks of the SRAM");
    fact("core.bank_conflicts", Parameter::Kind::Integer, "flag", 0, 1,
         "1: streams that meet in a bank wait (fidelity cycle)", true);
    count("core.sram_read_ports", "ports", "SRAM reads a cycle");
    count("core.sram_write_ports", "ports", "SRAM writes a cycle");
    count("core.sram_read_bits", "bits", "width of an SRAM read");
    count("core.sram_write_bits", "bits", "width of an SRAM write");
    fact("core.input_queues_wavelets", Parameter::Kind::Integers, "wavelets", 1,
         65536, "depth of each input queue");
    fact("core.output_queues_wavelets", Parameter::Kind::Integers, "wavelets",
         1, 65536, "depth of each output queue");
    count("core.minimal_program_free_bytes", "bytes",
          "SRAM that a minimal program leaves");
    count("core.production_code_bytes", "bytes",
          "code of production kernels, the largest known");
  }

  void addFabricFacts() {
    count("fabric.visible_width", "columns", "columns that a program sees");
    count("fabric.visible_height", "rows", "rows that a program sees");
    count("fabric.router_ports", "ports", "four neighbours and the core");
    count("fabric.link_bits", "bits", "data bits of a link, a cycle");
    count("fabric.message_bits", "bits", "a wavelet with color and control");
    count("fabric.color_bits", "bits", "color field of a message");
    count("fabric.control_bits", "bits", "control field of a message");
    count("edge.channels_per_side", "channels", "off-wafer channels a side");
    count("edge.sparse_value_bits", "bits", "value field of a sparse weight");
    count("edge.sparse_index_bits", "bits", "index field of a sparse weight");
  }

  void addEnergyFacts() {
    positive("energy.mul_f16_pj", "pJ", "16-bit multiply");
    positive("energy.add_f16_pj", "pJ", "16-bit add");
    measurement("energy.mul_f32_pj", "pJ", "32-bit multiply");
    measurement("energy.add_f32_pj", "pJ", "32-bit add");
    measurement("energy.function_pj", "pJ", "exp, log, rsqrt or reciprocal");
    measurement("energy.issue_pj", "pJ", "fetch and decode of an issue slot");
    measurement("energy.ramp_pj_per_bit", "pJ/bit", "core to router, or back");
    positive("energy.sram_pj_per_bit", "pJ/bit", "small SRAM access");
    positive("energy.mesh_pj_per_bit_mm", "pJ/(bit mm)", "on-chip mesh");
    positive("energy.fabric_pj_per_bit", "pJ/bit", "one fabric hop");
    positive("energy.off_wafer_pj_per_bit", "pJ/bit", "off-wafer memory");
    positive("energy.core_cycle_pj", "pJ", "one core, one cycle, all in");
    positive("energy.node_factor", "ratio", "energy against 7 nm");
    positive("power.core_watts", "W", "one core");
    positive("area.core_um2", "um2", "one core with its router");
    positive("area.sram_fraction", "ratio", "SRAM's share of a core");
    positive("area.bitcell_um2", "um2", "one SRAM bit");
  }

  void addMeasurements() {
    measurement("measured.clock_sdk_ghz", "GHz", "clock of the SDK's examples");
    measurement("measured.axpy_f16", "elements/cycle", "AXPY from SRAM");
    measurement("measured.elementwise_f16", "elements/cycle",
                "x + y from SRAM");
    measurement("measured.copy_f16", "elements/cycle", "copy in SRAM");
    measurement("measured.copy_f32", "elements/cycle", "copy in SRAM");
    measurement("measured.reduce_to_scalar", "elements/cycle",
                "sum of a vector");
    measurement("measured.dot_f32", "elements/cycle", "f32 dot product");
    measurement("measured.link_wavelets_per_cycle", "wavelets/cycle",
                "one direction of one link");
    measurement("measured.bank_conflict_slowdown", "ratio",
                "two streams in an unlucky alignment");
    measurement("measured.bank_conflict_share", "ratio",
                "alignments that are unlucky");
  }
};

} // namespace

const std::vector<Parameter> &parameters() {
  static const std::vector<Parameter> rows = [] {
    Table table;
    table.addAll();
    return std::move(table.rows);
  }();
  return rows;
}

const Parameter *findParameter(const std::string &key) {
  for (const Parameter &parameter : parameters())
    if (parameter.key == key)
      return &parameter;
  return nullptr;
}

std::string unknownKey(const std::string &key) {
  std::vector<std::string> keys;
  for (const Parameter &parameter : parameters())
    keys.push_back(parameter.key);
  std::string close = nearest(key, keys);
  return "unknown key '" + key + "'" +
         (close.empty() ? "" : ", did you mean '" + close + "'?");
}

namespace {

const std::string instructionPrefix = "instruction.";

std::string instructionKey(const Parameter &parameter) {
  return parameter.key.substr(instructionPrefix.size());
}

} // namespace

std::vector<double> get(const Machine &machine, const Parameter &parameter) {
  if (auto *member = std::get_if<int64_t Machine::*>(&parameter.place))
    return {static_cast<double>(machine.**member)};
  if (auto *member = std::get_if<double Machine::*>(&parameter.place))
    return {machine.**member};
  if (std::holds_alternative<Parameter::Instruction>(parameter.place)) {
    auto found = machine.instructions.find(instructionKey(parameter));
    if (found == machine.instructions.end())
      return {};
    return {found->second};
  }
  auto found = machine.facts.find(parameter.key);
  return found == machine.facts.end() ? std::vector<double>() : found->second;
}

void set(Machine &machine, const Parameter &parameter,
         const std::vector<double> &numbers) {
  if (auto *member = std::get_if<int64_t Machine::*>(&parameter.place))
    machine.**member = static_cast<int64_t>(numbers.front());
  else if (auto *member = std::get_if<double Machine::*>(&parameter.place))
    machine.**member = numbers.front();
  else if (std::holds_alternative<Parameter::Instruction>(parameter.place))
    machine.instructions[instructionKey(parameter)] = numbers.front();
  else
    machine.facts[parameter.key] = numbers;
}

std::optional<std::string> checkNumbers(const Parameter &parameter,
                                        const std::vector<double> &numbers) {
  bool list = parameter.kind == Parameter::Kind::Integers;
  if (list ? numbers.empty() : numbers.size() != 1)
    return "expected '" + parameter.key + "' to have " +
           (list ? "at least one number" : "one number") + ", got " +
           std::to_string(numbers.size());
  for (double number : numbers) {
    if (parameter.kind != Parameter::Kind::Real && number != std::floor(number))
      return "expected '" + parameter.key + "' to be an integer, got " +
             numberText(number);
    if (!(number >= parameter.lowest && number <= parameter.highest))
      return "expected '" + parameter.key + "' between " +
             numberText(parameter.lowest) + " and " +
             numberText(parameter.highest) + " " + parameter.unit + ", got " +
             numberText(number);
  }
  return std::nullopt;
}

std::vector<Error> check(const Machine &machine) {
  std::vector<Error> errors;
  std::string where = "machine '" + machine.name + "'";
  for (const Parameter &parameter : parameters()) {
    std::vector<double> numbers = get(machine, parameter);
    if (numbers.empty() && parameter.optional)
      continue;
    if (numbers.empty())
      errors.push_back({where, "missing key '" + parameter.key + "'"});
    else if (auto wrong = checkNumbers(parameter, numbers))
      errors.push_back({where, *wrong});
  }
  if (machine.reservedColors >= machine.colors)
    errors.push_back({where, "expected 'fabric.reserved_colors' below the " +
                                 std::to_string(machine.colors) +
                                 " of 'fabric.colors', got " +
                                 std::to_string(machine.reservedColors)});
  if (machine.codeBytes >= machine.sramBytes)
    errors.push_back({where, "expected 'pe.code_bytes' below the " +
                                 std::to_string(machine.sramBytes) +
                                 " of 'pe.sram_bytes', got " +
                                 std::to_string(machine.codeBytes)});
  return errors;
}

} // namespace waferflow
