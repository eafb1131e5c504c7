import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.faults import DataFault
from ranvier.analysis.figures import (
    SessionPanels,
    find_heatmap_limit,
    group_trials,
    plot_isosbestic_fit,
    plot_preprocessed,
    plot_raw_bands,
    plot_response_heatmap,
    plot_response_traces,
    plot_wheel_speed,
    plot_wheel_trace,
    plot_wheel_velocity,
    session_plot,
)

T = np.arange(-5, 5) / 10


@pytest.fixture
def signal():
    t = np.arange(600) / 10
    return pd.Series(np.sin(t), index=t)


@pytest.fixture
def trials():
    return pd.DataFrame(
        {
            "stimOn_times": [5.0, 15.0, 25.0, np.nan],
            "feedback_times": [6.0, 16.0, 26.0, 36.0],
            "feedbackType": [1, -1, 1, 1],
            "contrast": [100.0, 0.0, 25.0, 25.0],
        }
    )


@pytest.fixture
def responses():
    return np.arange(40.0).reshape(4, 10)


def names_in(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_bands_are_drawn_with_one_name_for_their_baselines(axes, signal):
    bands = {"GCaMP": signal, "Isosbestic": signal * 2}
    plot_raw_bands(axes, bands, {name: b * 0 for name, b in bands.items()})

    assert names_in(axes) == ["GCaMP", "Isosbestic", "F0"]
    assert len(axes.lines) == 4
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), signal)


def test_a_window_cuts_the_signal_and_its_events(axes, signal, trials):
    events = {"stimOn_times": trials["stimOn_times"]}
    plot_preprocessed(axes, signal, events, window=(4.0, 20.0))

    assert axes.lines[0].get_xdata()[[0, -1]].tolist() == [4.0, 20.0]
    assert len(axes.collections[0].get_segments()) == 2


def test_the_line_that_is_subtracted_is_named_by_its_slope(axes):
    plot_isosbestic_fit(axes, [0.0, 1.0, np.nan], [0.0, 2.0, 1.0], (2.0, 0.5))

    assert axes.lines[0].get_ydata().tolist() == [0.5, 2.5]
    assert names_in(axes) == ["slope 2.00"]


def test_a_heat_map_is_in_the_order_that_is_asked_for(axes, responses, trials):
    order = [3, 2, 1, 0]
    groups = group_trials(trials)
    plot_response_heatmap(axes, responses, T, order=order, groups=groups)
    image, strip = axes.images

    np.testing.assert_array_equal(image.get_array(), responses[order])
    assert image.get_clim() == pytest.approx(
        (-3 * responses.std(), 3 * responses.std())
    )
    assert strip.get_array().shape == (4, 1, 3)
    assert strip.get_array()[2].tolist() != strip.get_array()[1].tolist()
    assert image.cmap.name.startswith("RdBu_r")


def test_a_constant_heat_map_has_a_scale(axes):
    plot_response_heatmap(axes, np.full((2, 10), 5.0), T)

    assert axes.images[0].get_clim() == (-5.0, 5.0)


def test_traces_are_means_of_kinds_of_trials(axes, responses, trials):
    plot_response_traces(axes, responses, T, group_trials(trials))

    assert names_in(axes) == ["correct (3)", "incorrect (1)"]
    np.testing.assert_allclose(
        axes.lines[0].get_ydata(), responses[[0, 2, 3]].mean(axis=0)
    )
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), responses[1])


def test_traces_by_subject_count_each_subject_once(axes, responses):
    plot_response_traces(axes, responses, T, subjects=["a", "a", "a", "b"])
    wanted = (responses[:3].mean(axis=0) + responses[3]) / 2

    np.testing.assert_allclose(axes.lines[0].get_ydata(), wanted)


def test_the_tail_of_a_few_trials_is_not_drawn(axes):
    values = np.ones((30, 10))
    values[2:, 8:] = np.nan
    plot_response_traces(axes, values, T)

    assert np.isnan(axes.lines[0].get_ydata()).tolist() == [False] * 8 + [True] * 2


def test_responses_that_do_not_fit_their_times_are_a_fault(axes, responses):
    with pytest.raises(DataFault, match="shape"):
        plot_response_heatmap(axes, responses, T[:3])


@pytest.mark.parametrize("window", [None, (0.0, 30.0)])
def test_a_session_has_axes_for_a_viewer(figure, signal, trials, responses, window):
    events = {"stimOn_times": responses, "feedback_times": responses * 2}
    panels = SessionPanels(
        {"GCaMP": signal}, signal, events, T, trials, {"GCaMP": signal}, "a session"
    )
    drawn = session_plot(figure, panels, order=np.array([1, 0, 2, 3]), window=window)

    assert list(drawn) == [
        *("raw", "preprocessed", "heatmap stimOn_times", "traces stimOn_times"),
        *("heatmap feedback_times", "traces feedback_times"),
    ]
    clims = {drawn[f"heatmap {e}"].images[0].get_clim() for e in events}
    assert clims == {(-find_heatmap_limit(events), find_heatmap_limit(events))}
    ticks = [c for c in drawn["preprocessed"].collections if hasattr(c, "get_segments")]
    assert len(ticks) == (0 if window is None else 2)


def test_a_session_without_responses_is_drawn_as_far_as_it_goes(figure, signal):
    panels = SessionPanels({}, signal, {}, T, pd.DataFrame())
    drawn = session_plot(figure, panels)

    assert list(drawn) == ["raw", "preprocessed"]
    assert drawn["raw"].texts[0].get_text() == "no data"
    assert find_heatmap_limit({}) == 1.0


def test_movements_of_the_wheel_are_shaded_within_the_window(axes):
    t = np.arange(100.0)
    plot_wheel_trace(axes, t, t, [(5.0, 8.0), (95.0, 99.0)], window=(0.0, 50.0))

    assert len(axes.patches) == 1
    assert axes.lines[0].get_xdata().max() == 50.0


def test_velocity_is_drawn_up_to_the_longest_time(axes, figure):
    velocity = np.random.default_rng(0).normal(size=(5, 400))
    velocity[0, 100:] = np.nan
    plot_wheel_velocity(axes, velocity, 100.0, max_s=2.0, order=[4, 3, 2, 1, 0])
    image = axes.images[0]

    assert image.get_array().shape == (5, 200)
    assert image.get_extent()[:2] == [0.0, 2.0]
    assert image.get_array().mask[4, 150]


def test_speed_is_the_mean_of_absolute_velocity(axes):
    plot_wheel_speed(axes, [[-1.0, 2.0], [3.0, np.nan]], 100.0)

    assert axes.lines[0].get_ydata().tolist() == [2.0, 2.0]


def test_all_of_it_says_when_there_is_nothing(figure, signal):
    grid = figure.subplots(2, 4).ravel()
    plot_raw_bands(grid[0], {"GCaMP": signal * np.nan})
    plot_preprocessed(grid[1], signal, window=(1e6, 2e6))
    plot_isosbestic_fit(grid[2], [np.nan], [1.0])
    plot_response_heatmap(grid[3], np.full((2, 10), np.nan), T)
    plot_response_traces(grid[4], np.empty((0, 10)), T)
    plot_wheel_trace(grid[5], [], [])
    plot_wheel_velocity(grid[6], np.full((3, 5), np.nan))
    plot_wheel_speed(grid[7], np.empty((0, 0)))

    assert {axes.texts[0].get_text() for axes in grid} == {"no data"}
