"""Stages of a study, done as far as they are not up to date."""

from __future__ import annotations

from ranvier.analysis.pipeline._catalog import Catalog, build_catalog
from ranvier.analysis.pipeline._find import open_place
from ranvier.analysis.pipeline._report import StageReport, StudyReport
from ranvier.analysis.pipeline._run import RunOptions, run_study
from ranvier.analysis.pipeline._stages import STAGES, Stage, choose_stages

__all__ = [
    "STAGES",
    "Catalog",
    "RunOptions",
    "Stage",
    "StageReport",
    "StudyReport",
    "build_catalog",
    "choose_stages",
    "open_place",
    "run_study",
]
