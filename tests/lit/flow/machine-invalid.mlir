// RUN: waferflow-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{unknown key 'pe.sram_byte', did you mean 'pe.sram_bytes'?}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "tiny", params = {pe.sram_byte = 49152 : i64}>}

// -----

// expected-error @below {{unknown key 'weather'}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "tiny", params = {weather = 1 : i64}>}

// -----

// expected-error @below {{expected 'pe.sram_bytes' to be an i64, got 4.915200e+04 : f64}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "tiny", params = {pe.sram_bytes = 49152.0 : f64}>}

// -----

// expected-error @below {{expected 'pe.sram_bytes' to be an i64, got 49152 : i32}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "tiny", params = {pe.sram_bytes = 49152 : i32}>}

// -----

// expected-error @below {{expected 'clock.ghz' to be an f64, got 1 : i64}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "tiny", params = {clock.ghz = 1 : i64}>}

// -----

// expected-error @below {{expected 'core.input_queues_wavelets' to be an array<i64>, got 8 : i64}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "tiny", params = {core.input_queues_wavelets = 8 : i64}>}

// -----

// expected-error @below {{expected 'core.input_queues_wavelets' to have at least one number, got 0}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "tiny", params = {core.input_queues_wavelets = array<i64>}>}

// -----

// expected-error @below {{expected 'pe.sram_bytes' between 1024 and 1073741824 bytes, got 12}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "tiny", params = {pe.sram_bytes = 12 : i64}>}

// -----

// expected-error @below {{expected 'clock.ghz' between 0.001 and 100 GHz, got -1}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "tiny", params = {clock.ghz = -1.0 : f64}>}

// -----

// expected-error @below {{missing key 'clock.ghz' (GHz: core clock)}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "tiny", params = {pe.sram_bytes = 49152 : i64}>}

// -----

// expected-error @below {{expected a machine with a name}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "", params = {}>}

// -----

// expected-error @below {{expected 'fabric.reserved_colors' below the 24 of 'fabric.colors', got 24}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "tiny", params = {
    area.bitcell_um2 = 2.100000e-02 : f64,
    area.core_um2 = 3.590000e+04 : f64,
    area.sram_fraction = 5.000000e-01 : f64,
    chip.cores = 120 : i64,
    chip.fabric_bits_per_second = 2.850000e+13 : f64,
    chip.marketed_flops = 1.680000e+13 : f64,
    chip.peak_flops = 1.680000e+12 : f64,
    chip.power_watts = 3.070000e+00 : f64,
    chip.sram_bytes = 5898240 : i64,
    chip.sram_bytes_per_second = 2.800000e+12 : f64,
    clock.ghz = 8.750000e-01 : f64,
    core.datapath_bits = 128 : i64,
    core.dsrs = 48 : i64,
    core.input_queues_wavelets = array<i64: 8, 8, 4, 4, 4, 4, 4, 4>,
    core.microthread_switch_cycles = 0 : i64,
    core.microthreads = 8 : i64,
    core.minimal_program_free_bytes = 44976 : i64,
    core.output_queues_wavelets = array<i64: 8, 8, 8, 8, 8, 8, 8, 8>,
    core.production_code_bytes = 31744 : i64,
    core.registers = 16 : i64,
    core.simd_lanes_f16 = 8 : i64,
    core.simd_lanes_int8 = 16 : i64,
    core.sram_banks = 8 : i64,
    core.sram_read_bits = 64 : i64,
    core.sram_read_ports = 2 : i64,
    core.sram_write_bits = 128 : i64,
    core.sram_write_ports = 1 : i64,
    core.task_ids = 31 : i64,
    edge.bytes_per_second = 2.400000e+09 : f64,
    edge.channels_per_side = 10 : i64,
    edge.column_fifo = 256 : i64,
    edge.latency_seconds = 9.9999999999999995E-8 : f64,
    edge.sparse_index_bits = 16 : i64,
    edge.sparse_value_bits = 16 : i64,
    energy.add_f16_pj = 1.120000e-01 : f64,
    energy.core_cycle_pj = 2.920000e+01 : f64,
    energy.fabric_pj_per_bit = 1.500000e-01 : f64,
    energy.mesh_pj_per_bit_mm = 4.300000e-02 : f64,
    energy.mul_f16_pj = 2.380000e-01 : f64,
    energy.node_factor = 0.69999999999999996 : f64,
    energy.off_wafer_pj_per_bit = 3.900000e+00 : f64,
    energy.sram_pj_per_bit = 3.500000e-02 : f64,
    fabric.buffer_wavelets = 4 : i64,
    fabric.color_bits = 5 : i64,
    fabric.colors = 24 : i64,
    fabric.control_bits = 1 : i64,
    fabric.height = 10 : i64,
    fabric.hop_cycles = 2 : i64,
    fabric.link_bits = 32 : i64,
    fabric.link_wavelets_per_cycle = 1.000000e+00 : f64,
    fabric.message_bits = 38 : i64,
    fabric.ramp_cycles = 2 : i64,
    fabric.reroute_cycles = 96 : i64,
    fabric.reserved_colors = 24 : i64,
    fabric.router_ports = 5 : i64,
    fabric.switch_advance_cycles = 1 : i64,
    fabric.switch_positions = 4 : i64,
    fabric.visible_height = 10 : i64,
    fabric.visible_width = 12 : i64,
    fabric.width = 12 : i64,
    instruction.add.bf16.fabric = 2.000000e+00 : f64,
    instruction.add.bf16.memory = 4.000000e+00 : f64,
    instruction.add.f16.fabric = 2.000000e+00 : f64,
    instruction.add.f16.memory = 4.000000e+00 : f64,
    instruction.add.f32.fabric = 1.000000e+00 : f64,
    instruction.add.f32.memory = 1.000000e+00 : f64,
    instruction.axpy.bf16.cache = 8.000000e+00 : f64,
    instruction.axpy.bf16.memory = 4.000000e+00 : f64,
    instruction.axpy.f16.cache = 8.000000e+00 : f64,
    instruction.axpy.f16.memory = 4.000000e+00 : f64,
    instruction.axpy.f32.cache = 5.000000e-01 : f64,
    instruction.axpy.f32.memory = 5.000000e-01 : f64,
    instruction.axpy.mixed.cache = 4.000000e+00 : f64,
    instruction.axpy.mixed.memory = 2.000000e+00 : f64,
    instruction.copy.bf16.fabric = 2.000000e+00 : f64,
    instruction.copy.bf16.memory = 8.000000e+00 : f64,
    instruction.copy.f16.fabric = 2.000000e+00 : f64,
    instruction.copy.f16.memory = 8.000000e+00 : f64,
    instruction.copy.f32.fabric = 1.000000e+00 : f64,
    instruction.copy.f32.memory = 4.000000e+00 : f64,
    instruction.dot.bf16.memory = 2.000000e+00 : f64,
    instruction.dot.f16.memory = 2.000000e+00 : f64,
    instruction.dot.f32.memory = 4.440000e-01 : f64,
    instruction.exp.bf16.memory = 2.500000e-02 : f64,
    instruction.exp.f16.memory = 2.500000e-02 : f64,
    instruction.exp.f32.memory = 2.500000e-02 : f64,
    instruction.log.bf16.memory = 2.500000e-02 : f64,
    instruction.log.f16.memory = 2.500000e-02 : f64,
    instruction.log.f32.memory = 2.500000e-02 : f64,
    instruction.max.bf16.memory = 4.000000e+00 : f64,
    instruction.max.f16.memory = 4.000000e+00 : f64,
    instruction.max.f32.memory = 1.000000e+00 : f64,
    instruction.mul.bf16.memory = 4.000000e+00 : f64,
    instruction.mul.f16.memory = 4.000000e+00 : f64,
    instruction.mul.f32.memory = 5.000000e-01 : f64,
    instruction.reciprocal.bf16.memory = 6.250000e-02 : f64,
    instruction.reciprocal.f16.memory = 6.250000e-02 : f64,
    instruction.reciprocal.f32.memory = 5.000000e-02 : f64,
    instruction.rsqrt.bf16.memory = 5.000000e-02 : f64,
    instruction.rsqrt.f16.memory = 5.000000e-02 : f64,
    instruction.rsqrt.f32.memory = 2.500000e-02 : f64,
    instruction.select.bf16.memory = 2.000000e+00 : f64,
    instruction.select.f16.memory = 2.000000e+00 : f64,
    instruction.select.f32.memory = 1.000000e+00 : f64,
    pe.cache_bytes = 512 : i64,
    pe.code_bytes = 12288 : i64,
    pe.complete_cycles = 3 : i64,
    pe.dispatch_cycles = 7 : i64,
    pe.input_queue_wavelets = 8 : i64,
    pe.launch_cycles = 2 : i64,
    pe.output_queue_wavelets = 8 : i64,
    pe.psum_in_cache = 0 : i64,
    pe.row_end_cycles = 8 : i64,
    pe.setup_cycles = 15 : i64,
    pe.sram_bytes = 49152 : i64,
    pe.task_cycles = 43 : i64,
    power.core_watts = 2.560000e-02 : f64,
    store.bytes_per_second = 3.900000e+10 : f64,
    store.optimizer_bytes_per_weight = 28 : i64,
    store.systems = 1 : i64}>}

// -----

// expected-error @below {{missing key 'pe.task_cycles' (cycles: a software task activated by a wavelet)}}
func.func private @f() attributes {flow.machine = #flow.machine<name = "tiny", params = {
    area.bitcell_um2 = 2.100000e-02 : f64,
    area.core_um2 = 3.590000e+04 : f64,
    area.sram_fraction = 5.000000e-01 : f64,
    chip.cores = 120 : i64,
    chip.fabric_bits_per_second = 2.850000e+13 : f64,
    chip.marketed_flops = 1.680000e+13 : f64,
    chip.peak_flops = 1.680000e+12 : f64,
    chip.power_watts = 3.070000e+00 : f64,
    chip.sram_bytes = 5898240 : i64,
    chip.sram_bytes_per_second = 2.800000e+12 : f64,
    clock.ghz = 8.750000e-01 : f64,
    core.datapath_bits = 128 : i64,
    core.dsrs = 48 : i64,
    core.input_queues_wavelets = array<i64: 8, 8, 4, 4, 4, 4, 4, 4>,
    core.microthread_switch_cycles = 0 : i64,
    core.microthreads = 8 : i64,
    core.minimal_program_free_bytes = 44976 : i64,
    core.output_queues_wavelets = array<i64: 8, 8, 8, 8, 8, 8, 8, 8>,
    core.production_code_bytes = 31744 : i64,
    core.registers = 16 : i64,
    core.simd_lanes_f16 = 8 : i64,
    core.simd_lanes_int8 = 16 : i64,
    core.sram_banks = 8 : i64,
    core.sram_read_bits = 64 : i64,
    core.sram_read_ports = 2 : i64,
    core.sram_write_bits = 128 : i64,
    core.sram_write_ports = 1 : i64,
    core.task_ids = 31 : i64,
    edge.bytes_per_second = 2.400000e+09 : f64,
    edge.channels_per_side = 10 : i64,
    edge.column_fifo = 256 : i64,
    edge.latency_seconds = 9.9999999999999995E-8 : f64,
    edge.sparse_index_bits = 16 : i64,
    edge.sparse_value_bits = 16 : i64,
    energy.add_f16_pj = 1.120000e-01 : f64,
    energy.core_cycle_pj = 2.920000e+01 : f64,
    energy.fabric_pj_per_bit = 1.500000e-01 : f64,
    energy.mesh_pj_per_bit_mm = 4.300000e-02 : f64,
    energy.mul_f16_pj = 2.380000e-01 : f64,
    energy.node_factor = 0.69999999999999996 : f64,
    energy.off_wafer_pj_per_bit = 3.900000e+00 : f64,
    energy.sram_pj_per_bit = 3.500000e-02 : f64,
    fabric.buffer_wavelets = 4 : i64,
    fabric.color_bits = 5 : i64,
    fabric.colors = 24 : i64,
    fabric.control_bits = 1 : i64,
    fabric.height = 10 : i64,
    fabric.hop_cycles = 2 : i64,
    fabric.link_bits = 32 : i64,
    fabric.link_wavelets_per_cycle = 1.000000e+00 : f64,
    fabric.message_bits = 38 : i64,
    fabric.ramp_cycles = 2 : i64,
    fabric.reroute_cycles = 96 : i64,
    fabric.reserved_colors = 3 : i64,
    fabric.router_ports = 5 : i64,
    fabric.switch_advance_cycles = 1 : i64,
    fabric.switch_positions = 4 : i64,
    fabric.visible_height = 10 : i64,
    fabric.visible_width = 12 : i64,
    fabric.width = 12 : i64,
    instruction.add.bf16.fabric = 2.000000e+00 : f64,
    instruction.add.bf16.memory = 4.000000e+00 : f64,
    instruction.add.f16.fabric = 2.000000e+00 : f64,
    instruction.add.f16.memory = 4.000000e+00 : f64,
    instruction.add.f32.fabric = 1.000000e+00 : f64,
    instruction.add.f32.memory = 1.000000e+00 : f64,
    instruction.axpy.bf16.cache = 8.000000e+00 : f64,
    instruction.axpy.bf16.memory = 4.000000e+00 : f64,
    instruction.axpy.f16.cache = 8.000000e+00 : f64,
    instruction.axpy.f16.memory = 4.000000e+00 : f64,
    instruction.axpy.f32.cache = 5.000000e-01 : f64,
    instruction.axpy.f32.memory = 5.000000e-01 : f64,
    instruction.axpy.mixed.cache = 4.000000e+00 : f64,
    instruction.axpy.mixed.memory = 2.000000e+00 : f64,
    instruction.copy.bf16.fabric = 2.000000e+00 : f64,
    instruction.copy.bf16.memory = 8.000000e+00 : f64,
    instruction.copy.f16.fabric = 2.000000e+00 : f64,
    instruction.copy.f16.memory = 8.000000e+00 : f64,
    instruction.copy.f32.fabric = 1.000000e+00 : f64,
    instruction.copy.f32.memory = 4.000000e+00 : f64,
    instruction.dot.bf16.memory = 2.000000e+00 : f64,
    instruction.dot.f16.memory = 2.000000e+00 : f64,
    instruction.dot.f32.memory = 4.440000e-01 : f64,
    instruction.exp.bf16.memory = 2.500000e-02 : f64,
    instruction.exp.f16.memory = 2.500000e-02 : f64,
    instruction.exp.f32.memory = 2.500000e-02 : f64,
    instruction.log.bf16.memory = 2.500000e-02 : f64,
    instruction.log.f16.memory = 2.500000e-02 : f64,
    instruction.log.f32.memory = 2.500000e-02 : f64,
    instruction.max.bf16.memory = 4.000000e+00 : f64,
    instruction.max.f16.memory = 4.000000e+00 : f64,
    instruction.max.f32.memory = 1.000000e+00 : f64,
    instruction.mul.bf16.memory = 4.000000e+00 : f64,
    instruction.mul.f16.memory = 4.000000e+00 : f64,
    instruction.mul.f32.memory = 5.000000e-01 : f64,
    instruction.reciprocal.bf16.memory = 6.250000e-02 : f64,
    instruction.reciprocal.f16.memory = 6.250000e-02 : f64,
    instruction.reciprocal.f32.memory = 5.000000e-02 : f64,
    instruction.rsqrt.bf16.memory = 5.000000e-02 : f64,
    instruction.rsqrt.f16.memory = 5.000000e-02 : f64,
    instruction.rsqrt.f32.memory = 2.500000e-02 : f64,
    instruction.select.bf16.memory = 2.000000e+00 : f64,
    instruction.select.f16.memory = 2.000000e+00 : f64,
    instruction.select.f32.memory = 1.000000e+00 : f64,
    pe.cache_bytes = 512 : i64,
    pe.code_bytes = 12288 : i64,
    pe.complete_cycles = 3 : i64,
    pe.dispatch_cycles = 7 : i64,
    pe.input_queue_wavelets = 8 : i64,
    pe.launch_cycles = 2 : i64,
    pe.output_queue_wavelets = 8 : i64,
    pe.psum_in_cache = 0 : i64,
    pe.row_end_cycles = 8 : i64,
    pe.setup_cycles = 15 : i64,
    pe.sram_bytes = 49152 : i64,
    power.core_watts = 2.560000e-02 : f64,
    store.bytes_per_second = 3.900000e+10 : f64,
    store.optimizer_bytes_per_weight = 28 : i64,
    store.systems = 1 : i64}>}
