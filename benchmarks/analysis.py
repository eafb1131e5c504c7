"""The analysis floor beside the straightforward scipy, statsmodels and pandas way.

A group of benchmarks that can be run alone:

    python -m benchmarks analysis
    python -m benchmarks analysis_methods --only CCA
    python -m benchmarks analysis --write docs/reference/analysis-performance.md

Both ways of a method get the same data, and their numbers are compared in the same
run: it stands among the targets how far they may be apart.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from benchmarks._rounds import Benchmark

if TYPE_CHECKING:
    from benchmarks._scale import Scale

_HOW = (
    "Each method ours and the straightforward way, in one process, on the same data, "
    "CPU time of one call after a first one that is not counted: sliding QC of 1 h of "
    "6 channels at 30 Hz; mixed models `response ~ contrast * side * reward` of {:,} "
    "trials of 8 subjects; ΔR² of a variable with that of 19 other sessions in its "
    "place; canonical correlation of 6 and 4 variables of 40 recordings, the same "
    "orders of rows for both; the psychometric function of 700 trials. “Metric by "
    "metric” computes the line of a window anew for each metric, as the pipeline of "
    "reference does; “window by window” once. The ratio is the straightforward way "
    "over ours."
)
NAMES = ("analysis_session", "analysis_methods", "analysis_study", "analysis_import")
PACKAGES = (
    "ranvier",
    "numpy",
    "scipy",
    "pandas",
    "statsmodels",
    "scikit-learn",
    "xarray",
    "h5py",
    "pyarrow",
    "matplotlib",
)


def build(scale: Scale, name: str) -> Benchmark:
    """Build one benchmark of the group.

    Returns
    -------
    Benchmark
        The one that is called so.
    """
    _take_one_thread()
    if name == "analysis_session":
        from benchmarks._analysis_session import build_session

        return build_session(scale.scratch, is_quick=scale.quick)
    if name == "analysis_study":
        from benchmarks._analysis_study import build_study

        return build_study(scale.scratch, is_quick=scale.quick)
    if name == "analysis_import":
        from benchmarks._analysis_import import build_import

        return build_import()
    return _build_methods(is_quick=scale.quick)


def _build_methods(*, is_quick: bool) -> Benchmark:
    from benchmarks._analysis_methods import list_pairs

    pairs = list_pairs(is_quick=is_quick)
    return Benchmark(
        "analysis_methods",
        "Methods",
        _HOW.format(8 * (300 if is_quick else 1750)),
        [each for pair in pairs for each in pair.list_candidates()],
        {"CPU": "ms", "difference": ""},
        "CPU",
        [each for pair in pairs for each in pair.list_targets()],
    )


def _take_one_thread() -> None:
    # CPU time counts all threads of a library, and some only wait for the others.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
