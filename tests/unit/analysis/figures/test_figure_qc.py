import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.figures import (
    plot_joint_distributions,
    plot_metric_histogram,
    plot_metric_pca,
    plot_metric_trend,
    plot_metric_violins,
    plot_parameter_box,
    plot_target_comparison,
    violinplot,
)


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "band": ["GCaMP", "Isosbestic"] * 20,
            "target_NM": ["VTA-DA"] * 30 + ["LC-NE"] * 10,
            "subject": [f"s{i % 8}" for i in range(40)],
            "start_time": [f"2024-{1 + i // 4:02d}-03T10:00:00" for i in range(40)],
            "a": rng.normal(size=40),
            "b": rng.normal(size=40),
        }
    )


def test_a_histogram_counts_all_that_is_finite(axes, table):
    table.loc[0, "a"] = np.inf
    plot_metric_histogram(axes, table, "a", threshold=0.5)
    steps = [patch.get_xy()[:, 1] for patch in axes.patches]

    assert len(steps) == 2
    assert axes.lines[0].get_xdata() == [0.5, 0.5]
    assert len(axes.get_legend().get_texts()) == 2


@pytest.mark.parametrize("value", [0.0, 3.0, 1e12])
def test_a_constant_metric_has_one_bin_of_some_width(axes, value):
    plot_metric_histogram(axes, pd.DataFrame({"a": [value] * 3}), "a")

    assert axes.get_xlim()[0] < value < axes.get_xlim()[1]


def test_pairs_of_metrics_stand_below_the_diagonal(figure, table):
    plot_joint_distributions(figure, table, ["a", "b"])

    assert len(figure.axes) == 3
    assert [len(axes.collections) for axes in figure.axes] == [0, 2, 0]


def test_a_trend_is_a_line_for_each_band_over_time(axes, table):
    plot_metric_trend(axes, table.sample(frac=1, random_state=1), "a")

    assert len(axes.lines) == 2
    assert (np.diff(axes.lines[0].get_xdata(orig=False)) >= 0).all()


def test_violins_are_drawn_of_groups_that_have_a_shape(axes, table):
    few = pd.concat([table, table.iloc[:2].assign(target_NM="SNc-DA")])
    violinplot(axes, few, "a")
    ticks = [text.get_text() for text in axes.get_xticklabels()]

    assert ticks == ["VTA-DA\n30", "SNc-DA\n2", "LC-NE\n10"]
    assert len(axes.collections) == 3 + 2  # points of all, violins of two
    np.testing.assert_allclose(axes.lines[0].get_ydata(), table["a"].iloc[:30].median())


def test_a_constant_group_has_points_and_no_violin(axes, table):
    violinplot(axes, table.assign(a=1.0), "a")

    assert len(axes.collections) == 2


def test_boxes_are_of_means_of_subjects(axes, table):
    plot_parameter_box(axes, table, "a")
    points = axes.collections[0].get_offsets()[:, 1]
    means = table.iloc[:30].groupby("subject")["a"].mean()

    np.testing.assert_allclose(np.sort(points), np.sort(means))


def test_pairs_that_differ_are_marked(axes, table):
    tests = pd.DataFrame(
        {
            "group_a": ["VTA-DA", "VTA-DA", ""],
            "group_b": ["LC-NE", "nobody", ""],
            "p_corrected": [0.004, 0.001, 0.0],
        }
    )
    plot_target_comparison(axes, table, "a", tests)

    assert [text.get_text() for text in axes.texts] == ["**"]


def test_components_are_points_and_arrows(axes):
    scores = pd.DataFrame({"PC1": [1.0, 2, np.nan], "PC2": [0.0, 1, 1]})
    weights = pd.DataFrame({"a": [1.0, 0], "b": [0.0, 1]}, index=["PC1", "PC2"])
    plot_metric_pca(axes, scores, weights, explained=[0.7, 0.2], by=["x", "y", "y"])

    assert axes.get_xlabel() == "PC1 (70%)"
    assert [len(c.get_offsets()) for c in axes.collections] == [1, 1]
    assert [text.get_text() for text in axes.texts if text.get_text()] == ["A", "B"]


def test_all_of_it_says_when_there_is_nothing(figure, table):
    grid = figure.subplots(2, 3).ravel()
    nothing = table.assign(a=np.nan)
    plot_metric_histogram(grid[0], nothing, "a")
    plot_metric_trend(grid[1], nothing, "a")
    violinplot(grid[2], nothing, "a")
    plot_parameter_box(grid[3], nothing, "a")
    plot_metric_pca(grid[4], pd.DataFrame({"PC1": [1.0]}))
    plot_metric_histogram(grid[5], pd.DataFrame(), "a")

    assert {axes.texts[0].get_text() for axes in grid} == {"no data"}


def test_composites_without_metrics_say_so(figure, table):
    plot_metric_violins(figure, table, [])

    assert figure.axes[0].texts[0].get_text() == "no data"


def test_composites_have_axes_for_each_metric(figure, table):
    plot_metric_violins(figure, table, ["a", "b"])

    assert len(figure.axes) == 2
