"""Files that a run writes: found unwritable before the work starts, never left half written."""

import contextlib
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Self

from waferflow.errors import WaferflowError


class Output:
    """A file to be written at the end.

    Opening it makes a temporary file beside the target, so that a target that can't be written
    is an error now; `write` replaces the target in one step. Without `write` nothing stays.
    """

    def __init__(self, target: str | Path, what: str) -> None:
        self.target = Path(target)
        if self.target.is_dir():
            raise WaferflowError(f"can't write {what} '{target}': is a directory")
        if self.target.exists() and not os.access(self.target, os.W_OK):
            raise WaferflowError(f"can't write {what} '{target}': permission denied")
        name = f".{self.target.name}.{secrets.token_hex(4)}.tmp"
        self._temporary = self.target.with_name(name)
        try:
            # Not tempfile: its files are private, an output follows the user's umask.
            with open(self._temporary, "xb"):
                pass
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise WaferflowError(f"can't write {what} '{target}': {reason}") from error

    def write(self, data: bytes | str) -> None:
        """Replaces the target with `data`."""
        try:
            self._temporary.write_bytes(data.encode() if isinstance(data, str) else data)
            os.replace(self._temporary, self.target)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise WaferflowError(f"can't write '{self.target}': {reason}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._temporary.unlink(missing_ok=True)
