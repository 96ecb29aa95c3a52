"""What a run at fidelity `cycle` takes, and who says so."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EnergyParameter:
    """The energy of one event. trust: P vendor or paper, S third party, M recalled from memory and
    not checked against its source, I inferred, U set by the user, ? not said by the program."""

    key: str
    value: float
    unit: str
    trust: str
    source: str


@dataclass(frozen=True)
class Energy:
    """Picojoules by component: events times the machine's energy of one (`parameters`).

    arithmetic: multiplications, additions, functions. issue: fetch and decode of issue slots.
    ramp: wavelets between cores and routers. link: hops between routers. edge: wavelets that
    enter and leave. Leakage and clock are not in it.
    """

    arithmetic_pj: float
    issue_pj: float
    sram_pj: float
    ramp_pj: float
    link_pj: float
    edge_pj: float
    total_pj: float
    parameters: list[EnergyParameter]
