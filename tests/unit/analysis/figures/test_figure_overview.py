import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from ranvier.analysis.faults import DataFault
from ranvier.analysis.figures import (
    mouse_overview_barplot,
    qc_grid,
    session_overview_matrix,
    target_overview_barplot,
)


@pytest.fixture
def sessions():
    return pd.DataFrame(
        {
            "eid": list("abcd"),
            "subject": ["z", "z", "y", "y"],
            "session_type": ["training", "biased", "training", None],
            "session_n": [1.0, 2.0, 1.0, 3.0],
            "target_NM": [["VTA-DA", "LC-NE"], ["VTA-DA"], ["LC-NE"], ["LC-NE"]],
        }
    )


def words(axes):
    return [text.get_text() for text in axes.texts]


def legend_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_each_session_is_a_cell_in_the_colour_of_its_type(axes, sessions):
    session_overview_matrix(axes, sessions, passing=["a", "d"])
    cells = axes.collections[0].get_array().reshape(2, 3, 4)

    np.testing.assert_allclose(cells[0, 0], to_rgba("cornflowerblue", 1.0))
    np.testing.assert_allclose(cells[0, 1], to_rgba("mediumpurple", 0.5))
    assert cells[0, 2, 3] == cells[1, 1, 3] == 0
    np.testing.assert_allclose(cells[1, 2], to_rgba("#c8c8c8", 1.0))
    assert [t.get_text() for t in axes.get_yticklabels()] == ["z", "y"]
    assert legend_of(axes) == ["training", "biased", "unknown", "not passing"]


def test_without_passing_all_are_at_full_opacity(axes, sessions):
    session_overview_matrix(axes, sessions)
    alpha = axes.collections[0].get_array()[..., 3]

    assert set(alpha.ravel()) == {0.0, 1.0}
    assert "not passing" not in legend_of(axes)


def test_of_two_sessions_in_a_cell_the_passing_one_is_seen(axes, sessions):
    sessions["session_n"] = 1.0
    session_overview_matrix(axes, sessions, passing=["a", "c"])

    assert (axes.collections[0].get_array()[..., 3] == 1.0).all()


def test_many_subjects_have_fewer_names(axes):
    many = pd.DataFrame(
        {
            "subject": [f"s{i:03d}" for i in range(300)],
            "session_type": "biased",
            "session_n": 1,
        }
    )
    session_overview_matrix(axes, many)

    assert 10 < len(axes.get_yticks()) < 100


def test_bars_of_targets_are_stacked_and_counted(axes, sessions):
    target_overview_barplot(axes, sessions, passing=["a"])
    heights = {}
    for bar in axes.patches:
        place = round(bar.get_x() + bar.get_width() / 2)
        heights[place] = heights.get(place, 0) + bar.get_height()

    assert heights == {0: 2, 1: 3}
    assert words(axes) == ["N = 1", "N = 1"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["VTA-DA", "LC-NE"]


def test_subjects_have_a_bar_for_each_target(axes, sessions):
    mouse_overview_barplot(axes, sessions, passing=["a", "c", "d"])
    widths = [bar.get_width() for bar in axes.patches]

    assert widths == [2, 2, 1, 1, 2, 1]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["z", "y", "z"]


def test_verdicts_are_graded_as_words_or_numbers(axes):
    table = pd.DataFrame(
        {
            "qc_a": ["PASS", None, "odd"],
            "qc_b": [1.0, 0.33, np.nan],
            "subject": list("xyz"),
        }
    )
    qc_grid(axes, table)

    assert axes.collections[0].get_array().reshape(3, 2).tolist() == [
        *([5, 5], [0, 3], [0, 0])
    ]
    assert legend_of(axes) == ["CRITICAL", "PASS"]


@pytest.mark.parametrize(
    "plot", [session_overview_matrix, target_overview_barplot, mouse_overview_barplot]
)
def test_no_sessions_are_said_to_be_none(axes, sessions, plot):
    plot(axes, sessions.iloc[:0])

    assert words(axes) == ["no data"]


def test_an_empty_grid_is_said_to_be_empty(axes):
    assert words(qc_grid(axes, pd.DataFrame())) == ["no data"]


def test_a_missing_column_is_named(axes, sessions):
    with pytest.raises(DataFault, match="day_n"):
        session_overview_matrix(axes, sessions, x="day_n")
