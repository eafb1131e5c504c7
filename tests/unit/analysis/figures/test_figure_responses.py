from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import DataFault
from ranvier.analysis.figures import (
    plot_confusion_matrix,
    plot_decoding_coefficients,
    plot_decoding_summary,
    plot_empirical_similarity,
    plot_feature_contributions,
    plot_mean_response_traces,
    plot_mean_response_vectors,
    plot_movement_response,
    plot_relative_contrast,
    plot_response_decoding_summary,
    plot_response_overview,
    plot_similarity_matrix,
    plot_target_similarity,
    plot_within_target_similarity,
)

FEATURES = [
    "feedback_c100_contra_correct",
    "stimOn_c100_ipsi_correct",
    "stimOn_c100_contra_correct",
    "stimOn_c0_contra_correct",
]


@pytest.fixture
def magnitudes():
    return pd.DataFrame(
        {
            "subject": ["a", "a", "a", "b"] * 2,
            "target_NM": "VTA-DA",
            "event": ["stimOn_times"] * 4 + ["feedback_times"] * 4,
            "stim_side": ["right", "right", "left", "right"] * 2,
            "hemisphere": "l",
            "contrast": [100.0, 100.0, 25.0, 100.0] * 2,
            "feedbackType": [1, 1, -1, 1] * 2,
            "response_early": [1.0, 1.0, 2.0, 4.0] * 2,
            "reaction_time": [0.1, 0.2, 0.3, 0.4] * 2,
        }
    )


@pytest.fixture
def features():
    index = pd.MultiIndex.from_tuples(
        [("e1", "LC-NE", 0), ("e2", "VTA-DA", 0), ("e3", "VTA-DA", 1)],
        names=["eid", "target_NM", "fiber_idx"],
    )
    return pd.DataFrame(np.arange(12.0).reshape(3, 4), index=index, columns=FEATURES)


@pytest.fixture
def decoder():
    names = ["LC-NE", "VTA-DA"]
    return SimpleNamespace(
        confusion=pd.DataFrame([[3, 1], [0, 0]], index=names, columns=names),
        balanced_accuracy=0.75,
        coefficients=pd.DataFrame(
            np.arange(8.0).reshape(2, 4), index=names, columns=FEATURES
        ),
        contributions=pd.Series([0.1, -0.1, np.nan, 0.3], index=FEATURES),
    )


def first_bars(axes):
    return axes.containers[0].lines[0].get_ydata()


def ticks_of(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def test_contra_falls_and_ipsi_rises(figure, magnitudes):
    contra, ipsi = plot_relative_contrast(figure, magnitudes, title="here")

    assert contra.get_xlim()[0] > contra.get_xlim()[1]
    assert ipsi.get_xlim()[0] < ipsi.get_xlim()[1]
    assert ticks_of(contra.xaxis) == ticks_of(ipsi.xaxis) == ["25", "100"]
    assert contra.get_shared_y_axes().joined(contra, ipsi)


@pytest.mark.parametrize(("aggregation", "wanted"), [("pool", 2.0), ("subject", 2.5)])
def test_the_mean_is_over_trials_or_over_subjects(
    figure, magnitudes, aggregation, wanted
):
    contra, _ = plot_relative_contrast(figure, magnitudes, aggregation=aggregation)

    assert first_bars(contra).tolist() == [wanted]
    assert contra.containers[0].lines[0].get_xdata().tolist() == [1]


def test_an_overview_has_a_cell_for_each_target_and_event(figure, magnitudes):
    plot_response_overview(figure, magnitudes)
    titles = [axes.get_title(loc="left") for axes in figure.axes]

    assert [t for t in titles if t] == ["VTA-DA, stimulus", "VTA-DA, feedback"]


def test_traces_weigh_conditions_by_their_trials(axes):
    traces = pd.DataFrame(
        {
            "eid": "e",
            "subject": "a",
            "contrast": [0.0, 0.0],
            "feedbackType": [1.0, -1.0],
            "time": [0.1, 0.1],
            "response": [1.0, 5.0],
            "n_trials": [3, 1],
        }
    )
    plot_mean_response_traces(axes, traces)

    assert axes.lines[0].get_ydata().tolist() == [2.0]
    assert axes.get_legend().get_texts()[0].get_text() == "0 %"


def test_traces_by_something_else_are_a_fault(axes):
    with pytest.raises(DataFault, match="`by`"):
        plot_mean_response_traces(axes, pd.DataFrame(), by="subject")


def test_vectors_are_sorted_by_side_event_outcome_contrast(axes, features):
    plot_mean_response_vectors(axes, features)
    values = axes.collections[0].get_array().reshape(2, 4)

    assert values.tolist() == [[9.0, 8.0, 6.0, 7.0], [3.0, 2.0, 0.0, 1.0]]
    assert ticks_of(axes.yaxis) == ["VTA-DA (2)", "LC-NE (1)"]
    limit = 3 * features.to_numpy().std()
    assert axes.collections[0].get_clim() == pytest.approx((-limit, limit))


def test_responses_go_with_movement_in_bins_at_their_medians(axes, magnitudes):
    one = magnitudes[magnitudes["event"] == "stimOn_times"]
    plot_movement_response(axes, one, n_bins=2)
    fast = axes.containers[1].lines[0]

    assert fast.get_xdata().tolist() == pytest.approx([0.15, 0.35])
    assert fast.get_ydata().tolist() == [1.0, 4.0]


def test_a_similarity_matrix_is_sorted_by_target(axes, features):
    table = pd.DataFrame(np.arange(9.0).reshape(3, 3), index=features.index)
    plot_similarity_matrix(axes, table)

    assert axes.images[0].get_array().tolist() == [[4, 5, 3], [7, 8, 6], [1, 2, 0]]
    assert axes.images[0].get_clim() == (-1, 1)
    assert ticks_of(axes.yaxis) == ["VTA-DA", "LC-NE"]


def test_pairs_are_drawn_within_and_between(figure):
    pairs = pd.DataFrame(
        {
            "kind": ["within", "within", "between"],
            "target_one": ["VTA-DA", "LC-NE", "LC-NE"],
            "similarity": [0.9, 0.7, 0.1],
        }
    )
    left, right = figure.subplots(1, 2)
    plot_within_target_similarity(left, pairs)
    plot_empirical_similarity(right, pairs)

    assert ticks_of(left.xaxis) == ["VTA-DA\n1", "LC-NE\n1"]
    assert ticks_of(right.xaxis) == ["within\n2", "between\n1"]
    assert right.lines[0].get_ydata().tolist() == pytest.approx([0.8, 0.8])


def test_means_of_targets_are_written_in_their_cells(axes):
    names = ["LC-NE", "VTA-DA"]
    means = pd.DataFrame([[0.5, 0.1], [0.1, np.nan]], index=names, columns=names)
    plot_target_similarity(axes, means)

    assert [text.get_text() for text in axes.texts] == ["0.10", "0.10", "0.50"]


def test_confusion_is_in_shares_of_a_row_with_counts(axes, decoder):
    plot_confusion_matrix(axes, decoder.confusion, accuracy=0.75)
    shares = axes.collections[0].get_array().reshape(2, 2)

    assert shares[1].tolist() == [0.25, 0.75]
    assert shares.mask[0].all()  # no recording of this class
    assert [text.get_text() for text in axes.texts] == ["1", "3"]
    assert "75%" in axes.get_title(loc="left")


def test_weights_of_what_are_no_conditions_keep_their_order(axes):
    table = pd.DataFrame([[1.0, -2.0]], index=["a"], columns=["x2", "x1"])
    plot_decoding_coefficients(axes, table)

    assert ticks_of(axes.xaxis) == ["x2", "x1"]
    assert axes.collections[0].get_clim() == (-2.0, 2.0)


def test_contributions_are_bars_in_the_order_of_conditions(axes, decoder):
    plot_feature_contributions(axes, decoder.contributions)

    assert [bar.get_height() for bar in axes.patches] == [0.3, 0.0, 0.1, -0.1]


def test_decoding_on_one_figure(figure, features, decoder):
    left, right = figure.subfigures(1, 2)
    plot_decoding_summary(left, decoder)
    similarity = pd.DataFrame(np.eye(3), index=features.index)
    plot_response_decoding_summary(right, features, similarity, decoder)

    assert len(figure.axes) == 3 + 2 + 4 + 4  # with colour bars


def test_all_of_it_says_when_there_is_nothing(figure, features, magnitudes, decoder):
    grid = figure.subplots(3, 4).ravel()
    none = pd.DataFrame()
    plot_mean_response_traces(grid[0], none)
    plot_mean_response_vectors(grid[1], none)
    plot_mean_response_vectors(grid[2], features * np.nan)
    plot_movement_response(grid[3], magnitudes.assign(reaction_time=-1.0))
    plot_similarity_matrix(grid[4], none)
    plot_within_target_similarity(grid[5], none)
    plot_empirical_similarity(grid[6], none)
    plot_target_similarity(grid[7], none)
    plot_confusion_matrix(grid[8], decoder.confusion * 0)
    plot_decoding_coefficients(grid[9], none)
    plot_feature_contributions(grid[10], decoder.contributions * np.nan)
    plot_feature_contributions(grid[11], pd.Series(dtype=float))

    assert {axes.texts[0].get_text() for axes in grid} == {"no data"}


def test_panels_of_nothing_say_so(figure, magnitudes):
    left, right = figure.subfigures(1, 2)
    contra, _ = plot_relative_contrast(left, magnitudes.iloc[:0])
    plot_response_overview(right, magnitudes.assign(response_early=np.nan))

    assert contra.texts[0].get_text() == "no data"
    assert right.axes[0].texts[0].get_text() == "no data"


def test_a_fibre_on_the_midline_says_which_side_stands_for_contra(figure, magnitudes):
    known, middle = figure.subfigures(1, 2)
    sided = plot_relative_contrast(known, magnitudes.assign(hemisphere="l"))
    midline = plot_relative_contrast(middle, magnitudes.assign(hemisphere=""))

    assert "midline" not in sided[0].get_xlabel()
    assert "(right: midline)" in midline[0].get_xlabel()
    assert "(left: midline)" in midline[1].get_xlabel()


def test_names_of_a_logarithmic_axis_have_room(axes, magnitudes):
    rng = np.random.default_rng(0)
    times = rng.uniform(0.25, 0.65, len(magnitudes))
    plot_movement_response(axes, magnitudes.assign(reaction_time=times))
    at = np.log10(axes.get_xticks())
    low, high = np.log10(axes.get_xlim())

    assert len(at) >= 2
    assert np.diff(at).min() / (high - low) > 0.05
