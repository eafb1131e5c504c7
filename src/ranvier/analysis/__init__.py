"""Photometry and behaviour, from raw recordings to group results.

The names most used stand here; each is imported when it is first asked for, so that
`import ranvier.analysis` costs nothing. The packages below hold the rest: `signals`,
`qc`, `responses`, `behaviour` and `statistics` are functions on arrays; `readers` and
`files` read and write; `session` and `group` are the objects; `pipeline`, `studies`,
`figures` and `viewer` take a study from raw files to figures.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ranvier.analysis.faults import DataFault, exception_logger
    from ranvier.analysis.group import PhotometrySessionGroup
    from ranvier.analysis.parameters import AnalysisParameters, read_study
    from ranvier.analysis.pipeline import run_study
    from ranvier.analysis.readers import open_session, read_photometry
    from ranvier.analysis.session import PhotometrySession

__all__ = [
    "AnalysisParameters",
    "DataFault",
    "PhotometrySession",
    "PhotometrySessionGroup",
    "exception_logger",
    "open_session",
    "read_photometry",
    "read_study",
    "run_study",
]

_HOMES = {
    "AnalysisParameters": "parameters",
    "DataFault": "faults",
    "PhotometrySession": "session",
    "PhotometrySessionGroup": "group",
    "exception_logger": "faults",
    "open_session": "readers",
    "read_photometry": "readers",
    "read_study": "parameters",
    "run_study": "pipeline",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
