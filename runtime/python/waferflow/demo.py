"""The main job, `make demo`: real against uniform masks on a small model, then a 7B model."""

import sys
from pathlib import Path

from waferflow import api, cli, plot
from waferflow.errors import WaferflowError
from waferflow.outputs import Output
from waferflow.progress import shown
from waferflow.results import Results
from waferflow.tables import compare, report, style

SPARSITY = (0.0, 0.5, 0.7, 0.9)
SMALL = {"model": "smollm2-135m", "tokens": 524288, "seq": 512}
LARGE = {"model": "llama-2-7b", "tokens": 131072, "seq": 2048}

#: File name -> the run; None takes the default mask.
RUNS: dict[str, tuple[dict, str | None]] = {
    "smollm2-135m": (SMALL, "magnitude"),
    "smollm2-135m-uniform": (SMALL, "uniform"),
    "llama-2-7b": (LARGE, None),
}


def main() -> int:
    """Runs the jobs, prints their tables and writes their files. Returns the exit code."""
    try:
        demo(Path("demo"))
    except WaferflowError as error:
        return cli.fail(str(error), 2)
    except KeyboardInterrupt:
        return cli.fail("interrupted", 130)
    return 0


def demo(folder: Path) -> None:
    """Runs everything and writes `folder`/*.json and the picture."""
    folder.mkdir(parents=True, exist_ok=True)
    console = cli.console()
    done: dict[str, Results] = {}
    for name, (job, mask) in RUNS.items():
        console.rule(name, align="left")
        with Output(folder / f"{name}.json", "the report") as file, shown() as progress:
            results = api.run(**job, mask=mask, sparsity=SPARSITY, progress=progress)
            file.write(results.to_json())
        report.show(results, console)
        console.print()
        done[name] = results
    console.rule("real masks against uniform masks", align="left")
    masks = {"magnitude": done["smollm2-135m"], "uniform": done["smollm2-135m-uniform"]}
    if (table := compare.masks(masks)) is not None:
        style.show(table, console)
        console.print()
    with Output(folder / "speedup.png", "the picture") as file:
        file.write(plot.render([point for results in done.values() for point in results], "png"))
    written = [f"{folder}/{name}.json" for name in RUNS] + [f"{folder}/speedup.png"]
    console.print(f"wrote {', '.join(written)}")


if __name__ == "__main__":
    sys.exit(main())
