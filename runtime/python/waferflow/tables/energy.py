"""The table of energy by component, and on which trust it stands."""

from rich.console import Console

from waferflow.energy import Energy
from waferflow.tables import style

#: Components in the order of the table.
ROWS = {
    "arithmetic_pj": "arithmetic",
    "issue_pj": "issue slots, fetch and decode",
    "sram_pj": "SRAM, bits read and written",
    "ramp_pj": "ramps, between cores and routers",
    "link_pj": "links, hops between routers",
    "edge_pj": "edge, wavelets that enter and leave",
    "total_pj": "in all, without leakage and clock",
}

#: What the letters of machines/README.md mean here.
TRUST = {
    "P": "published",
    "S": "by third parties",
    "M": "from memory, not checked",
    "I": "inferred",
    "U": "set by the user",
    "?": "of unknown source",
}


def show(energy: Energy | None, console: Console, title: str = "energy") -> None:
    """Prints the table, or that the machine does not give what it takes."""
    if energy is None:
        console.print("energy: not known, the machine does not give all of its energy.* parameters")
        return
    table = style.table(title, "", "nJ", "share")
    for key, what in ROWS.items():
        value = getattr(energy, key)
        share = value / energy.total_pj if energy.total_pj else 0.0
        table.add_row(what, f"{value / 1000:,.3f}", style.percent(share))
    table.caption = basis(energy)
    style.show(table, console)


def basis(energy: Energy) -> str:
    """One sentence: how many parameters stand on what, worst ones by name."""
    groups = []
    for letter, words in TRUST.items():
        keys = [each.key for each in energy.parameters if each.trust == letter]
        if keys:
            names = ", ".join(key.removeprefix("energy.") for key in keys)
            groups.append(f"{words}: {names}")
    return "Energies of an event, `waferflow machines` has the sources. " + "; ".join(groups) + "."
