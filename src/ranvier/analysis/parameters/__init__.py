"""Everything that can be set in an analysis, in one file of a study."""

from __future__ import annotations

from ranvier.analysis.parameters._model import (
    COMPAT_IBLNM,
    AnalysisParameters,
    PreprocessParameters,
    QCParameters,
    ResponseParameters,
    SelectionParameters,
    StatisticsParameters,
    TaskParameters,
    TrialsParameters,
    VideoParameters,
    WheelParameters,
)
from ranvier.analysis.parameters._study import (
    STUDY_FILE,
    SessionsFrom,
    Study,
    find_study,
    read_study,
)
from ranvier.analysis.parameters._vocabulary import Vocabulary

__all__ = [
    "COMPAT_IBLNM",
    "STUDY_FILE",
    "AnalysisParameters",
    "PreprocessParameters",
    "QCParameters",
    "ResponseParameters",
    "SelectionParameters",
    "SessionsFrom",
    "StatisticsParameters",
    "Study",
    "TaskParameters",
    "TrialsParameters",
    "VideoParameters",
    "Vocabulary",
    "WheelParameters",
    "find_study",
    "read_study",
]
