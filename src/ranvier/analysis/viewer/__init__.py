"""The window on one session: raw bands, fits, responses; accept it, or say why not."""

from __future__ import annotations

from ranvier.analysis.files import (
    VERDICT_COLUMNS,
    VERDICTS_PATH,
    Verdict,
    add_verdict,
    get_last_verdicts,
    make_verdict,
    read_verdicts,
)
from ranvier.analysis.viewer._viewer import PhotometrySessionViewer, view_study

__all__ = [
    "VERDICTS_PATH",
    "VERDICT_COLUMNS",
    "PhotometrySessionViewer",
    "Verdict",
    "add_verdict",
    "get_last_verdicts",
    "make_verdict",
    "read_verdicts",
    "view_study",
]
