"""Does a training step that runs on the fabric compute what PyTorch computes?

`tiny`, 70 % zeros, four sequences of 16 tokens, on 12 x 10 cores, wavelet by wavelet.
"""

import json
from functools import cache

import numpy as np
import pytest
import torch

import waferflow
from test_gradients import tiny, transformers_step
from waferflow import cycle

BATCH, SEQ, SPARSITY = 4, 16, 0.7
LARGEST_ERROR = 1e-4  # largest error over largest gradient, of each tensor
STEPS, LARGEST_LOSS_GAP = 10, 1e-3


@cache
def compiled(
    settings: tuple[str, ...] = (),
    type_: str = "f32",
    accumulate: str = "storage",
    scale: float = 1.0,
) -> tuple[cycle.Program, bytes]:
    code = waferflow.compile(
        "tiny",
        to="fabric",
        machine="tiny",
        sparsity=[SPARSITY],
        tokens=BATCH * SEQ,
        seq=SEQ,
        type=type_,
        accumulate=accumulate,
        loss_scale=scale,
        set=settings,
    )
    return cycle.Program(code), code


def start_weights(program: cycle.Program) -> dict[str, np.ndarray]:
    """Random weights, zero where the masks say so; norms differ from 1."""
    rng = np.random.default_rng(3)
    weights = {}
    for argument in program.arguments:
        if not argument["weight"]:
            continue
        value = rng.standard_normal(argument["shape"]).astype(np.float32)
        value = 1 + 0.1 * value if value.ndim == 1 else 0.1 * value
        mask = program.mask(argument["name"])
        weights[argument["name"]] = (value if mask is None else value * mask).astype(np.float32)
    return weights


def tokens_of(step: int) -> dict[str, np.ndarray]:
    """Token numbers, and labels some of which take no part in the loss."""
    rng = np.random.default_rng([5, step])
    ids = rng.integers(0, tiny()["vocab_size"], (BATCH, SEQ))
    labels = ids.copy()
    labels[0, :5] = -100
    labels[1, 9] = -100
    return {"input_ids": ids, "labels": labels}


def errors(
    program: cycle.Program, weights: dict[str, np.ndarray], outputs: dict[str, np.ndarray]
) -> dict[str, float]:
    """The loss's relative error, and each gradient's largest over its largest element."""
    batch = tokens_of(0)
    loss, gradients = transformers_step(tiny(), weights, batch["input_ids"], batch["labels"])
    found = {"loss": abs(float(outputs["loss"]) - float(loss)) / float(loss)}
    for name, gradient in gradients.items():
        want, got = gradient.numpy(), outputs[f"{name}.grad"]
        mask = program.mask(name)
        if mask is not None:
            assert (got[~mask] == 0).all(), name
            want = want * mask
        found[name] = np.abs(got - want).max() / np.abs(want).max()
    return found


def check_counters(
    program: cycle.Program, weights: dict[str, np.ndarray], report: cycle.CycleReport
) -> None:
    """What a product streams is its weight's nonzeros, each once; each is an AXPY a row of cores.

    In f32 a nonzero of a mask is two wavelets, a dense element one; token groups get copies.
    """
    masks = {name: program.mask(name) for name in weights}
    sparse = {int(mask.sum()) for mask in masks.values() if mask is not None}
    dense = {weights[name].size for name, mask in masks.items() if mask is None}
    products = [kernel.counters for kernel in report.kernels if kernel.counters.nonzeros]
    assert products
    for c in products:
        sent = c.nonzeros + c.nonzero_copies
        assert c.nonzero_copies == (report.mapping["gt"] - 1) * c.nonzeros
        assert c.nonzeros in sparse or c.nonzeros in dense
        wavelets = 2 if c.nonzeros in sparse else 1
        assert c.wavelets_entered == wavelets * sent + c.control_wavelets
        assert c.axpys == sent * report.mapping["rows_used"]


@pytest.mark.parametrize(
    "settings", [(), ("mapping.gt=2",), ("mapping.go=2",)], ids=["", "gt=2", "go=2"]
)
def test_loss_and_gradients_equal_pytorchs(settings: tuple[str, ...]) -> None:
    program, _ = compiled(settings)
    weights = start_weights(program)
    result = program.run(weights | tokens_of(0))
    report = result.report
    assert report.loss == pytest.approx(float(result.outputs["loss"]))
    check_counters(program, weights, report)
    found = errors(program, weights, result.outputs)
    print(json.dumps({name: f"{error:.1e}" for name, error in found.items()}, indent=1))
    assert max(found.values()) < LARGEST_ERROR, max(found, key=found.get)


@pytest.mark.parametrize(
    ("type_", "accumulate", "scale", "loss_limit", "limit"),
    [
        ("f16", "storage", 1024.0, 1e-4, 0.01),
        ("f16", "f32", 1.0, 1e-4, 0.01),
        ("bf16", "storage", 1.0, 1e-3, 0.06),
        ("bf16", "f32", 1.0, 1e-3, 0.06),
    ],
)
def test_narrow_types_come_near(
    type_: str, accumulate: str, scale: float, loss_limit: float, limit: float, record_property
) -> None:
    """f16 has 13 bits of fraction less than f32, bf16 16; errors of a few steps of it add up."""
    program, _ = compiled((), type_, accumulate, scale)
    weights = start_weights(program)
    outputs = program.run(weights | tokens_of(0)).outputs
    outputs = {name: value / (1 if name == "loss" else scale) for name, value in outputs.items()}
    found = errors(program, weights, outputs)
    worst = max(found, key=found.get)
    print(f"{type_}, {accumulate}: loss {found['loss']:.1e}, worst {worst} {found[worst]:.1e}")
    record_property("loss", found["loss"])
    record_property("worst", found[worst])
    assert found["loss"] < loss_limit
    assert found[worst] < limit


def test_ten_adamw_steps_follow_pytorch() -> None:
    program, code = compiled()
    weights = start_weights(program)
    batches = [tokens_of(step) for step in range(STEPS)]
    settings = {"learning_rate": 3e-3, "weight_decay": 0.01}
    trained = waferflow.train(code, batches, weights=weights, **settings)
    want = torch_losses(program, weights, batches, settings)
    print(
        [
            (f"{got:.6f}", f"{expected:.6f}")
            for got, expected in zip(trained.losses, want, strict=True)
        ]
    )
    gap = np.abs(np.subtract(trained.losses, want)) / want
    assert gap.max() < LARGEST_LOSS_GAP
    assert all(step.applied for step in trained.steps)
    for name, value in trained.weights.items():
        mask = program.mask(name)
        assert mask is None or (value[~mask] == 0).all()


def torch_losses(program, weights, batches, settings) -> list[float]:
    """The same steps in PyTorch: gradients live at the masks' positions alone."""
    from transformers import LlamaConfig, LlamaForCausalLM

    known = {k: v for k, v in tiny().items() if k not in ("architectures", "mlp_gated")}
    model = LlamaForCausalLM(LlamaConfig(**known, attn_implementation="eager"))
    model.load_state_dict({name: torch.from_numpy(v.copy()) for name, v in weights.items()})
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings["learning_rate"], weight_decay=settings["weight_decay"]
    )
    losses = []
    for batch in batches:
        optimizer.zero_grad()
        tokens = {name: torch.from_numpy(value) for name, value in batch.items()}
        loss = model(**tokens, use_cache=False).loss
        loss.backward()
        for name, parameter in model.named_parameters():
            mask = program.mask(name)
            if mask is not None:
                parameter.grad *= torch.from_numpy(mask)
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses
