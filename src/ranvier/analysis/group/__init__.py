"""Many sessions as one group: selected, computed and analysed together."""

from __future__ import annotations

from ranvier.analysis.group._catalog import GroupTables
from ranvier.analysis.group._group import PhotometrySessionGroup
from ranvier.analysis.group._models import FAMILIES, get_models
from ranvier.analysis.group._moving import WheelComparison
from ranvier.analysis.group._notes import expand_blockers
from ranvier.analysis.group._results import GroupResult
from ranvier.analysis.group._rules import SelectionRules
from ranvier.analysis.group._store import SessionResponses
from ranvier.analysis.group._swaps import DroponeNull
from ranvier.analysis.group._trials import AnalysisTrials
from ranvier.analysis.group._waterfall import Waterfall, WaterfallStep

__all__ = [
    "FAMILIES",
    "AnalysisTrials",
    "DroponeNull",
    "GroupResult",
    "GroupTables",
    "PhotometrySessionGroup",
    "SelectionRules",
    "SessionResponses",
    "Waterfall",
    "WaterfallStep",
    "WheelComparison",
    "expand_blockers",
    "get_models",
]
