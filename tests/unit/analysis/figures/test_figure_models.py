from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from ranvier.analysis.faults import DataFault
from ranvier.analysis.figures import (
    plot_cca_comparison,
    plot_cca_cross_projection,
    plot_cca_scores,
    plot_cca_weights,
    plot_coefficient_curve,
    plot_cohort_cca_summary,
    plot_contrast_slopes,
    plot_cosine_basis,
    plot_delta_r_squared,
    plot_encoding_kernels,
    plot_encoding_prediction,
    plot_functional_model,
    plot_glm_pca_scores,
    plot_glm_pca_summary,
    plot_glm_pca_weights,
    plot_interaction_effects,
    plot_lmm_coefficient_heatmap,
    plot_lmm_reliability,
    plot_lmm_response,
    plot_lmm_summary,
    plot_lmm_variance_explained,
    plot_marginal_means,
    plot_movement_lmm_summary,
    plot_movement_r2_bars,
    plot_movement_slopes,
    plot_wheel_lmm_summary,
)

TARGETS = ["LC-NE", "VTA-DA"]


@pytest.fixture
def coefficients():
    return pd.DataFrame(
        {
            "term": ["Intercept", "contrast", "contrast:side"] * 2,
            "target_NM": np.repeat(TARGETS, 3),
            "Coef.": [9.0, 1.0, -2.0, 9.0, 0.5, 0.1],
            "P>|z|": [0.0, 0.0005, 0.5, 0.0, 0.04, np.nan],
        }
    )


@pytest.fixture
def means():
    return pd.DataFrame(
        {
            "target_NM": np.repeat(TARGETS, 2),
            "side": [-0.5, 0.5] * 2,
            "mean": [1.0, 2.0, 3.0, 4.0],
        }
    ).assign(ci_low=lambda t: t["mean"] - 1, ci_high=lambda t: t["mean"] + 1)


@pytest.fixture
def curve():
    t = np.linspace(-1, 1, 5)
    beta = np.array([0.0, 0, 2, 2, 0])
    return pd.DataFrame({"term": "contrast", "time": t, "beta": beta}).assign(
        ci_low=beta - 0.5, ci_high=beta + 0.5, joint_low=beta - 1, joint_high=beta + 1
    )


def ticks_of(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def dots_of(axes):
    return [c for c in axes.collections if isinstance(c, PathCollection)]


def names_in(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_coefficients_are_a_heat_map_without_the_intercept(axes, coefficients):
    plot_lmm_coefficient_heatmap(axes, coefficients)
    mesh = axes.collections[0]

    assert mesh.get_array().reshape(2, 2).tolist() == [[0.5, 1.0], [0.1, -2.0]]
    assert mesh.get_clim() == (-2.0, 2.0)
    assert ticks_of(axes.xaxis) == ["VTA-DA", "LC-NE"]
    assert ticks_of(axes.yaxis) == ["contrast", "contrast × side"]
    assert [text.get_text() for text in axes.texts] == ["*", "***", "", ""]


def test_models_of_several_events_are_named_by_them(axes, coefficients):
    other = coefficients.assign(event="feedback_times")
    both = pd.concat([coefficients.assign(event="stimOn_times"), other])
    plot_lmm_coefficient_heatmap(axes, both)

    assert ticks_of(axes.xaxis)[:2] == ["VTA-DA stimulus", "VTA-DA feedback"]


def test_variance_of_subjects_stands_on_that_of_fixed_effects(axes):
    fits = pd.DataFrame(
        {"target_NM": TARGETS, "marginal_r2": [0.2, 0.1], "conditional_r2": [0.3, 0.1]}
    )
    plot_lmm_variance_explained(axes, fits)

    assert [b.get_height() for b in axes.patches] == pytest.approx([0.1, 0.2, 0, 0.1])
    assert [text.get_text() for text in axes.texts] == ["0.10", "0.20"]


def test_predictions_are_lines_over_points_of_the_data(figure):
    predictions = pd.DataFrame(
        {"contrast": [0.0, 100.0] * 2, "side": [0.5, 0.5, -0.5, -0.5], "reward": 0.5}
    ).assign(predicted=1.0, ci_low=0.5, ci_high=1.5)
    data = pd.DataFrame(
        {
            "contrast": [100.0, 100.0],
            "side": "contra",
            "feedbackType": 1,
            "subject": ["a", "b"],
            "response_early": [1.0, 3.0],
        }
    )
    contra, ipsi = plot_lmm_response(figure, predictions, data)

    assert contra.containers[0].lines[0].get_ydata().tolist() == [2.0]
    assert contra.lines[0].get_ydata().tolist() == [1.0, 1.0]
    assert len(ipsi.containers) == 0
    assert contra.get_xlim()[0] > contra.get_xlim()[1]


def test_predictions_alone_are_drawn_too(figure):
    predictions = pd.DataFrame(
        {"contrast": [0.0], "side": ["ipsi"], "reward": [-0.5], "predicted": [1.0]}
    ).assign(ci_low=0.5, ci_high=1.5)
    _, ipsi = plot_lmm_response(figure, predictions)

    assert names_in(ipsi) == ["incorrect"]


def test_marginal_means_have_levels_by_name(axes, means):
    plot_marginal_means(axes, means, "side")

    assert ticks_of(axes.xaxis) == ["ipsi", "contra"]
    assert names_in(axes) == ["VTA-DA", "LC-NE"]
    assert axes.containers[0].lines[0].get_ydata().tolist() == [3.0, 4.0]


def test_slopes_show_fixed_effects_and_subjects(axes):
    slopes = pd.DataFrame(
        {
            "level": [-0.5, 0.5, 0.5, 0.5],
            "subject": ["all", "all", "a", "b"],
            "slope": [1.0, 2.0, 1.5, 2.5],
            "ci_low": [0.0, 1.0, np.nan, np.nan],
            "ci_high": [2.0, 3.0, np.nan, np.nan],
        }
    )
    plot_contrast_slopes(axes, slopes)

    assert [c.lines[0].get_ydata().tolist() for c in axes.containers] == [[1.0], [2.0]]
    assert [len(dots.get_offsets()) for dots in dots_of(axes)] == [0, 2]
    assert names_in(axes) == ["incorrect", "correct"]


def test_effects_at_levels_of_another_factor(axes):
    effects = pd.DataFrame(
        {"level": [-0.5, 0.5], "effect": [1.0, 2.0], "ci_low": 0.0, "ci_high": 3.0}
    )
    plot_interaction_effects(axes, effects, ylabel="Effect of reward")

    assert names_in(axes) == ["ipsi", "contra"]
    assert axes.get_ylabel() == "Effect of reward"


def test_a_summary_of_models(figure, coefficients, means):
    fits = pd.DataFrame(
        {"target_NM": TARGETS, "marginal_r2": [0.2, 0.1], "conditional_r2": [0.3, 0.1]}
    )
    plot_lmm_summary(figure, coefficients, fits, means, "side")

    assert len(figure.axes) == 4


def test_bars_are_means_over_subjects_without_the_aggregate(axes):
    scores = pd.DataFrame(
        {
            "model": ["full"] * 2 + ["side"] * 3,
            "subject": ["a", "b", "a", "b", "aggregate"],
            "delta_r2": [np.nan, np.nan, 0.1, 0.3, 99.0],
        }
    )
    plot_movement_r2_bars(axes, scores)

    assert [bar.get_height() for bar in axes.patches] == pytest.approx([0.2])
    assert ticks_of(axes.xaxis) == ["side"]


def test_slopes_of_timing_are_full_where_they_are_sure(axes):
    slopes = pd.DataFrame(
        {
            "contrast": [0.0, 100.0],
            "timing_coef": [1.0, 2.0],
            "se": 0.5,
            "p": [0.5, 0.01],
        }
    )
    plot_movement_slopes(axes, slopes)
    (sure,) = dots_of(axes)

    assert sure.get_offsets().tolist() == [[1.0, 2.0]]
    ends = axes.containers[0].lines[2][0].get_segments()[0][:, 1]
    assert ends.tolist() == pytest.approx([1 - 0.98, 1 + 0.98])


def test_summaries_have_a_row_or_column_for_each_variable(figure):
    left, right = figure.subfigures(1, 2)
    scores = pd.DataFrame(
        {"model": "m", "subject": ["a", "b"], "delta_r2": 0.1, "timing": ["y", "x"]}
    )
    slopes = pd.DataFrame(
        {"contrast": 0.0, "timing_coef": 1.0, "se": 0.5, "p": 0.5, "timing": ["x", "y"]}
    )
    plot_movement_lmm_summary(left, scores, slopes)
    tests = pd.DataFrame({"dv": ["reaction_time"], "contrast": 0.0, "delta_r2": 0.1})
    plot_wheel_lmm_summary(right, tests.assign(p=0.01))

    assert [a.get_title(loc="left") for a in left.axes] == ["Y", "Y", "X", "X"]
    assert [a.get_title(loc="left") for a in right.axes] == ["Reaction time"]


def test_reliability_has_the_jackknife_s_error(axes):
    summary = pd.DataFrame({"model": ["m"], "delta_r2": [0.5], "delta_r2_se": [0.1]})
    plot_lmm_reliability(axes, summary)

    ends = axes.containers[0].lines[2][0].get_segments()[0][:, 1]
    assert ends.tolist() == pytest.approx([0.4, 0.6])


def test_a_curve_has_both_bands_and_marks_where_the_joint_one_leaves_zero(axes, curve):
    plot_coefficient_curve(axes, curve.sample(frac=1, random_state=0))
    joint, pointwise = axes.collections

    assert np.ptp(joint.get_paths()[0].vertices[:, 1]) == 4.0
    assert np.ptp(pointwise.get_paths()[0].vertices[:, 1]) == 3.0
    mark = max(axes.lines, key=lambda line: line.get_linewidth())
    assert np.isfinite(mark.get_ydata()).tolist() == [False, False, True, True, False]


def test_a_functional_model_has_axes_for_each_term(figure, curve):
    plot_functional_model(figure, pd.concat([curve, curve.assign(term="a:b")]))

    assert [a.get_title(loc="left") for a in figure.axes] == ["contrast", "a × b"]


def test_components_are_drawn_with_their_variance(figure):
    scores = pd.DataFrame({"PC1": [0.0, 1, 5, 6], "PC2": [0.0, 1, 2, 3]})
    found = SimpleNamespace(
        components=pd.DataFrame([[1.0, -2], [0, 1]], ["PC1", "PC2"], ["a", "b:c"]),
        scores=scores,
        explained_variance_ratio=pd.Series([0.9, 0.1]),
    )
    plot_glm_pca_summary(figure, found, ["VTA-DA", "VTA-DA", "LC-NE", "LC-NE"])
    weights, points = figure.axes[:2]

    assert ticks_of(weights.yaxis) == ["PC1 (90%)", "PC2 (10%)"]
    assert ticks_of(weights.xaxis) == ["a", "b × c"]
    assert names_in(points) == ["VTA-DA (2)", "LC-NE (2)"]
    assert points.containers[1].lines[0].get_xdata().tolist() == [5.5]


def test_cohorts_are_drawn_with_their_correlations(figure):
    rng = np.random.default_rng(0)
    scores = pd.DataFrame(rng.normal(size=(10, 2)), columns=["x", "y"])
    scores["target_NM"] = TARGETS * 5
    fits = pd.DataFrame(
        {"target_NM": TARGETS, "r": [0.5, 0.8], "p_value": [0.2, 0.001], "n": [5, 5]}
    )
    weights = {
        name: pd.Series([1.0, -1.0], index=["a", "psych_50_bias"]) for name in TARGETS
    }
    cross = pd.DataFrame({"data": TARGETS, "weights": TARGETS, "r": [0.5, 0.8]})
    plot_cohort_cca_summary(figure, scores, fits, {"x": weights, "y": weights}, cross)
    titles = [a.get_title(loc="left") for a in figure.axes]

    assert titles[:2] == ["VTA-DA, r = 0.80", "LC-NE, r = 0.50"]
    assert [bar.get_height() for bar in figure.axes[2].patches] == [0.8, 0.5]


def test_kernels_of_recordings_are_averaged(axes):
    kernels = pd.DataFrame(
        {"block": "stimOn_times", "time": [0.0, 0.1] * 2, "weight": [1.0, 2, 3, 4]}
    )
    plot_encoding_kernels(axes, kernels)

    assert axes.lines[0].get_ydata().tolist() == [2.0, 3.0]
    assert axes.lines[0].get_color() == "blue"
    assert names_in(axes) == ["stimOn"]


def test_blocks_are_compared_by_target(axes):
    index = pd.MultiIndex.from_tuples([("e", "VTA-DA"), ("f", "LC-NE")])
    index.names = ["eid", "target_NM"]
    deltas = pd.DataFrame([[0.1, 0.2], [0.3, np.nan]], index, ["stimOn_times", "wheel"])
    plot_delta_r_squared(axes, deltas)

    assert ticks_of(axes.xaxis) == ["stimOn", "wheel"]
    assert names_in(axes) == ["VTA-DA", "LC-NE"]


def test_prediction_and_bumps_are_lines(figure):
    left, right = figure.subplots(1, 2)
    signal = pd.Series([1.0, 2.0, 3.0], index=[0.0, 0.1, 0.2])
    plot_encoding_prediction(left, signal, signal * 2, window=(0.05, 1.0))
    plot_cosine_basis(right, [0.0, 0.1], np.eye(2))

    assert left.lines[1].get_ydata().tolist() == [4.0, 6.0]
    assert [line.get_ydata().tolist() for line in right.lines] == [[1, 0], [0, 1]]


def test_all_of_it_says_when_there_is_nothing(figure):
    grid = figure.subplots(3, 6).ravel()
    none = pd.DataFrame()
    plots = [
        plot_lmm_coefficient_heatmap, plot_lmm_variance_explained, plot_contrast_slopes,
        plot_interaction_effects, plot_movement_r2_bars, plot_movement_slopes,
        plot_lmm_reliability, plot_coefficient_curve, plot_glm_pca_weights,
        plot_cca_comparison, plot_cca_cross_projection, plot_encoding_kernels,
        plot_delta_r_squared,
    ]  # fmt: skip
    for plot, axes in zip(plots, grid, strict=False):
        plot(axes, none)
    plot_marginal_means(grid[13], none, "side")
    plot_glm_pca_scores(grid[14], none, [])
    plot_cca_scores(grid[15], [np.nan], [1.0])
    plot_cca_weights(grid[16], {})
    plot_cosine_basis(grid[17], [], [])

    assert {axes.texts[0].get_text() for axes in grid} == {"no data"}


def test_composites_of_nothing_say_so(figure):
    none = pd.DataFrame()
    parts = figure.subfigures(2, 3).ravel()
    plot_functional_model(parts[0], none)
    plot_wheel_lmm_summary(parts[1], none)
    plot_movement_lmm_summary(parts[2], none, none)
    plot_lmm_summary(parts[3], none, none, none)
    plot_cohort_cca_summary(parts[4], none, none, {})
    plot_lmm_response(parts[5], none)

    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert set(said) == {"no data"}


def test_a_missing_column_is_named(axes, curve):
    with pytest.raises(DataFault, match="joint_low"):
        plot_coefficient_curve(axes, curve.drop(columns="joint_low"))
