"""The viewer, driven by keys and buttons, on a figure without a screen."""

from __future__ import annotations

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.backend_bases import KeyEvent, MouseEvent

from ranvier.analysis.figures import make_figure
from ranvier.analysis.readers import AlfSource
from ranvier.analysis.session import PhotometrySession
from ranvier.analysis.viewer import PhotometrySessionViewer, read_verdicts
from ranvier.analysis.viewer._panels import draw_view, make_panels
from ranvier.analysis.viewer._sessions import OneSession
from ranvier.analysis.viewer._state import ViewState, open_session
from ranvier.analysis.viewer._viewed import Viewed, reach_raw, view_session
from ranvier.analysis.viewer._window import ViewerWindow

EVENTS = ["stimOn_times", "firstMovement_times", "feedback_times"]


ROW = {"eid": "s$1", "subject": "m1", "start_time": "2024-11-05T14:03:22"}


class FakeSessions(OneSession):
    """Several times the same session, and a record of what was opened."""

    def __init__(self, session, verdicts=None, n=1):
        super().__init__(session, verdicts)
        self.n, self.opened = n, []

    def __len__(self):
        return self.n

    def open(self, place):
        self.opened.append(place)
        return super().open(place)


@pytest.fixture
def window(computed):
    return ViewerWindow(make_figure(14, 8.6), FakeSessions(computed, n=2))


@pytest.fixture
def empty():
    """A session of which nothing is there: for what the window does, not draws."""
    return PhotometrySession({**ROW, "brain_region": ["VTA", "SNc"]})


@pytest.fixture
def bare(empty):
    return ViewerWindow(make_figure(14, 8.6), FakeSessions(empty, n=2))


def press(window, *keys):
    for key in keys:
        KeyEvent("key_press_event", window.figure.canvas, key)._process()


def click(window, action):
    axes = window.buttons[action].ax
    x, y = axes.transAxes.transform((0.5, 0.5))
    for name in ("button_press_event", "button_release_event"):
        event = MouseEvent(name, window.figure.canvas, x, y, 1)
        event.inaxes = axes  # what a canvas with a screen finds by itself
        event._process()


def texts(window):
    return [text.get_text() for text in window.axes["about"].texts]


def foot(window):
    return window._foot.get_text()


def image(window, event="feedback_times"):
    return np.asarray(window.axes[f"heatmap {event}"].images[0].get_array())


def test_all_panels_of_the_first_region_are_drawn(window, computed):
    columns = [f"{kind} {event}" for event in EVENTS for kind in ("heatmap", "traces")]

    assert {*window.axes} == {"raw", "preprocessed", *columns, "fit", "about"}
    assert window.state.brain_region == "VTA-l"
    assert len(window.axes["raw"].lines) == 4  # two bands, two baselines
    assert image(window).shape[0] == len(computed.trials)
    assert window.axes["fit"].lines[0].get_label().startswith("slope")
    assert "20 trials" in texts(window)
    assert "no verdict yet" in texts(window)


def test_keys_of_baseline_mask_and_sort_change_what_is_drawn(window, computed):
    press(window, "b", "m", "s")
    found = computed.responses["VTA-l"].sel(event="feedback_times").to_numpy()

    np.testing.assert_array_equal(np.ma.getdata(image(window)), found)
    assert "not masked after the next event" in texts(window)


def test_responses_are_masked_before_their_baseline_is_subtracted(computed):
    viewed = view_session(computed)
    state = open_session(ViewState(), viewed.regions, viewed.times)
    panels, _ = make_panels(viewed, state)
    masked = computed.mask_subsequent_events(computed.responses["VTA-l"])
    expected = computed.subtract_baseline(masked)

    for event in EVENTS:
        np.testing.assert_array_equal(
            panels.responses[event], expected.sel(event=event).to_numpy()
        )


def test_sorted_trials_begin_with_incorrect_ones_of_high_contrast(computed):
    viewed = view_session(computed)
    state = replace(
        open_session(ViewState(), viewed.regions, viewed.times),
        by="contrast",
        events=True,
        zoom=2,
    )
    drawn = draw_view(make_figure(), viewed, state)
    shown = np.ma.getdata(drawn["heatmap feedback_times"].images[0].get_array())
    trials = computed.trials.reset_index(drop=True)
    wrong = trials[trials["feedbackType"] == -1]
    first = wrong["contrast"].sort_values(ascending=False, kind="stable").index[0]
    panels, _ = make_panels(viewed, state)

    np.testing.assert_array_equal(
        shown[0][~np.ma.getmaskarray(shown[0])],
        panels.responses["feedback_times"][first],
    )
    legend = drawn["traces stimOn_times"].get_legend()
    assert len(legend.texts) == trials["contrast"].nunique()
    assert len(drawn["preprocessed"].collections) == 3  # ticks: a row for each event
    start, end = drawn["preprocessed"].get_xlim()
    assert 25 < end - start < 31


def test_the_region_is_changed_by_key_and_by_button(bare):
    press(bare, "down")
    by_key = bare._body.subfigs[0].get_suptitle()
    click(bare, "region 0")

    assert by_key.endswith("SNc")
    assert bare.state.brain_region == "VTA"


def test_sessions_are_loaded_one_after_the_other(bare):
    press(bare, "right", "right", "left")

    assert bare._sessions.opened == [0, 1, 0]


def test_buttons_do_what_their_keys_do(bare):
    click(bare, "mask")
    click(bare, "events")
    click(bare, "accept")

    assert (bare.state.mask, bare.state.events) == (False, True)
    assert bare.state.verdict == "accepted"


def test_a_verdict_is_kept_and_read_again(empty, tmp_path):
    path = tmp_path / "metadata" / "verdicts.csv"
    first = ViewerWindow(make_figure(), FakeSessions(empty, path))
    press(first, "a", "down", "r", *"dark", "enter")
    second = ViewerWindow(make_figure(), FakeSessions(empty, path))

    assert second.state.verdicts == ("accepted", "rejected")
    assert second.state.reasons == ("", "dark")
    assert read_verdicts(path)["brain_region"].tolist() == ["VTA", "SNc"]


def test_a_reason_is_seen_while_it_is_typed_and_keys_are_letters(bare):
    press(bare, "r", "q", "a", "$")

    assert "Why? qa$" in foot(bare)
    assert bare.state.mode == "reason"

    press(bare, "enter")

    assert "rejected: qa$" in texts(bare)


def test_a_verdict_that_can_not_be_kept_is_none(empty, tmp_path):
    (tmp_path / "metadata").write_text("a file")
    path = tmp_path / "metadata" / "verdicts.csv"
    window = ViewerWindow(make_figure(), FakeSessions(empty, path))
    press(window, "a")

    assert window.state.verdict == ""
    assert "was not kept" in foot(window)


def test_a_damaged_table_of_verdicts_is_said_and_the_session_is_shown(empty, tmp_path):
    path = tmp_path / "verdicts.csv"
    path.write_bytes(b"a,b\n")
    window = ViewerWindow(make_figure(), FakeSessions(empty, path))

    assert "can't be read" in foot(window)
    assert "raw" in window.axes


def test_help_lists_the_keys_and_any_key_goes_back(bare):
    press(bare, "?")
    words = [text.get_text() for text in bare.axes["help"].texts]
    press(bare, "x")

    assert "accept the recording" in words
    assert "raw" in bare.axes


def test_q_closes(empty):
    closed = []
    window = ViewerWindow(
        make_figure(), FakeSessions(empty), close=lambda: closed.append(1)
    )
    press(window, "q", "a", "q")

    assert closed == [1]
    assert window.state.verdict == ""


def test_an_hour_is_drawn_with_few_points(computed):
    t = np.arange(0.0, 3600.0, 1 / 30)
    index = pd.Index(t, name="times")
    values = np.random.default_rng(0).normal(size=(t.size, 1))
    frame = pd.DataFrame(values, index, ["VTA-l"])
    session = PhotometrySession(computed.to_dict())
    session.photometry = {"GCaMP_preprocessed": frame}
    viewed = Viewed(session, {"GCaMP": frame, "Isosbestic": frame})
    state = open_session(ViewState(), viewed.regions, viewed.times)
    drawn = draw_view(make_figure(), viewed, state)
    n_points = [len(line.get_xdata()) for line in drawn["raw"].lines]

    assert max(n_points) <= 4000
    assert drawn["raw"].lines[0].get_ydata().max() == values.max()


def test_raw_bands_are_found_again_and_fitted_as_they_were(session, computed, alf):
    viewed = reach_raw(session, lambda eid: AlfSource(alf))
    fitted = viewed.fitted

    assert viewed.problems == ()
    np.testing.assert_allclose(
        fitted.signal, viewed.preprocessed.to_numpy(), rtol=0, atol=1e-12
    )
    assert {*viewed.get_baselines("SNc-r")} == {"GCaMP", "Isosbestic"}
    assert [*session.photometry] == ["GCaMP_preprocessed"]  # what was kept stays


def test_the_regression_is_that_of_the_preprocessing(computed):
    viewed = view_session(computed)
    reference, signal, (slope, intercept) = viewed.get_regression("SNc-r")
    fit = computed.preprocessed.fits[1]
    known = np.isfinite(reference)

    np.testing.assert_allclose(
        (slope * reference + intercept)[known], fit.fitted[known], atol=1e-12
    )
    assert signal.shape == reference.shape


def test_raw_bands_that_are_gone_are_said_on_the_panel(session, tmp_path):
    viewed = reach_raw(session, lambda eid: AlfSource(tmp_path / "gone"))
    state = open_session(ViewState(), viewed.regions, viewed.times)
    drawn = draw_view(make_figure(), viewed, state)

    assert "not reachable" in drawn["raw"].texts[0].get_text()
    assert len(drawn["preprocessed"].lines) > 0
    assert "heatmap stimOn_times" in drawn


def test_a_session_of_nothing_is_drawn_with_words():
    viewed = view_session(PhotometrySession(ROW))
    state = open_session(ViewState(), viewed.regions, viewed.times)
    drawn = draw_view(make_figure(), viewed, state)
    said = " ".join(text.get_text() for text in drawn["about"].texts)

    assert (viewed.regions, viewed.times) == (("",), (0.0, 0.0))
    assert "the raw signal was not loaded" in said.replace("\n", " ")


def test_trials_without_a_column_are_drawn_without_what_needs_it(session):
    session.trials = session.trials[[*EVENTS, "choice"]]
    viewed = Viewed(session)
    state = open_session(ViewState(), viewed.regions, viewed.times)
    drawn = draw_view(make_figure(), viewed, state)
    said = [text.get_text() for text in drawn["about"].texts]

    assert "heatmap feedback_times" in drawn
    assert any("not by feedback:" in " ".join(words.split()) for words in said)
    assert any("not sorted:" in words for words in said)
    assert "sorted by type" not in said


def test_one_trial_and_a_region_without_any_signal_are_drawn(session):
    session.trials = session.trials.iloc[:1]
    session.responses = {
        name: each.isel(trial=[0]) * np.nan for name, each in session.responses.items()
    }
    viewed = Viewed(session)
    state = open_session(ViewState(), viewed.regions, viewed.times)
    drawn = draw_view(make_figure(), viewed, state)

    assert drawn["heatmap stimOn_times"].texts[0].get_text() == "no data"


def test_what_can_not_be_masked_is_said(session):
    session.trials = session.trials.drop(columns="feedback_times")
    viewed = Viewed(session)
    state = open_session(ViewState(), viewed.regions, viewed.times)

    panels, problems = make_panels(viewed, state)

    assert problems == ("not masked: the trials have no feedback_times",)
    assert {*panels.responses} == {*EVENTS}


def test_a_session_in_memory_is_drawn_and_plotted_without_a_screen(computed):
    plt.switch_backend("agg")
    viewer = PhotometrySessionViewer(computed)
    drawn = viewer.draw()
    figure = viewer.plot()
    press(viewer.window, "q")

    assert "traces feedback_times" in drawn
    assert viewer.window.state.mode == "closed"
    assert not plt.fignum_exists(figure.number)
