"""Waferflow: what a sparse LLaMA's training step costs on a wafer-scale dataflow machine.

The functions have the names of the command line's commands and raise WaferflowError.
"""

from waferflow.api import (
    collective,
    compile,
    kernel,
    machine_table,
    run,
    simulate,
    theory,
    train,
)
from waferflow.collectives import Collective, Published
from waferflow.cycle import CycleReport, CycleResult, CycleResults
from waferflow.errors import WaferflowError
from waferflow.kernels import Kernel, Part
from waferflow.results import (
    Host,
    KernelRow,
    Ledger,
    Result,
    Results,
    SensitivityRow,
    Speedup,
    Theory,
    TheoryRow,
    Utilization,
)
from waferflow.training import Training, TrainStep

__all__ = [
    "Collective",
    "CycleReport",
    "CycleResult",
    "CycleResults",
    "Host",
    "Kernel",
    "KernelRow",
    "Ledger",
    "Part",
    "Published",
    "Result",
    "Results",
    "SensitivityRow",
    "Speedup",
    "Theory",
    "TheoryRow",
    "TrainStep",
    "Training",
    "Utilization",
    "WaferflowError",
    "collective",
    "compile",
    "kernel",
    "machine_table",
    "run",
    "simulate",
    "theory",
    "train",
]
