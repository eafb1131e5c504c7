"""Analysis commands: a study in, tables and figures out."""

from __future__ import annotations

from ranvier.analysis.studies._dataset_overview import (
    LEVELS,
    find_passing,
    plot_dataset_overview,
)
from ranvier.analysis.studies._keep import (
    Kept,
    digest_files,
    make_if_new,
    make_study_key,
)

__all__ = [
    "LEVELS",
    "Kept",
    "digest_files",
    "find_passing",
    "make_if_new",
    "make_study_key",
    "plot_dataset_overview",
]
