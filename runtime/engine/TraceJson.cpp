//===- TraceJson.cpp - What is to be recorded, as JSON --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/TraceJson.h"

using namespace llvm;

namespace waferflow {

bool cycle::fromJSON(const json::Value &value, TraceRequest &request,
                     json::Path path) {
  if (value.kind() == json::Value::Null)
    return true;
  std::vector<std::string> kinds;
  std::vector<std::vector<int64_t>> cores;
  json::ObjectMapper map(value, path);
  if (!map || !map.map("kinds", kinds) || !map.map("cores", cores) ||
      !map.map("programs", request.programs))
    return false;
  for (const std::string &kind : kinds) {
    if (kind != "trace" && kind != "vcd" && kind != "landings") {
      path.field("kinds").report("expected trace, vcd or landings");
      return false;
    }
    (kind == "trace" ? request.chrome
     : kind == "vcd" ? request.vcd
                     : request.landings) = true;
  }
  for (const std::vector<int64_t> &core : cores) {
    if (core.size() != 2) {
      path.field("cores").report("expected pairs of x and y");
      return false;
    }
    request.cores.push_back({core[0], core[1]});
  }
  return true;
}

Result<cycle::TraceRequest> traceRequest(const std::string &text) {
  Expected<json::Value> parsed = json::parse(text);
  if (!parsed)
    return Error{"traces", toString(parsed.takeError())};
  cycle::TraceRequest request;
  json::Path::Root root("traces");
  if (!fromJSON(*parsed, request, root))
    return Error{"traces", toString(root.getError())};
  return request;
}

} // namespace waferflow
