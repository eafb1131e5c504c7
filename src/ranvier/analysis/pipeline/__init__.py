"""Stages of a study, done as far as they are not up to date."""

from __future__ import annotations

from ranvier.analysis.pipeline._report import StageReport, StudyReport
from ranvier.analysis.pipeline._run import RunOptions, run_study
from ranvier.analysis.pipeline._stages import STAGES, Stage, choose_stages

__all__ = [
    "STAGES",
    "RunOptions",
    "Stage",
    "StageReport",
    "StudyReport",
    "choose_stages",
    "run_study",
]
