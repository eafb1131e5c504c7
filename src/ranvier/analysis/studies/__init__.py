"""Analysis commands: a study in, tables and figures out."""

from __future__ import annotations

from ranvier.analysis.studies._dataset_overview import (
    LEVELS,
    find_passing,
    plot_dataset_overview,
)
from ranvier.analysis.studies._keep import (
    Kept,
    Made,
    StudyFault,
    digest_files,
    make_if_new,
    make_study_key,
)
from ranvier.analysis.studies._methods import (
    MethodsNumbers,
    analyse_methods,
    write_methods,
)
from ranvier.analysis.studies._movement_encoding import analyse_movement_encoding
from ranvier.analysis.studies._qc_overview import analyse_qc_overview
from ranvier.analysis.studies._responses import analyse_responses
from ranvier.analysis.studies._task_encoding import (
    TaskEncodingOptions,
    analyse_task_encoding,
)
from ranvier.analysis.studies._task_performance import analyse_task_performance
from ranvier.analysis.studies._video_qc import analyse_video_qc

__all__ = [
    "LEVELS",
    "Kept",
    "Made",
    "MethodsNumbers",
    "StudyFault",
    "TaskEncodingOptions",
    "analyse_methods",
    "analyse_movement_encoding",
    "analyse_qc_overview",
    "analyse_responses",
    "analyse_task_encoding",
    "analyse_task_performance",
    "analyse_video_qc",
    "digest_files",
    "find_passing",
    "make_if_new",
    "make_study_key",
    "plot_dataset_overview",
    "write_methods",
]
