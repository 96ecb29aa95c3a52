"""Does `collective` give checked cycles and counters, and a clear error for what can't be?"""

import json

import pytest

import waferflow
from waferflow import Collective, WaferflowError, cli


@pytest.mark.parametrize(
    ("operation", "options", "published"),
    [
        ("broadcast", {"pes": 64, "elements": 4096}, 4096 + 64 + 4),
        ("chain", {"pes": 64, "elements": 4096}, 4096 + 6 * 63),
        ("two-phase", {"pes": 64, "elements": 4096, "group": 16}, 2 * 4096 + 3 * 21 + 6 * 15),
        ("tree", {"pes": 64, "elements": 4096}, 6 * 4096 + 5 * 6),
        ("star", {"pes": 16, "elements": 1024}, 15 * 1024 + 5),
        ("ring", {"pes": 32, "elements": 4096}, 2 * 31 * 128 + 4 * 32 - 6 + 2 * 31 * 5),
        ("2d", {"pes": "16x8", "elements": 4096}, 3 * 4096 + 6 * (15 + 7) + 16 + 8 - 1 + 4),
    ],
)
def test_cycles_are_near_the_published(operation: str, options: dict, published: int) -> None:
    result = waferflow.collective(operation, machine="cs2", **options)
    assert result.published.cycles == published
    assert abs(result.published.difference) < 0.02
    assert result.cycles == pytest.approx(published * (1 + result.published.difference))
    assert result.seconds == pytest.approx(result.cycles / 1.1e9)


def test_counters_of_a_broadcast_by_hand() -> None:
    """Eight wavelets over two links into two cores."""
    result = waferflow.collective("broadcast", pes=3, elements=8)
    counters = result.counters
    assert (counters["wavelets_sent"], counters["hops"], counters["deliveries"]) == (8, 16, 16)
    assert counters["vector_slots"] == 3 * 8
    assert counters["sram_read_bytes"] == 8 * 4
    assert counters["sram_write_bytes"] == 2 * 8 * 4
    assert counters["control_wavelets"] == counters["switch_advances"] == 0


def test_counters_of_a_ring_by_hand() -> None:
    """Each part is sent by all cores but one, then once by its owner; a part is 4 wavelets."""
    result = waferflow.collective("ring", pes=4, elements=16)
    assert result.counters["wavelets_sent"] == 4 * (3 * 4 + 4) + 3  # and three turn the switches
    assert result.counters["vector_slots"] == 4 * (16 + 16)


def test_two_16_bit_elements_a_wavelet() -> None:
    for kind in ("f16", "bf16"):
        result = waferflow.collective("two-phase", pes=9, elements=101, group=4, type=kind)
        assert (result.type, result.wavelets, result.group) == (kind, 51, 4)


def test_settings_reach_the_machine() -> None:
    base = waferflow.collective("chain", pes=8, elements=16)
    # With 2 x hop slots in a buffer a link stays busy: only the way is longer.
    settings = {"fabric.hop_cycles": 4, "fabric.buffer_wavelets": 8}
    slow = waferflow.collective("chain", pes=8, elements=16, set=settings)
    assert slow.hop_cycles == 4
    assert slow.cycles == base.cycles + 2 * 7


@pytest.mark.parametrize(
    ("operation", "options", "message"),
    [
        ("chain", {"pes": 1}, "pes: expected at least 2 cores, got 1"),
        ("chain", {"pes": 800}, "pes: 800x1 cores do not fit machine 'cs3', which has 755x1170"),
        ("2d", {"pes": (2, 2000)}, "pes: 2x2000 cores do not fit machine 'cs3'"),
        ("ring", {"pes": "4x4"}, "pes: ring runs on one row of cores, got 4x4"),
        ("chain", {"elements": 9217}, "elements: 9217 of type f32 do not fit a core: at most 9216"),
        ("two-phase", {"group": 65}, "group: expected 1 to 64 cores, got 65"),
        ("chain", {"group": 8}, "group: chain has no groups"),
        ("chain", {"set": ["pe.sram=1"]}, "pe.sram"),
        ("chain", {"set": ["fabric.hop_cycles=0"]}, "fabric.hop_cycles"),
    ],
)
def test_what_cannot_be_is_one_error(operation: str, options: dict, message: str) -> None:
    with pytest.raises(WaferflowError) as caught:
        waferflow.collective(operation, **options)
    assert message in str(caught.value)


def test_command_line(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    arguments = ["collective", "2d", "--pes", "6x4", "--elements", "64", "--json", str(out)]
    assert cli.main([*arguments, "--machine", "cs2"]) == 0
    text = capsys.readouterr().out
    read = Collective.from_json(out.read_text())
    assert read == waferflow.collective("2d", pes=(6, 4), elements=64, machine="cs2")
    assert json.loads(out.read_text())["height"] == 4
    assert f"{read.cycles:,}" in text
    assert f"{read.published.cycles:,}" in text
    assert "derived from the model of HPDC'24" in text
    assert "stall cycles: no wavelet to take" in text
