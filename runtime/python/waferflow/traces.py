"""Files that record what happened cycle by cycle at fidelity `cycle`."""

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from waferflow.errors import WaferflowError
from waferflow.outputs import Output

#: Options that name a file: the viewer's JSON, waves, lines of wavelets.
KINDS = ("trace", "vcd", "landings")
OPTIONS = (*KINDS, "cores", "programs")


class Traces:
    """Trace files, opened before the work and written after it.

    Args:
        trace: JSON for Perfetto or Chrome's viewer: tasks and vector instructions of each core,
            a microsecond a cycle, and when each program ran.
        vcd: waves: task, issue slot, arrival of each core, a nanosecond a cycle.
        landings: a line for each wavelet that lands in a router, as the public viewer of the
            vendor's simulator reads it.
        cores: (x, y) or "x,y" of those that are recorded; default all.
        programs: names of those that are recorded; default all. They ran one after the other and
            stand so on one time line, whose cycle 0 is the run's.

    Raises:
        WaferflowError: a file that can't be written, or cores or programs without a file.
    """

    def __init__(
        self,
        trace: str | Path | None = None,
        vcd: str | Path | None = None,
        landings: str | Path | None = None,
        cores: Iterable[str | tuple[int, int]] | None = None,
        programs: Iterable[str] | None = None,
    ) -> None:
        targets = {"trace": trace, "vcd": vcd, "landings": landings}
        self.targets = {kind: Path(target) for kind, target in targets.items() if target}
        self.cores = [core_of(core) for core in cores or ()]
        self.programs = list(programs or ())
        self._files: dict[str, Output] = {}
        self._stack = ExitStack()
        for what, given in (("cores", self.cores), ("programs", self.programs)):
            if given and not self.targets:
                raise WaferflowError(f"{what}: expected one of {', '.join(KINDS)} with it")
        seen: dict[Path, str] = {}
        for kind, target in self.targets.items():
            other = seen.setdefault(target.resolve(), kind)
            if other != kind:
                raise WaferflowError(f"{kind}: '{target}' is the file of {other}")

    def __bool__(self) -> bool:
        return bool(self.targets)

    def plain(self) -> dict[str, Any] | None:
        """What the C++ side takes."""
        if not self.targets:
            return None
        return {"kinds": list(self.targets), "cores": self.cores, "programs": self.programs}

    def to_json(self) -> str:
        """The same as text."""
        return json.dumps(self.plain())

    def __enter__(self) -> Self:
        for kind, target in self.targets.items():
            self._files[kind] = self._stack.enter_context(Output(target, kind))
        return self

    def write(self, texts: Mapping[str, bytes]) -> None:
        """Replaces the files with what the C++ side gave."""
        for kind, file in self._files.items():
            file.write(texts[kind])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def core_of(core: str | tuple[int, int]) -> tuple[int, int]:
    """A core as (x, y): "3,1" or (3, 1)."""
    parts = core.split(",") if isinstance(core, str) else list(core)
    try:
        x, y = (int(part) for part in parts)
    except (TypeError, ValueError):
        raise WaferflowError(f"cores: expected X,Y, got '{core}'") from None
    return x, y


def taken(options: dict[str, Any], fidelity: str = "cycle") -> Traces:
    """Takes the options of traces out of a call's. Raises WaferflowError at another fidelity."""
    given = {name: options.pop(name) for name in OPTIONS if name in options}
    if fidelity != "cycle":
        for name, value in given.items():
            if value:
                raise WaferflowError(f"{name}: only fidelity cycle records traces")
    return Traces(**given)
