//===- TracesTest.cpp - What do the traces say? ---------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Small.h"

#include "simulator/cycle/kernels/StreamedSpmm.h"
#include "simulator/cycle/traces/ChromeTrace.h"
#include "simulator/cycle/traces/Recorder.h"

#include <cinttypes>
#include <cstdio>

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::cycle::test;

/// The 3 x 2 spmm of HandCountTest.cpp.
template <typename Trace>
static std::string traced(Rectangle cores, int64_t maxBytes = 1 << 20) {
  Machine machine =
      load("tiny", {"edge.latency_seconds=0", "edge.bytes_per_second=1e12"});
  FabricProgram program =
      streamedSpmm(machine, {3, 2, 1, 4, DataType::F16, 1, {2, 0, 3}});
  TraceOptions chosen{{cores, {}}, maxBytes};
  Trace trace(chosen);
  CycleOptions options;
  options.observer = &trace;
  ran(program, options);
  Result<std::string> text = trace.text();
  return text ? *text : text.str();
}

TEST(Traces, Landings) {
  EXPECT_EQ(traced<LandingTrace>({0, 0, 2, 1}),
            R"(@3 P0.0 data 00004000 ctrl 0 landing C0 from link N
@3 P1.0 data 00020000 ctrl 1 landing C0 from link N
@4 P0.0 data 00020000 ctrl 1 landing C0 from link N
@25 P0.0 data 00000000 ctrl 0 landing C1 from link R
@26 P0.0 data 00000000 ctrl 0 landing C1 from link R
@27 P1.0 data 00000000 ctrl 0 landing C1 from link W
@28 P1.0 data 00000000 ctrl 0 landing C1 from link W
@32 P1.0 data 00000000 ctrl 0 landing C2 from link R
@33 P1.0 data 00000000 ctrl 0 landing C2 from link R
)");
}

TEST(Traces, Chrome) {
  EXPECT_EQ(traced<ChromeTrace>({0, 0, 2, 1}),
            R"json({"displayTimeUnit":"ns","traceEvents":[
{"ph":"M","name":"process_name","pid":1,"tid":1,"args":{"name":"core (0, 0)"}},
{"ph":"M","name":"thread_name","pid":1,"tid":1,"args":{"name":"main thread"}},
{"ph":"X","name":"fmac 4","pid":1,"tid":1,"ts":7,"dur":1},
{"ph":"X","name":"nonzero","pid":1,"tid":1,"ts":5,"dur":3},
{"ph":"M","name":"process_name","pid":2,"tid":1,"args":{"name":"core (1, 0)"}},
{"ph":"M","name":"thread_name","pid":2,"tid":1,"args":{"name":"main thread"}},
{"ph":"X","name":"mov 4","pid":2,"tid":1,"ts":16,"dur":1},
{"ph":"X","name":"row end","pid":2,"tid":1,"ts":5,"dur":13},
{"ph":"X","name":"mov 4","pid":1,"tid":1,"ts":19,"dur":1},
{"ph":"X","name":"row end","pid":1,"tid":1,"ts":8,"dur":13},
{"ph":"M","name":"thread_name","pid":1,"tid":2,"args":{"name":"microthread 0"}},
{"ph":"X","name":"mov 4","pid":1,"tid":2,"ts":22,"dur":2},
{"ph":"M","name":"thread_name","pid":2,"tid":2,"args":{"name":"microthread 0"}},
{"ph":"X","name":"add 4","pid":2,"tid":2,"ts":19,"dur":12}
]}
)json");
}

TEST(Traces, Waves) {
  EXPECT_EQ(traced<Vcd>({0, 0, 1, 1}), R"($comment task 1: nonzero $end
$comment task 2: row end $end
$timescale 1 ns $end
$scope module core_0_0 $end $var wire 8 ! task $end $upscope $end
$scope module core_0_0 $end $var wire 8 " issue $end $upscope $end
$scope module core_0_0 $end $var wire 8 # arrival $end $upscope $end
$enddefinitions $end
#0
b00000000 !
b00000000 "
b00000000 #
#5
b00000001 !
b00000001 #
#7
b00000001 "
b00000000 #
#8
b00000010 !
b00000000 "
#19
b00000001 "
#20
b00000000 "
#21
b00000000 !
#22
b00000010 "
#24
b00000000 "
)");
}

TEST(Traces, TooMuchIsAnError) {
  EXPECT_EQ(traced<LandingTrace>({0, 0, 3, 2}, 100),
            "trace: more than its limit of 100 bytes at cycle 3; choose fewer "
            "cores or programs");
  EXPECT_EQ(traced<ChromeTrace>({0, 0, 3, 2}, 100),
            "trace: more than its limit of 100 bytes at cycle 8; choose fewer "
            "cores or programs");
  EXPECT_EQ(traced<Vcd>({0, 0, 1, 1}, 100),
            "trace: more than its limit of 100 bytes at cycle 5; choose fewer "
            "cores or programs");
}

TEST(Traces, NoCoresNothing) {
  EXPECT_EQ(traced<LandingTrace>({5, 5, 1, 1}), "");
  EXPECT_EQ(traced<ChromeTrace>({5, 5, 1, 1}),
            "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n]}\n");
}

/// Two programs of one core each that hand a wavelet on.
static Result<std::unique_ptr<Recorder>> recorded(const TraceRequest &request) {
  auto recorder = Recorder::create(request, 1, 1, {"a", "b"});
  if (!recorder)
    return recorder;
  int64_t cycle = 0;
  for (const char *name : {"a", "b"}) {
    FabricProgram program = parts::line(name, load("tiny"), 1);
    parts::route(program, parts::columns(0, 1), 3, Direction::North,
                 bit(Direction::South));
    program.inputs.push_back(
        {"in", Direction::North, 0, 3, 0,
         std::make_shared<const std::vector<Wavelet>>(
             std::vector<Wavelet>{{uint32_t(*name), false}})});
    program.outputs.push_back({"out", Direction::South, 0, 3, 1});
    CycleOptions options;
    options.observer = (*recorder)->begin(name, cycle);
    cycle += ran(program, options).cycles();
    if (auto error = (*recorder)->end(cycle))
      return *error;
    cycle += 1000; // between them
  }
  return recorder;
}

TEST(Recorder, ProgramsShareATimeLine) {
  TraceRequest request;
  request.chrome = request.vcd = request.landings = true;
  auto both = recorded(request);
  ASSERT_TRUE(bool(both)) << both.str();
  auto texts = (*both)->texts();
  ASSERT_TRUE(bool(texts)) << texts.str();
  int64_t first = 0, second = 0;
  unsigned data[2] = {0, 0};
  ASSERT_EQ(std::sscanf(texts->landings->c_str(),
                        "@%" SCNd64 " P0.0 data %x ctrl 0 landing C3 from link "
                        "N\n@%" SCNd64 " P0.0 data %x",
                        &first, &data[0], &second, &data[1]),
            4)
      << *texts->landings;
  EXPECT_EQ(data[0], unsigned('a'));
  EXPECT_EQ(data[1], unsigned('b'));
  // The second wavelet as long behind its program's begin as the first.
  const std::string &chrome = *texts->chrome;
  int64_t begin = 0;
  size_t at = chrome.find("\"name\":\"b\",\"pid\":1000000000");
  ASSERT_NE(at, std::string::npos) << chrome;
  ASSERT_EQ(std::sscanf(chrome.c_str() + chrome.find("\"ts\":", at),
                        "\"ts\":%" SCNd64, &begin),
            1);
  EXPECT_GT(begin, 1000);
  EXPECT_EQ(second - begin, first);
  EXPECT_NE(chrome.find("\"name\":\"a\""), std::string::npos);
  EXPECT_NE(texts->vcd->find("$timescale"), std::string::npos);
}

TEST(Recorder, OnlyWhatIsChosen) {
  TraceRequest request;
  request.landings = true;
  request.programs = {"b"};
  auto one = recorded(request);
  ASSERT_TRUE(bool(one)) << one.str();
  auto texts = (*one)->texts();
  ASSERT_TRUE(bool(texts));
  EXPECT_FALSE(texts->chrome || texts->vcd);
  EXPECT_EQ(texts->landings->find("data 00000061"), std::string::npos);
  EXPECT_NE(texts->landings->find("data 00000062"), std::string::npos);
  EXPECT_EQ((*one)->begin("a", 0), nullptr); // and costs nothing
  EXPECT_NE((*one)->begin("b", 0), nullptr);
}

TEST(Recorder, WhatIsNotThereOrTooMuch) {
  TraceRequest request;
  request.landings = true;
  request.cores = {{0, 0}, {1, 0}};
  EXPECT_EQ(recorded(request).str(),
            "cores: (1, 0) is outside the fabric of 1 x 1 cores");
  request.cores = {{0, -1}};
  EXPECT_EQ(recorded(request).str(),
            "cores: (0, -1) is outside the fabric of 1 x 1 cores");
  request.cores.clear();
  request.programs = {"c"};
  EXPECT_EQ(recorded(request).str(), "program: expected one of a, b, got 'c'");
  request.programs.clear();
  request.maxBytes = 10;
  EXPECT_NE(recorded(request).str().find("trace: more than its limit of 10"),
            std::string::npos);
}
