"""Run the benchmarks: `python -m benchmarks [NAME...] [--quick]`.

Each benchmark measures ranvier through its whole runtime, beside the physical floor
(a pipe, a copy in memory, the disk) and, where they are installed, its peers
(`pip install "ranvier[bench]"`; improv needs an interpreter of its own, see
`--improv-python`). Candidates take turns in shuffled rounds; only ratios within one
round count, for a machine is never the same twice. Targets stand beside the figures.

    python -m benchmarks --list
    python -m benchmarks hop slow_consumer --quick
    python -m benchmarks --rounds 5 --keep results.json --write performance.md
    python -m benchmarks analysis --write analysis-performance.md

`analysis` is a group with a page of its own, run only when it is asked for: analysis
beside the straightforward way, not processes beside the physical floor.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):
    # Run as a file: make the package importable, here and in spawned processes.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import analysis
from benchmarks._machine import PACKAGES, describe_machine
from benchmarks._report import summarise, to_markdown, to_text
from benchmarks._rounds import run_rounds
from benchmarks._scale import Scale

if TYPE_CHECKING:
    from benchmarks._rounds import Benchmark

NAMES = (
    "hop",
    "round_trip",
    "throughput",
    "fan_out",
    "slow_consumer",
    "start_stop",
    "recorder",
    "demo",
    "session_start",
)
ANALYSIS = "analysis"
_COMPILED = (
    "ranvier.runtime.__main__",
    "ranvier.links._shm",
    "ranvier.recording",
    "ezmsg.core",
    "zmq",
)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks that were asked for, and print them.

    Returns
    -------
    int
        0, or 1 if a candidate failed.
    """
    asked = _parse(arguments)
    if asked.list:
        for name in (*NAMES, ANALYSIS):
            print(f"{name:14}  {(_load(name).__doc__ or '').splitlines()[0]}")
        return 0
    with tempfile.TemporaryDirectory(prefix="ranvier-bench-") as folder:
        _keep_bytecode(folder)
        return _run(asked)


def _run(asked: argparse.Namespace) -> int:
    kept = _read(asked.keep)
    scale = Scale(asked.quick, asked.scratch, asked.improv_python, asked.only)
    n_rounds = asked.rounds or (1 if asked.quick else 5)
    failed = False
    names = _expand(asked.names) or [*NAMES]
    is_analysis = set(names) <= {*analysis.NAMES}
    packages = analysis.PACKAGES if is_analysis else PACKAGES
    for name in names:
        benchmark = scale.select(_build(name, scale))
        rounds = run_rounds(benchmark, n_rounds, asked.seed, _tell)
        result = summarise(benchmark, rounds, n_rounds)
        result["quick"] = asked.quick
        failed = failed or bool(rounds.problems)
        print(to_text(result), flush=True)
        for candidate, problem in rounds.problems.items():
            print(f"{candidate}: {problem}", file=sys.stderr)
        kept["results"][name] = result
        kept["machine"] = describe_machine(asked.scratch, packages)
        if asked.keep:
            asked.keep.write_text(json.dumps(kept, indent=1, ensure_ascii=False))
    if asked.write:
        asked.write.parent.mkdir(parents=True, exist_ok=True)
        asked.write.write_text(_to_page(kept, is_analysis=is_analysis))
    return int(failed)


def _expand(names: list[str]) -> list[str]:
    groups = {ANALYSIS: [*analysis.NAMES]}
    return [each for name in names for each in groups.get(name, [name])]


def _build(name: str, scale: Scale) -> Benchmark:
    if name in analysis.NAMES:
        return analysis.build(scale, name)
    return _load(name).build(scale)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = (*NAMES, ANALYSIS, *analysis.NAMES)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument(
        "--quick", action="store_true", help="short: to see that it works"
    )
    parser.add_argument("--rounds", type=int, help="default 5, or 1 with --quick")
    parser.add_argument("--seed", type=int, default=0, help="of the order of turns")
    parser.add_argument("--only", default="", help="candidates with this in their name")
    parser.add_argument("--list", action="store_true", help="what there is")
    parser.add_argument(
        "--keep", type=Path, help="JSON file to keep (and add) results in"
    )
    parser.add_argument("--write", type=Path, help="Markdown page of all kept results")
    parser.add_argument(
        "--improv-python", default="", help="interpreter with improv 0.2.2"
    )
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()),
                        help="folder on the disk that is measured")  # fmt: skip
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in known]
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}; there are: {', '.join(known)}")
    return asked


def _keep_bytecode(folder: str) -> None:
    # An installed package has its bytecode beside it; an editable one may not be
    # allowed to write any, and would then be compiled anew by every process that is
    # measured. So all processes share a folder of bytecode, filled beforehand.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = folder
    for module in _COMPILED:
        subprocess.run([sys.executable, "-c", f"import {module}"], check=False,
                       stderr=subprocess.DEVNULL)  # fmt: skip


def _load(name: str) -> Any:
    return importlib.import_module(f"benchmarks.{name}")


def _read(path: Path | None) -> dict[str, Any]:
    if path and path.exists():
        return json.loads(path.read_text())
    return {"machine": {}, "results": {}}


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _to_page(kept: dict[str, Any], *, is_analysis: bool) -> str:
    title, introduction = _ANALYSIS_PAGE if is_analysis else _PAGE
    names = analysis.NAMES if is_analysis else NAMES
    results = [kept["results"][name] for name in names if name in kept["results"]]
    lines = [f"# {title}", "", introduction, ""]
    lines += [f"- {what}: {text}" for what, text in kept["machine"].items()]
    if any(result.get("quick") for result in results):
        lines += ["", "**A quick run: it shows that the benchmarks work, no more.**"]
    return "\n".join(lines) + "\n\n" + "\n".join(to_markdown(each) for each in results)


_PAGE = (
    "Performance",
    """\
Printed by `python -m benchmarks`, which anyone can run. Every figure is the median over
rounds, with the smallest and the largest round in brackets; in each round all
candidates of a table take turns in a shuffled order, and a ratio is taken within each
round. Absolute figures depend on the machine; the ratios to the floor much less.""",
)
_ANALYSIS_PAGE = (
    "Performance of the analysis",
    """\
Printed by `python -m benchmarks analysis`, which anyone can run. Every figure is the
median over rounds, with the smallest and the largest round in brackets; in each round
all candidates of a table take turns in a shuffled order, and a ratio is taken within
each round. Times are CPU time where not said otherwise, with one thread for each
process. The straightforward way of a method is a loop over scipy, statsmodels,
scikit-learn or pandas, as one writes it from the method's description
(`benchmarks/_analysis_plain.py`); “difference” is how far its numbers are from ours, in
the same run.""",
)


if __name__ == "__main__":
    sys.exit(main())
