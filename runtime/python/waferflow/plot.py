"""The field's picture: speedup over sparsity, measured against theory."""

import base64
import html
import io
import itertools
from collections.abc import Iterable
from typing import Any

from waferflow.errors import WaferflowError
from waferflow.results import Result

FORMATS = ("png", "svg", "html")

# Okabe and Ito's colours: told apart with any kind of colour vision.
INK, GREY, BLUE, ORANGE, GREEN = "#222222", "#8a8a8a", "#0072b2", "#d55e00", "#009e73"


def format_of(file: str) -> str:
    """The format that a file's name asks for. Raises WaferflowError for any other."""
    ending = file.rpartition(".")[2].lower()
    if ending not in FORMATS:
        known = ", ".join(f".{name}" for name in FORMATS)
        raise WaferflowError(f"--plot: expected a file that ends in one of {known}, got '{file}'")
    return ending


def render(results: Iterable[Result], format: str) -> bytes:
    """The picture as a PNG, an SVG or a page that holds it; a panel a model and machine."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    panels: dict[tuple[str, str, str], list[Result]] = {}
    for point in results:
        panels.setdefault((point.model, point.machine, point.step), []).append(point)
    settings = {"font.size": 10, "svg.hashsalt": "waferflow", "svg.fonttype": "path"}
    with matplotlib.rc_context(settings):
        figure, axes = pyplot.subplots(
            1, len(panels), figsize=(5.6 * len(panels) + 0.6, 4.6), squeeze=False
        )
        for axis, (key, points) in zip(axes[0], panels.items(), strict=True):
            panel(axis, key, points)
        figure.tight_layout(w_pad=2.5)
        data = io.BytesIO()
        figure.savefig(
            data,
            format="svg" if format == "html" else format,
            dpi=160,
            metadata={"Date": None} if format != "png" else None,
        )
        pyplot.close(figure)
    return page(data.getvalue(), list(panels)) if format == "html" else data.getvalue()


def panel(axis: Any, key: tuple[str, str, str], points: list[Result]) -> None:
    """One model on one machine: theory dashed, measured solid, one pair of lines a mask."""
    model, machine, step = key
    points = sorted((p for p in points if p.speedup), key=lambda p: p.sparsity)
    highest = max((p.sparsity for p in points), default=0.0)
    curve(axis, [(0.0, 1.0), (highest, 1 / (1 - highest))], "theory, matmul alone", ":", GREY)
    kinds = list(dict.fromkeys(mask_kind(p) for p in points if p.sparsity > 0))
    for i, kind in enumerate(kinds):
        line = [p for p in points if p.sparsity == 0 or mask_kind(p) == kind]
        line = list({p.sparsity: p for p in line}.values())
        speeds = [(p.sparsity, p.speedup) for p in line if p.speedup]
        if i == 0:
            published = [(s, speed.theory_step) for s, speed in speeds]
            executed = [(s, speed.theory_executed) for s, speed in speeds]
            curve(axis, published, "theory, step as published", "--", INK)
            curve(axis, executed, "theory, step as executed", "--", GREEN)
        linears = [(s, speed.linears) for s, speed in speeds if speed.linears is not None]
        measured = [(s, speed.measured) for s, speed in speeds]
        named = f", {kind} masks" if len(kinds) > 1 else ""
        look = {} if i == 0 else {"alpha": 0.5, "markerfacecolor": "white"}
        curve(axis, linears, f"measured, linears{named}", "-", ORANGE, marker="s", **look)
        curve(axis, measured, f"measured, step{named}", "-", BLUE, marker="o", lw=2.2, **look)
        if i == 0:
            for x, y in measured[1:]:
                place = {"xytext": (6, -12), "textcoords": "offset points"}
                axis.annotate(f"{y:.2f}", (x, y), color=BLUE, fontsize=9, **place)
    sources = {kind: any(p.synthetic for p in points if mask_kind(p) == kind) for kind in kinds}
    names = [f"{kind} masks{' (synthetic)' if made else ''}" for kind, made in sources.items()]
    axis.set_title(f"{model}: {step} step on {machine}\n{', '.join(names)}", fontsize=10.5)
    axis.set_xlabel("sparsity of the decoder linears")
    axis.set_ylabel("speedup over the dense step")
    axis.set_xticks([p / 100 for p in range(0, 100, 10)])
    axis.set_xticklabels([f"{p} %" for p in range(0, 100, 10)])
    axis.set_ylim(bottom=0)
    axis.set_xlim(left=-0.02)
    axis.grid(color="#e4e4e4", lw=0.8)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=9, loc="upper left")


def curve(
    axis: Any, points: list[tuple[float, float]], label: str, style: str, color: str, **look: Any
) -> None:
    """Speedups through the points. Between two of them time, not speedup, is interpolated."""
    if not points:
        return
    marker = {key: look.pop(key) for key in ("marker", "markerfacecolor") if key in look}
    xs, ys = [points[0][0]], [points[0][1]]
    marks = [0]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        steps = 40
        for i in range(1, steps + 1):
            part = i / steps
            xs.append(x0 + part * (x1 - x0))
            ys.append(1 / ((1 - part) / y0 + part / y1))
        marks.append(len(xs) - 1)
    axis.plot(xs, ys, style, color=color, label=label, markevery=marks, **marker, **look)


def mask_kind(point: Result) -> str:
    """`magnitude` of "magnitude 0.7 of model.safetensors"."""
    return point.mask.partition(" ")[0].rstrip(",:")


def page(svg: bytes, panels: list[tuple[str, str, str]]) -> bytes:
    """A page without scripts or links that shows the picture."""
    title = html.escape("waferflow: " + "; ".join(f"{m} on {w}" for m, w, _ in panels))
    image = base64.b64encode(svg).decode()
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        "<style>body{margin:2em;text-align:center}img{max-width:100%}</style></head>\n"
        f'<body><img alt="{title}" src="data:image/svg+xml;base64,{image}"></body></html>\n'
    ).encode()
