import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.behaviour import PsychometricFit
from ranvier.analysis.figures import (
    create_psychometric_figure,
    plot_bias_shift_trajectory,
    plot_performance_trajectory,
    plot_psychometric,
    plot_psychometric_curves_50,
    plot_psychometric_curves_by_block,
    plot_psychometric_grid,
    plot_psychometric_parameter_trajectory,
    plot_psychometric_parameters_boxplot,
    plot_rt_by_contrast,
    plot_sessions_to_stage_cdf,
    plot_stage_barplot,
)
from ranvier.analysis.provenance import make_provenance

FIT = {"bias": 5.0, "threshold": 20.0, "lapse_left": 0.1, "lapse_right": 0.05}


@pytest.fixture
def performance():
    table = pd.DataFrame(
        {
            "subject": list("aaabb"),
            "target_NM": [["VTA-DA"]] * 3 + [["LC-NE", "VTA-DA"]] * 2,
            "session_n": [1, 2, 3, 1, 2],
            "fraction_correct": [0.5, 0.6, 0.7, 0.7, 0.8],
            "bias_shift": [np.nan, 5.0, 6.0, np.nan, 7.0],
        }
    )
    for block in ("50", "20", "80"):
        for name, value in FIT.items():
            table[f"psych_{block}_{name}"] = value
    return table


def test_stages_are_bars_with_their_numbers(axes):
    plot_stage_barplot(axes, {"training": ["a"], "biased": [], "ephys": ["b", "c"]})

    assert [bar.get_height() for bar in axes.patches] == [1, 0, 2]
    assert [text.get_text() for text in axes.texts] == ["1", "0", "2"]


def test_subjects_that_did_not_get_there_keep_the_line_below_one(axes):
    counts = pd.DataFrame({"training_to_biased": [4.0, 2.0, np.nan, 9.0]})
    plot_sessions_to_stage_cdf(axes, counts)
    line = axes.lines[0]

    assert line.get_xdata()[:4].tolist() == [0.0, 2.0, 4.0, 9.0]
    assert line.get_ydata().tolist() == [0.0, 0.25, 0.5, 0.75, 0.75]
    assert "(3 of 4)" in line.get_label()


def test_a_learning_curve_is_the_mean_of_subjects_while_there_are_two(
    axes, performance
):
    plot_performance_trajectory(axes, performance)
    thick = max(axes.lines, key=lambda line: line.get_linewidth())

    assert len(axes.lines) == 2 + 1 + 1  # subjects, mean, chance
    np.testing.assert_allclose(thick.get_ydata(), [0.6, 0.7])
    assert thick.get_label() == "mean of 2 subjects"


def test_one_subject_has_a_line_and_no_mean(axes, performance):
    plot_performance_trajectory(axes, performance.iloc[:3])

    assert axes.lines[0].get_ydata().tolist() == [0.5, 0.6, 0.7]
    assert axes.get_legend() is None


def test_a_session_of_two_targets_counts_for_both(axes, performance):
    plot_performance_trajectory(axes, performance, by="target_NM")
    names = [line.get_label() for line in axes.lines if line.get_linewidth() > 1]

    assert names[0] == "VTA-DA (2)"
    assert len(axes.lines) == 2 + 1 + 2 + 1  # subjects and mean of each, chance


def test_parameters_and_bias_shift_are_trajectories_too(figure, performance):
    left, right = figure.subplots(1, 2)
    plot_psychometric_parameter_trajectory(left, performance, "bias")
    plot_bias_shift_trajectory(right, performance)

    assert left.get_ylabel() == "Bias (%)"
    assert right.lines[0].get_ydata().tolist() == [5.0, 6.0]


def test_curves_are_those_of_the_fit(axes, performance):
    plot_psychometric_curves_50(axes, performance)
    fit = PsychometricFit(
        **FIT, r_squared=1, n_trials=1, log_likelihood=0, n_failed_starts=0,
        provenance=make_provenance("test", {}),
    )  # fmt: skip
    line = next(line for line in axes.lines if len(line.get_xdata()) > 2)

    np.testing.assert_allclose(line.get_ydata(), fit.predict(line.get_xdata()))


def test_blocks_without_a_fit_are_left_out(axes, performance):
    performance["psych_20_bias"] = np.nan
    plot_psychometric_curves_by_block(axes, performance)
    names = [text.get_text() for text in axes.get_legend().get_texts()]

    assert names == ["80 % left", "50 % left"]


def test_one_session_is_points_with_its_curve(axes):
    points = pd.DataFrame(
        {"n_trials": [10, 10], "fraction_right": [0.0, 0.5]}, index=[-100.0, 0.0]
    )
    plot_psychometric(axes, {"50": points}, {"50": FIT, "80": {**FIT, "bias": np.nan}})

    assert axes.lines[0].get_ydata().tolist() == [0.0, 0.5]
    assert len(axes.get_legend().get_texts()) == 1


def test_each_target_has_its_axes(figure, performance):
    plot_psychometric_grid(figure, performance)

    assert [axes.get_title(loc="left") for axes in figure.axes] == ["VTA-DA", "LC-NE"]


def test_parameters_are_boxes_by_target(figure, performance):
    plot_psychometric_parameters_boxplot(figure, performance)

    assert [axes.get_ylabel() for axes in figure.axes] == [
        *("Bias (%)", "Threshold (%)", "Lapse left", "Lapse right")
    ]


def test_all_of_psychometrics_on_one_figure(figure, performance):
    create_psychometric_figure(figure, performance)

    assert len(figure.axes) == 4
    assert figure.axes[2].get_ylabel() == "Threshold (%)"


def test_times_are_means_over_medians_of_subjects(axes):
    trials = pd.DataFrame(
        {
            "subject": list("aaab"),
            "contrast": [0.0, 0.0, 0.0, 0.0],
            "reaction_time": [0.1, 0.2, 9.0, 0.4],
            "target_NM": "VTA-DA",
        }
    )
    plot_rt_by_contrast(axes, trials)

    assert axes.lines[0].get_ydata().tolist() == pytest.approx([0.3])
    assert axes.get_yscale() == "log"


def test_all_of_it_says_when_there_is_nothing(figure, performance):
    grid = figure.subplots(2, 4).ravel()
    empty = performance.iloc[:0]
    plot_stage_barplot(grid[0], {"training": []})
    plot_sessions_to_stage_cdf(grid[1], pd.DataFrame({"a_to_b": [np.nan]}))
    plot_performance_trajectory(grid[2], empty)
    plot_psychometric_curves_50(grid[3], performance.assign(psych_50_bias=np.nan))
    plot_psychometric_curves_by_block(grid[4], empty)
    plot_psychometric(grid[5], {}, {})
    plot_rt_by_contrast(grid[6], pd.DataFrame())
    plot_bias_shift_trajectory(grid[7], performance.assign(bias_shift=np.nan))

    assert {axes.texts[0].get_text() for axes in grid} == {"no data"}


def test_composites_of_nothing_say_so(figure, performance):
    for part in figure.subfigures(1, 2):
        plot_psychometric_grid(part, performance.iloc[:0])

    assert {axes.texts[0].get_text() for axes in figure.axes} == {"no data"}
