"""Which models there are: shipped configurations and a user's own directory."""

import json
from dataclasses import dataclass
from pathlib import Path

from waferflow import paths
from waferflow.errors import WaferflowError


@dataclass(frozen=True)
class Model:
    """A model to build: its name, its Hugging Face config and its weights, where at hand."""

    name: str
    config: Path
    checkpoint: Path | None


@dataclass(frozen=True)
class ModelSizes:
    """The sizes of a LLaMA, in elements; `parameters` counts tied embeddings once."""

    name: str
    layers: int
    hidden: int
    mlp: int
    gated: bool
    heads: int
    kv_heads: int
    vocabulary: int
    max_seq: int
    tied: bool
    parameters: int
    weights: str


def names() -> list[str]:
    """Names of the shipped models, sorted."""
    return sorted(path.stem for path in paths.configs_dir().glob("*.json"))


def find(name: str) -> Model:
    """The shipped model `name`, or the directory `name` with a config.json.

    Raises WaferflowError that lists the choices. Real weights of a shipped model are fetched
    from the installed packages and converted once (checkpoints.py).
    """
    shipped = paths.configs_dir() / f"{name}.json"
    if "/" not in name and shipped.is_file():
        return Model(name, shipped, checkpoint_of(name))
    directory = Path(name)
    if directory.is_dir():
        config = directory / "config.json"
        if not config.is_file():
            raise WaferflowError(f"model directory '{name}' has no config.json")
        has_weights = any(directory.glob("*.safetensors"))
        resolved = directory.resolve()
        return Model(resolved.name, config.resolve(), resolved if has_weights else None)
    raise WaferflowError(
        f"unknown model '{name}'; choose one of: {', '.join(names())}; "
        "or give a directory with config.json"
    )


def vocabulary(config: str | Path) -> int:
    """Token numbers of a model: the `vocab_size` of its config.json."""
    return json.loads(Path(config).read_text())["vocab_size"]


def checkpoint_of(name: str) -> Path | None:
    """The weights of a shipped model as a safetensors file, or None where none are at hand."""
    from waferflow import checkpoints  # late: it reads GGUF files and most commands need none

    return checkpoints.find(name)


def weights_of(name: str) -> str:
    """Where a shipped model's weights come from, or an empty string."""
    from waferflow import checkpoints

    return checkpoints.describe(name)


def sizes(name: str) -> ModelSizes:
    """Sizes of a shipped model, read from its config."""
    config = json.loads((paths.configs_dir() / f"{name}.json").read_text())
    hidden, mlp = config["hidden_size"], config["intermediate_size"]
    layers, heads = config["num_hidden_layers"], config["num_attention_heads"]
    kv_heads = config.get("num_key_value_heads", heads)
    head_dim = config.get("head_dim") or hidden // heads
    vocabulary, tied = config["vocab_size"], config.get("tie_word_embeddings", False)
    gated = config.get("mlp_gated", True)
    attention = 2 * hidden * head_dim * (heads + kv_heads)
    block = attention + (3 if gated else 2) * hidden * mlp + 2 * hidden
    parameters = layers * block + (1 if tied else 2) * vocabulary * hidden + hidden
    return ModelSizes(
        name=name,
        layers=layers,
        hidden=hidden,
        mlp=mlp,
        gated=gated,
        heads=heads,
        kv_heads=kv_heads,
        vocabulary=vocabulary,
        max_seq=config["max_position_embeddings"],
        tied=tied,
        parameters=parameters,
        weights=weights_of(name),
    )
