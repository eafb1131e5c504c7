"""Stages are chosen by name, and come in their order."""

from __future__ import annotations

import pytest

from ranvier.analysis.pipeline import choose_stages
from ranvier.core import AnalysisError


@pytest.mark.parametrize("start", ["foo", "photometri"])
def test_an_unknown_stage_is_told(start):
    with pytest.raises(AnalysisError, match="RV-A59"):
        choose_stages(start)


def test_stages_come_in_their_order():
    names = [stage.name for stage in choose_stages(more=("video",))]

    assert names[:5] == ["query_database", "photometry", "task", "wheel", "video"]
    assert "video" not in [stage.name for stage in choose_stages("photometry")]
    with pytest.raises(AnalysisError, match="RV-A58"):
        choose_stages("task", "wheel")
