"""The viewer of one session."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    # The viewer brings a window; it is imported when it is asked for.
    if name == "PhotometrySessionViewer":
        return import_module("ranvier.analysis.viewer").PhotometrySessionViewer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), "PhotometrySessionViewer"})
