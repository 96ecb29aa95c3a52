"""Does the whole way hold together: command line, compiler, simulator, report?

Model `tiny` on machine `tiny`, with nothing made up.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy
import pytest
from safetensors.numpy import save_file

import waferflow
from waferflow import models, paths
from waferflow.results import LEDGER_KEYS, Result, Results

SCRIPT = Path(sys.executable).with_name("waferflow")
STEP = {"machine": "tiny", "tokens": 640, "seq": 64}
SPARSITY = [0.0, 0.5, 0.9]


@pytest.fixture(scope="module")
def results() -> Results:
    """The run that most tests look at."""
    return waferflow.run("tiny", sparsity=SPARSITY, **STEP)


def waferflow_command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess:
    """The installed console script."""
    command = [str(SCRIPT), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def without_host(results: Results) -> list[dict]:
    """The report without what differs between two runs of the same thing."""
    points = json.loads(results.to_json())["results"]
    for point in points:
        del point["host"]
    return points


def test_report_follows_the_schema(results: Results) -> None:
    schema = json.loads(paths.schema("report").read_text())
    jsonschema.validate(json.loads(results.to_json()), schema)


def test_points_are_those_asked_for(results: Results) -> None:
    assert [point.sparsity for point in results] == SPARSITY
    for point in results:
        assert (point.model, point.machine, point.step) == ("tiny", "tiny", "train")
        assert (point.tokens, point.seq) == (640, 64)
        assert point.cycles > 0
        assert point.tokens_per_second == pytest.approx(point.tokens / point.seconds)
        assert point.synthetic == (point.sparsity > 0)


def test_dense_point_is_the_reference(results: Results) -> None:
    dense = results[0]
    for point in results:
        assert point.speedup.measured == pytest.approx(dense.cycles / point.cycles)
        expected = point.speedup.measured / point.speedup.theory_executed
        assert point.speedup.ratio == pytest.approx(expected)
        assert point.speedup.theory_matmul == pytest.approx(1 / (1 - point.sparsity))
        expected_cycles = dense.cycles / point.speedup.theory_executed
        assert point.ledger.expected_cycles == pytest.approx(expected_cycles, abs=1)
    assert dense.speedup.measured == 1
    assert not any(dense.ledger.entries.values())


def test_speedup_grows_with_sparsity_and_stays_below_theory(results: Results) -> None:
    measured = [point.speedup.measured for point in results]
    assert measured == sorted(measured)
    assert measured[-1] > 1.1
    assert all(point.speedup.measured < point.speedup.theory_matmul for point in results[1:])


def test_ledger_adds_up_to_the_cycle(results: Results) -> None:
    for point in results:
        ledger = point.ledger
        for part in (ledger.entries, ledger.sparse, ledger.dense):
            assert tuple(part) == LEDGER_KEYS
        assert sum(ledger.entries.values()) == point.cycles - ledger.expected_cycles


def test_kernels_add_up_to_the_step(results: Results) -> None:
    for point in results:
        assert sum(kernel.cycles for kernel in point.kernels) == point.cycles
        for kernel in point.kernels:
            if kernel.kind == "relayout" and kernel.theory is None:
                continue  # the dense run's mapping has none there
            expected = kernel.cycles * kernel.speedup / kernel.theory
            lost = sum(kernel.ledger.values())
            assert lost == pytest.approx(kernel.cycles - expected, abs=1), kernel.name


def test_no_kernel_beats_its_theory_unexplained(results: Results) -> None:
    for point in results[1:]:
        for kernel in point.kernels:
            if kernel.theory is None or kernel.speedup is None:
                continue
            gained = -sum(cycles for cycles in (kernel.ledger or {}).values() if cycles < 0)
            expected = kernel.cycles * kernel.speedup / kernel.theory
            assert kernel.cycles >= expected - gained - 1, kernel.name


def test_plan_fits_the_machine(results: Results) -> None:
    for point in results:
        assert 0 < sum(point.sram.values()) <= 49152
        assert point.mapping
        assert point.reasons


def test_two_runs_are_the_same_whatever_the_threads(results: Results) -> None:
    again = waferflow.run("tiny", sparsity=SPARSITY, threads=1, **STEP)
    assert without_host(again) == without_host(results)
    two = waferflow.run("tiny", sparsity=SPARSITY, threads=2, **STEP)
    assert without_host(two) == without_host(results)


def test_another_seed_is_another_mask(results: Results) -> None:
    other = waferflow.run("tiny", sparsity=[0.5], seed=1, **STEP)
    assert [k.nonzeros for k in other[0].kernels] != [k.nonzeros for k in results[1].kernels]


def test_forward_alone_is_shorter(results: Results) -> None:
    forward = waferflow.run("tiny", sparsity=[0.5], step="forward", **STEP)
    assert forward[0].cycles < results[1].cycles / 2
    assert {kernel.phase for kernel in forward[0].kernels} == {"forward"}


def test_cost_switched_off_vanishes(results: Results) -> None:
    off = waferflow.run("tiny", sparsity=[0.5], set=["cost.launch=off"], **STEP)
    assert off[0].ledger.sparse["launch"] == 0
    assert off[0].ledger.dense["launch"] == 0
    assert off[0].cycles < results[1].cycles


@pytest.mark.parametrize("order", ["blocked", "striped", "dealt"])
def test_the_order_of_features_is_a_choice(results: Results, order: str) -> None:
    laid = waferflow.run("tiny", sparsity=[0.5], set=[f"mapping.order={order}"], **STEP)
    assert any(f"features are {order} on the columns, as asked for" in r for r in laid[0].reasons)
    assert sum(k.nonzeros for k in laid[0].kernels) == sum(k.nonzeros for k in results[1].kernels)
    if order == "blocked":  # uniform columns are even: what is chosen without being asked
        assert laid[0].cycles == results[1].cycles


def test_the_cheapest_number_of_kept_inputs_is_taken(tmp_path: Path) -> None:
    """Here every 2nd block input fits in more token groups than every 3rd."""
    model = json.loads((paths.configs_dir() / "tiny.json").read_text())
    model |= {"num_hidden_layers": 12, "num_key_value_heads": 4}
    (tmp_path / "config.json").write_text(json.dumps(model))

    def kept(*settings: str) -> Result:
        step = {"machine": "tiny", "tokens": 512, "seq": 16, "set": list(settings)}
        return waferflow.run(str(tmp_path), sparsity=[0.0], **step)[0]

    best = kept("pe.sram_bytes=31800")
    reason = next(r for r in best.reasons if "block input is kept" in r)
    estimates = {int(k): int(cycles) for k, cycles in re.findall(r"(\d+): (\d+)", reason)}
    assert best.mapping["keep_every"] == min(estimates, key=estimates.__getitem__)
    smallest = kept("pe.sram_bytes=31800", f"mapping.keep_every={min(estimates)}")
    assert smallest.mapping["keep_every"] < best.mapping["keep_every"]
    assert smallest.mapping["gt"] > best.mapping["gt"]
    assert best.cycles < smallest.cycles


def test_compiled_program_takes_the_same_cycles(results: Results, tmp_path: Path) -> None:
    program = waferflow.compile("tiny", sparsity=[0.5], **STEP)
    assert isinstance(program, bytes)
    simulated = waferflow.simulate(program)[0]
    assert simulated.cycles == results[1].cycles
    assert simulated.speedup is None
    assert simulated.ledger is None


@pytest.mark.parametrize(
    ("to", "word"), [("graph", "linalg"), ("flow", "flow."), ("placed", "flow.")]
)
def test_text_of_every_stage(to: str, word: str) -> None:
    assert word in waferflow.compile("tiny", to=to, text=True, **STEP)


def test_sensitivity_moves_the_speedup(results: Results) -> None:
    asked = waferflow.run("tiny", sparsity=[0.9], sensitivity=True, **STEP)
    rows = {(row.parameter, row.value): row for row in asked[0].sensitivity}
    assert rows["pe.row_end_cycles", 43].measured < results[2].speedup.measured


THEORY = [
    ("llama-2-7b", 2048, "full", {0.5: 1.829, 0.6: 2.193, 0.7: 2.736, 0.75: 3.124, 0.8: 3.639,
                                  0.9: 5.430, 0.95: 7.203}),
    ("llama-2-7b", 4096, "full", {0.5: 1.729, 0.6: 2.024, 0.7: 2.440, 0.75: 2.720, 0.8: 3.072,
                                  0.9: 4.146, 0.95: 5.025}),
    ("llama-2-7b", 2048, "causal", {0.5: 1.890, 0.6: 2.300, 0.7: 2.935, 0.75: 3.406, 0.8: 4.057,
                                    0.9: 6.566, 0.95: 9.506}),
    ("gpt-3-xl", 2048, "full", {0.75: 2.494}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "seq", "attention", "expected"), THEORY)
def test_theory_is_the_published_one(
    model: str, seq: int, attention: str, expected: dict[float, float]
) -> None:
    theory = waferflow.theory(model, seq=seq, attention=attention, sparsity=list(expected))
    assert {row.sparsity: round(row.step, 3) for row in theory.rows} == expected


def test_command_line_prints_and_writes(tmp_path: Path) -> None:
    done = waferflow_command(
        "run", "tiny", "--machine", "tiny", "--sparsity", "0", "0.5", "--tokens", "640", "--seq",
        "64", "--json", "out.json", "--plot", "out.png", cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    point = Results.from_json((tmp_path / "out.json").read_text())[1]
    assert f"{point.cycles:,}" in done.stdout
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def weights(seed: int = 0) -> dict[str, numpy.ndarray]:
    """Random weights of `tiny` by their Hugging Face names."""
    config = json.loads((paths.configs_dir() / "tiny.json").read_text())
    hidden, mlp = config["hidden_size"], config["intermediate_size"]
    kv = hidden * config["num_key_value_heads"] // config["num_attention_heads"]
    random = numpy.random.default_rng(seed)
    shapes = {"model.embed_tokens": (config["vocab_size"], hidden), "model.norm": (hidden,)}
    shapes["lm_head"] = shapes["model.embed_tokens"]
    for layer in range(config["num_hidden_layers"]):
        block = f"model.layers.{layer}."
        for norm in ("input_layernorm", "post_attention_layernorm"):
            shapes[block + norm] = (hidden,)
        for name, out in (("q", hidden), ("k", kv), ("v", kv), ("o", hidden)):
            shapes[f"{block}self_attn.{name}_proj"] = (out, hidden)
        shapes[block + "mlp.gate_proj"] = shapes[block + "mlp.up_proj"] = (mlp, hidden)
        shapes[block + "mlp.down_proj"] = (hidden, mlp)
    return {
        f"{name}.weight": random.standard_normal(shape).astype(numpy.float32)
        for name, shape in shapes.items()
    }


def model_directory(folder: Path, tensors: dict[str, numpy.ndarray]) -> Path:
    """A user's directory: config and weights."""
    folder.mkdir()
    (folder / "config.json").write_text((paths.configs_dir() / "tiny.json").read_text())
    save_file(tensors, folder / "model.safetensors")
    return folder


def test_own_weights_are_pruned_by_magnitude(tmp_path: Path) -> None:
    own = model_directory(tmp_path / "own", weights())
    point = waferflow.run(str(own), sparsity=[0.75], **STEP)[0]
    assert "magnitude" in point.mask
    assert not point.synthetic
    streamed = {k.nonzeros for k in point.kernels if k.kind == "spmm" and k.layer == 0}
    assert 64 * 64 // 4 in streamed  # q and o: an exact count


def test_skewed_weights_are_dealt(tmp_path: Path) -> None:
    """A quarter of the features holds all the large weights of every linear."""
    tensors = weights()
    for name, tensor in tensors.items():
        if ".layers." in name and tensor.ndim == 2:
            tensor[:, : tensor.shape[1] // 4] *= 4
    folder = model_directory(tmp_path / "own", tensors)
    step = STEP | {"set": ["edge.bytes_per_second=1e12", "mapping.gt=1", "mapping.go=1"]}
    chosen = waferflow.run(str(folder), sparsity=[0.7], **step)[0]
    assert any("dealt (" in reason and " blocked" in reason for reason in chosen.reasons)
    step["set"].append("mapping.order=blocked")
    blocked = waferflow.run(str(folder), sparsity=[0.7], **step)[0]
    assert chosen.cycles < 0.95 * blocked.cycles
    entry = "columns"
    assert chosen.ledger.sparse[entry] < 0.5 * blocked.ledger.sparse[entry]
    nonzeros = [sum(k.nonzeros for k in point.kernels) for point in (chosen, blocked)]
    assert nonzeros[0] == nonzeros[1]


def test_zeros_of_a_checkpoint_are_its_mask(tmp_path: Path) -> None:
    tensors = weights()
    for name, tensor in tensors.items():
        if "_proj" in name:
            tensor[:, ::4] = 0
    own = model_directory(tmp_path / "own", tensors)
    points = waferflow.run(str(own), mask="checkpoint", **STEP)
    assert points[-1].sparsity == pytest.approx(0.25)
    assert "checkpoint" in points[-1].mask


def test_two_of_four_is_half(tmp_path: Path) -> None:
    own = model_directory(tmp_path / "own", weights())
    points = waferflow.run(str(own), mask="2:4", **STEP)
    assert [point.sparsity for point in points] == [0, 0.5]


def broken_checkpoint(folder: Path) -> list[str]:
    """A safetensors file that ends in the middle of its header."""
    own = model_directory(folder / "own", weights())
    file = own / "model.safetensors"
    file.write_bytes(file.read_bytes()[:100])
    return [str(own)]


def wrong_shape(folder: Path) -> list[str]:
    """A weight, and with it its mask, of another shape than the config's."""
    tensors = weights()
    name = "model.layers.1.mlp.up_proj.weight"
    tensors[name] = tensors[name][:, :-1].copy()
    return [str(model_directory(folder / "own", tensors))]


def unknown_yaml_key(folder: Path) -> list[str]:
    """A machine with a key that no machine has."""
    text = (paths.machines_dir() / "tiny.yaml").read_text()
    (folder / "mine.yaml").write_text(text.replace("sram_bytes:", "sram_bites:"))
    return ["tiny", "--machine", "mine.yaml"]


BAD = {
    "unknown model": (lambda _: ["gpt9"], ["unknown model 'gpt9'", "tiny"]),
    "broken safetensors": (broken_checkpoint, ["model.safetensors"]),
    "mask of the wrong shape": (wrong_shape, ["model.layers.1.mlp.up_proj", "63", "64"]),
    "unknown YAML key": (unknown_yaml_key, ["mine.yaml:", "sram_bites"]),
    "tokens that overflow SRAM": (lambda _: ["tiny", "--tokens", "6400000"], ["bytes", "49"]),
    "sparsity 1.2": (lambda _: ["tiny", "--sparsity", "1.2"], ["sparsity", "1.2", "[0, 1)"]),
    "unwritable output": (lambda _: ["tiny", "--json", "no/where.json"], ["no/where.json"]),
    "unknown parameter": (lambda _: ["tiny", "--set", "pe.sram=1"], ["pe.sram"]),
    "unknown cost": (lambda _: ["tiny", "--set", "cost.lunch=off"], ["lunch", "launch"]),
    "unknown order": (lambda _: ["tiny", "--set", "mapping.order=up"], ["blocked, striped", "up"]),
    "tokens not a multiple of seq": (lambda _: ["tiny", "--tokens", "650"], ["650", "64"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error(case: str, tmp_path: Path) -> None:
    make, words = BAD[case]
    arguments = make(tmp_path)
    for flag, value in (("--machine", "tiny"), ("--tokens", "640"), ("--seq", "64")):
        if flag not in arguments:
            arguments += [flag, value]
    done = waferflow_command("run", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize("name", models.names())
def test_every_shipped_model_is_listed(name: str) -> None:
    assert models.sizes(name).parameters > 0
