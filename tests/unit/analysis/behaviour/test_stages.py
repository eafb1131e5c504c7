import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.behaviour import count_sessions_to_stage, get_subjects_by_stage
from ranvier.analysis.faults import MetadataFault


@pytest.fixture
def sessions():
    kinds = {
        "a": ["training"] * 3 + ["biased", "training", "biased", "ephys", "biased"],
        "b": ["training"] * 2,
        "c": ["biased", "ephys"],
        "d": ["habituation"],
    }
    rows = [
        (subject, kind, f"2024-01-{day:02d}")
        for subject, of_subject in kinds.items()
        for day, kind in enumerate(of_subject, 1)
    ]
    table = pd.DataFrame(rows, columns=["subject", "session_type", "start_time"])
    return table.sample(frac=1, random_state=0)


def test_sessions_are_counted_up_to_the_first_of_the_next_stage(sessions):
    found = count_sessions_to_stage(sessions)

    expected = [[3, 2], [np.nan, np.nan], [0, 1], [np.nan, np.nan]]
    np.testing.assert_array_equal(found.to_numpy(), expected)
    assert found.index.tolist() == list("abcd")


def test_each_subject_stands_at_its_last_stage(sessions):
    assert get_subjects_by_stage(sessions) == {
        "training": ["b"],
        "biased": [],
        "ephys": ["a", "c"],
    }


def test_no_session_gives_no_subject_and_no_column_a_fault(sessions):
    assert len(count_sessions_to_stage(sessions[:0])) == 0
    assert get_subjects_by_stage(sessions[:0])["ephys"] == []
    with pytest.raises(MetadataFault, match="start_time"):
        count_sessions_to_stage(sessions.drop(columns="start_time"))
