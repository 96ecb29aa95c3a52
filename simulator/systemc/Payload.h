//===- Payload.h - What sockets carry --------------------------- -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One tick of SystemC time is one cycle of the wafer, so that times are exact.
// Payloads carry no data: what a transaction asks for is in its extension.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_SYSTEMC_PAYLOAD_H
#define WAFERFLOW_SIMULATOR_SYSTEMC_PAYLOAD_H

#include <systemc>
#include <tlm>

#include <cstdint>

namespace waferflow::systemc {

inline sc_core::sc_time ticks(int64_t cycles) {
  return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(cycles));
}

inline int64_t cyclesOf(const sc_core::sc_time &time) {
  return static_cast<int64_t>(time.value());
}

/// A value that rides on a payload; it lives as long as its caller.
template <typename Derived> struct Rider : tlm::tlm_extension<Derived> {
  tlm::tlm_extension_base *clone() const override {
    return new Derived(static_cast<const Derived &>(*this));
  }
  void copy_from(const tlm::tlm_extension_base &other) override {
    static_cast<Derived &>(*this) = static_cast<const Derived &>(other);
  }
};

/// Sends an extension by itself; a target that does not answer OK is an error.
/// `payload` is one that nobody uses now: making one takes longer than sending
/// it.
template <typename Socket, typename Extension>
void send(Socket &socket, Extension &extension, sc_core::sc_time &delay,
          tlm::tlm_generic_payload &payload) {
  payload.set_command(tlm::TLM_IGNORE_COMMAND);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  payload.set_extension(&extension);
  socket->b_transport(payload, delay);
  payload.clear_extension(&extension);
  if (!payload.is_response_ok())
    SC_REPORT_ERROR("waferflow", payload.get_response_string().c_str());
}

template <typename Socket, typename Extension>
void send(Socket &socket, Extension &extension, sc_core::sc_time &delay) {
  tlm::tlm_generic_payload payload;
  send(socket, extension, delay, payload);
}

/// The extension that a target expects, or null with the payload's error set.
template <typename Extension>
Extension *receive(tlm::tlm_generic_payload &payload) {
  Extension *extension = nullptr;
  payload.get_extension(extension);
  payload.set_response_status(extension ? tlm::TLM_OK_RESPONSE
                                        : tlm::TLM_COMMAND_ERROR_RESPONSE);
  return extension;
}

} // namespace waferflow::systemc

#endif // WAFERFLOW_SIMULATOR_SYSTEMC_PAYLOAD_H
