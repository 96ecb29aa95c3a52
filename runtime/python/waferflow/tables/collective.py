"""The tables of `waferflow collective`."""

from rich.console import Console

from waferflow.collectives import Collective
from waferflow.tables import energy, style

#: Counters in the order of the table, what they count, and how they are called there.
ROWS = {
    "wavelets_sent": "wavelets sent by cores",
    "control_wavelets": "of these control wavelets",
    "hops": "hops, links crossed",
    "deliveries": "deliveries into cores",
    "switch_advances": "switch positions changed",
    "vector_instructions": "vector instructions",
    "vector_elements": "elements of these",
    "multiplies_16bit": "multiplications, 16 bits",
    "multiplies_32bit": "multiplications, 32 bits",
    "adds_16bit": "additions, 16 bits",
    "adds_32bit": "additions, 32 bits",
    "functions": "exp, log, rsqrt, reciprocal",
    "vector_slots": "issue slots, vector",
    "scalar_slots": "issue slots, scalar and set-up",
    "stalls_input": "stall cycles: no wavelet to take",
    "stalls_output": "stall cycles: no room to send",
    "stalls_slot": "stall cycles: slot taken by another thread",
    "stalls_router": "wavelet-cycles waiting in routers",
    "stalls_banks": "stall cycles: streams met in a bank of the SRAM",
    "active_core_cycles": "core cycles with work",
    "sram_read_bytes": "SRAM bytes read",
    "sram_write_bytes": "SRAM bytes written",
}


def show(result: Collective, console: Console) -> None:
    """Prints cycles beside the formula, then the counters in all and a core."""
    cores = result.width * result.height
    size = f"{result.width} x {result.height}" if result.operation == "2d" else f"{cores:,}"
    group = f", groups of {result.group:,}" if result.group else ""
    times = style.table(
        f"{result.operation} on {result.machine}: {size} cores{group}, {result.elements:,} "
        f"{result.type} elements a core ({result.wavelets:,} wavelets)",
        "",
        "cycles",
        "off",
    )
    times.add_row(f"simulated, {1e6 * result.seconds:.3f} us", style.count(result.cycles), "")
    published = result.published
    times.add_row(
        f"formula, {published.formula}",
        style.count(published.cycles),
        f"{100 * published.difference:+.2f} %",
    )
    hops = "" if result.hop_cycles == 1 else f" for hops of 1 cycle; here {result.hop_cycles}"
    times.caption = f"{published.source}{hops}. Values checked on every core that has the result."
    style.show(times, console)
    console.print()
    counts = style.table("counters", "", "in all", "a core")
    for key, what in ROWS.items():
        value = result.counters[key]
        counts.add_row(what, style.count(value), f"{value / cores:,.1f}")
    style.show(counts, console)
    console.print()
    energy.show(result.energy, console)
