"""Where the shipped files lie: in the checkout while developing, else in the package."""

from pathlib import Path

import waferflow
from waferflow.errors import WaferflowError


def checkout() -> Path | None:
    """The source tree this package runs from, or None when it is installed."""
    root = Path(__file__).resolve().parents[3]
    is_checkout = (root / "pyproject.toml").is_file() and (root / "machines").is_dir()
    return root if is_checkout else None


def shipped(in_checkout: str, in_package: str) -> Path:
    """A folder that ships with waferflow. The checkout wins, so that edits count at once."""
    root = checkout()
    candidates = [root / in_checkout] if root else []
    candidates += [Path(place) / in_package for place in waferflow.__path__]
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise WaferflowError(f"the folder '{in_package}' is missing from the installed package")


def machines_dir() -> Path:
    """The folder of machine descriptions (YAML)."""
    return shipped("machines", "data/machines")


def configs_dir() -> Path:
    """The folder of shipped Hugging Face configurations, one `<model>.json` each."""
    return shipped("models/configs", "data/configs")


def schema(kind: str) -> Path:
    """The JSON Schema of `--json` files: `report` (run and simulate at fidelity tile), `cycle`
    (the same at fidelity cycle), `kernel`, `collective` or `train`."""
    return Path(__file__).parent / "data" / f"{kind}.schema.json"
