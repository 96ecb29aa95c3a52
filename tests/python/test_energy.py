"""Do reports say what a run takes, by component, and on which trust?"""

import json
import re

import numpy as np
import pytest

import programs
import waferflow
from waferflow import cli, cycle
from waferflow.energy import Energy

COMPONENTS = ("arithmetic_pj", "issue_pj", "sram_pj", "ramp_pj", "link_pj", "edge_pj")


def by_hand(counters: dict[str, int], value: dict[str, float]) -> dict[str, float]:
    """Events times energies, from the report's own counters; wavelets have 38 bits, 32 at the edge.

    Wavelets of the edge come over links too.
    """
    c = counters
    ramp = c["wavelets_sent"] + c["deliveries"]
    return {
        "arithmetic_pj": c["multiplies_16bit"] * value["energy.mul_f16_pj"]
        + c["multiplies_32bit"] * value["energy.mul_f32_pj"]
        + c["adds_16bit"] * value["energy.add_f16_pj"]
        + c["adds_32bit"] * value["energy.add_f32_pj"]
        + c["functions"] * value["energy.function_pj"],
        "issue_pj": (c["vector_slots"] + c["scalar_slots"]) * value["energy.issue_pj"],
        "sram_pj": 8
        * (c["sram_read_bytes"] + c["sram_write_bytes"])
        * value["energy.sram_pj_per_bit"],
        "ramp_pj": 38 * ramp * value["energy.ramp_pj_per_bit"],
        "link_pj": 38 * c["hops"] * value["energy.fabric_pj_per_bit"],
        "edge_pj": 32
        * (c["wavelets_entered"] + c["wavelets_left"])
        * value["energy.off_wafer_pj_per_bit"],
    }


def check(energy: Energy | None, counters: dict[str, int]) -> None:
    assert energy is not None
    value = {each.key: each.value for each in energy.parameters}
    expected = by_hand(counters, value)
    for name in COMPONENTS:
        assert getattr(energy, name) == pytest.approx(expected[name]), name
    assert energy.total_pj == pytest.approx(sum(expected.values()))


def trust(energy: Energy | None) -> dict[str, str]:
    assert energy is not None
    return {each.key.removeprefix("energy."): each.trust for each in energy.parameters}


def test_a_kernels_energy_is_its_events() -> None:
    sizes = {"rows": 12, "cols": 15, "tokens": 14, "region": "5x4", "density": 0.4}
    for kind in ("f16", "f32"):
        result = waferflow.kernel("spmm", machine="cs2", type=kind, **sizes)
        check(result.energy, result.counters)
        assert result.counters["multiplies_16bit" if kind == "f16" else "multiplies_32bit"] > 0
    assert waferflow.kernel("map", machine="tiny", fidelity="tile").energy is None


def test_a_collectives_energy_is_its_events() -> None:
    result = waferflow.collective("chain", pes=8, elements=32)
    check(result.energy, result.counters)
    # Seven cores add 32 f32 values each; nothing crosses the edge.
    assert result.counters["adds_32bit"] == 7 * 32
    assert result.energy is not None
    assert result.energy.edge_pj == 0


def test_what_is_from_memory_is_flagged() -> None:
    trusts = trust(waferflow.collective("chain", pes=4, elements=4, machine="cs2").energy)
    assert trusts["mul_f32_pj"] == trusts["add_f32_pj"] == "M"
    assert trusts["mul_f16_pj"] == "P"
    assert trusts["issue_pj"] == "I"
    own = waferflow.collective("chain", pes=4, elements=4, set=["energy.issue_pj=7"]).energy
    assert trust(own)["issue_pj"] == "U"


def test_a_program_says_where_its_energies_are_from(tmp_path, capsys) -> None:
    """`compile` puts it into the module; a program by hand says nothing of it."""
    options = {"machine": "tiny", "tokens": 16, "seq": 8, "set": ["energy.ramp_pj_per_bit=0.5"]}
    compiled = waferflow.compile("tiny", to="fabric", text=True, **options)
    sources = re.search(r"flow.energy_sources = \{[^}]*\}", str(compiled))
    assert sources is not None
    program = programs.program("spmm", tmp_path)
    given = {"x": np.ones((2, 5, 5), np.float32), "w": np.ones((3, 5), np.float32)}
    np.savez(tmp_path / "x.npz", **given)
    report = waferflow.simulate(program, fidelity="cycle", inputs=given).report
    assert set(trust(report.energy).values()) == {"?"}

    text = program.read_text()
    program.write_text(text.replace("attributes {", f"attributes {{{sources.group()}, ", 1))
    out = tmp_path / "out.json"
    command = ["simulate", str(program), "--fidelity", "cycle", "--json", str(out)]
    assert cli.main([*command, "--inputs", str(tmp_path / "x.npz")]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "in all, without leakage and clock" in printed
    assert "from memory, not checked: mul_f32_pj, add_f32_pj" in printed
    assert "set by the user: ramp_pj_per_bit" in printed
    report = cycle.CycleResults.from_json(out.read_text())[0]
    assert trust(report.energy)["ramp_pj_per_bit"] == "U"
    assert trust(report.energy)["mul_f32_pj"] == "M"
    totals = {name: getattr(report.totals, name) for name in cycle.Counters.__dataclass_fields__}
    check(report.energy, totals)


def test_machines_without_energies_have_no_energy(tmp_path, capsys) -> None:
    text = (waferflow.paths.machines_dir() / "tiny.yaml").read_text()
    lines = [line for line in text.splitlines() if "issue_pj" not in line]
    lines = [line for line in lines if "a 32-bit instruction from SRAM" not in line]
    machine = tmp_path / "mine.yaml"
    machine.write_text("\n".join(lines) + "\n")
    out = tmp_path / "out.json"
    command = ["collective", "chain", "--pes", "4", "--machine", str(machine), "--json", str(out)]
    assert cli.main(command) == 0
    assert "energy: not known" in capsys.readouterr().out
    assert json.loads(out.read_text())["energy"] is None


def test_streams_that_meet_in_a_bank_are_counted() -> None:
    """Only where the machine is told so; tests/unit/cycle/BanksTest.cpp counts by hand."""
    sizes = {"rows": 16, "cols": 16, "tokens": 64, "region": "4x4", "type": "f16"}
    off = waferflow.kernel("spmm", **sizes)
    on = waferflow.kernel("spmm", set=["core.bank_conflicts=1"], **sizes)
    assert off.counters["stalls_banks"] == 0
    assert on.counters["stalls_banks"] > 0
    assert on.cycles > off.cycles
    assert on.counters["vector_slots"] == off.counters["vector_slots"]
