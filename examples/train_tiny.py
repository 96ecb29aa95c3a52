"""Trains `tiny` on a fabric of 12 x 10 cores, wavelet by wavelet, and draws its loss.

    .venv/bin/python examples/train_tiny.py [--steps 10] [--sparsity 0.7] [--type f32]

The same step is made by PyTorch, where it is installed (with transformers), from the same weights
and batches, with the same masks; the picture then has both curves.
"""

import argparse
import json
import sys

import numpy as np

import waferflow
from waferflow import cycle, paths

SEQ, BATCH = 16, 4


def main() -> int:
    """Compiles, trains, prints a line a step, draws."""
    options = parse()
    code = waferflow.compile(
        "tiny",
        to="fabric",
        machine="tiny",
        sparsity=[options.sparsity],
        tokens=BATCH * SEQ,
        seq=SEQ,
        type=options.type,
        accumulate=options.accumulate,
        set=options.set,
    )
    program = cycle.Program(code)
    weights = start_weights(program, options.seed)
    batches = [batch(options.seed, step) for step in range(options.steps)]
    settings = {"learning_rate": options.learning_rate, "weight_decay": 0.01}
    trained = waferflow.train(code, batches, weights=weights, **settings)
    reference = torch_losses(program, weights, batches, settings)
    print("step      cycles   fabric loss" + ("   PyTorch loss" if reference else ""))
    for i, step in enumerate(trained.steps):
        beside = f"   {reference[i]:12.6f}" if reference else ""
        print(f"{i:4}  {step.cycles:10,}  {step.loss:12.6f}{beside}")
    if reference:
        gap = np.abs(np.subtract(trained.losses, reference)).max()
        print(f"largest difference of a loss: {gap:.2e}")
    draw(options, trained.losses, reference)
    print(f"drawn: {options.output}")
    return 0


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--sparsity", type=float, default=0.7)
    parser.add_argument("--type", default="f32", choices=("f32", "f16", "bf16"))
    parser.add_argument("--accumulate", default="storage", choices=("storage", "f32"))
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE")
    parser.add_argument("-o", "--output", default="train_tiny.png")
    return parser.parse_args()


def start_weights(program: cycle.Program, seed: int) -> dict[str, np.ndarray]:
    """Made-up weights, zero where the masks say so."""
    weights = program.synthetic_weights(seed)
    for name, value in weights.items():
        mask = program.mask(name)
        if mask is not None:
            value *= mask
    return weights


def batch(seed: int, step: int) -> dict[str, np.ndarray]:
    """Sequences that can be learnt: each token follows from the one before."""
    vocabulary = json.loads((paths.configs_dir() / "tiny.json").read_text())["vocab_size"]
    rng = np.random.default_rng([seed, step])
    ids = np.empty((BATCH, SEQ), np.int64)
    ids[:, 0] = rng.integers(0, 16, BATCH)
    for place in range(1, SEQ):
        ids[:, place] = (5 * ids[:, place - 1] + 3) % 16
    assert ids.max() < vocabulary
    return {"input_ids": ids, "labels": ids}


def torch_losses(
    program: cycle.Program, weights: dict, batches: list[dict], settings: dict
) -> list[float]:
    """The losses of the same steps in PyTorch; none where it is not installed."""
    try:
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM
    except ImportError:
        print("PyTorch and transformers are not installed: the fabric's curve alone")
        return []
    config = json.loads((paths.configs_dir() / "tiny.json").read_text())
    known = {k: v for k, v in config.items() if k not in ("architectures", "mlp_gated")}
    model = LlamaForCausalLM(LlamaConfig(**known, attn_implementation="eager"))
    model.load_state_dict({name: torch.from_numpy(v.copy()) for name, v in weights.items()})
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings["learning_rate"], weight_decay=settings["weight_decay"]
    )
    masks = {name: program.mask(name) for name in weights}
    losses = []
    for each in batches:
        tokens = {name: torch.from_numpy(value) for name, value in each.items()}
        optimizer.zero_grad()
        loss = model(**tokens, use_cache=False).loss
        loss.backward()
        for name, parameter in model.named_parameters():
            if masks[name] is not None:
                parameter.grad *= torch.from_numpy(masks[name])
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def draw(options: argparse.Namespace, losses: list[float], reference: list[float]) -> None:
    """Loss over steps, as a picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    if reference:
        axes.plot(reference, color="0.6", linewidth=5, label="PyTorch, f32")
    accumulate = "" if options.accumulate == "storage" else ", accumulating in f32"
    axes.plot(losses, marker="o", markersize=4, label=f"fabric, {options.type}{accumulate}")
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.set_title(f"tiny, {100 * options.sparsity:g} % zeros, 12 x 10 cores")
    axes.legend()
    figure.savefig(options.output, dpi=150)


if __name__ == "__main__":
    sys.exit(main())
