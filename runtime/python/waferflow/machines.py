"""The table of a machine's parameters."""

import json
from dataclasses import dataclass

from waferflow.codec import from_plain, to_plain


@dataclass(frozen=True)
class Parameter:
    """One parameter of a machine, its numbers as the file's reader prints them.

    low and high bound a guessed value, else they are empty; `trust` says how far to believe it:
    published (P), third party (S), from memory and not checked (M) or inferred (I).
    """

    key: str
    value: str
    low: str
    high: str
    unit: str
    source: str
    trust: str
    meaning: str


@dataclass(frozen=True)
class MachineTable:
    """A machine and its parameters, in the order of the parameter table."""

    name: str
    description: str
    parameters: list[Parameter]

    @staticmethod
    def from_json(text: str) -> "MachineTable":
        """Reads what the machine's reader prints."""
        return from_plain(MachineTable, json.loads(text), "machine")

    def to_json(self) -> str:
        """The text of `waferflow machines NAME --json`."""
        return json.dumps(to_plain(self), indent=1, allow_nan=False) + "\n"
