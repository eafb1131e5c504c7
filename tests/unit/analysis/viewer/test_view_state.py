"""What keys make of the state of the viewer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.analysis.figures import TRIAL_GROUPINGS
from ranvier.analysis.viewer._state import (
    ACTIONS,
    BY_NAMES,
    HELP,
    LONGEST_REASON,
    ZOOMS_S,
    ViewState,
    act,
    open_session,
    press,
)

START = ViewState(
    n_sessions=3,
    session=1,
    regions=("VTA", "SNc"),
    verdicts=("", ""),
    reasons=("", ""),
    times=(20.0, 1000.0),
)
TYPING = replace(START, mode="reason", typed="lo")

# (before, key, what changes, what is to be done)
STEPS = [
    (START, "right", {"session": 2}, "load"),
    (START, "left", {"session": 0}, "load"),
    (replace(START, session=2), "right", {"said": "this is the last session"}, "draw"),
    (replace(START, session=0), "left", {"said": "this is the first session"}, "draw"),
    (START, "down", {"region": 1}, "draw"),
    (START, "up", {}, ""),
    (replace(START, region=1), "down", {}, ""),
    (replace(START, region=1), "up", {"region": 0}, "draw"),
    (START, "e", {"events": True}, "draw"),
    (START, "b", {"baseline": False}, "draw"),
    (START, "m", {"mask": False}, "draw"),
    (START, "s", {"sort": False}, "draw"),
    (START, "t", {"by": "contrast"}, "draw"),
    (replace(START, by="none"), "t", {"by": "feedbackType"}, "draw"),
    (START, "z", {"zoom": 1}, "draw"),
    (replace(START, zoom=1, place=2), "z", {"zoom": 2, "place": 29}, "draw"),
    (replace(START, zoom=2, place=9), "z", {"zoom": 0, "place": 0}, "draw"),
    (replace(START, zoom=1), ".", {"place": 1}, "draw"),
    (replace(START, zoom=1, place=5), ".", {"place": 5}, "draw"),
    (replace(START, zoom=1), ",", {"place": 0}, "draw"),
    (START, ".", {"said": "press z to look at a part of the session"}, "draw"),
    (START, "a", {"verdicts": ("accepted", ""), "said": "accepted"}, "keep"),
    (START, "r", {"mode": "reason"}, "draw"),
    (START, "?", {"mode": "help"}, "draw"),
    (START, "h", {"mode": "help"}, "draw"),
    (START, "q", {"mode": "closed"}, "close"),
    (START, "x", {}, ""),
    (TYPING, "q", {"typed": "loq"}, "draw"),
    (TYPING, "backspace", {"typed": "l"}, "draw"),
    (TYPING, "left", {}, ""),
    (TYPING, "escape", {"mode": "look", "typed": ""}, "draw"),
    (replace(TYPING, typed="x" * LONGEST_REASON), "y", {}, ""),
    (replace(START, mode="help"), "a", {"mode": "look"}, "draw"),
    (replace(START, mode="closed"), "a", {}, ""),
    (replace(START, mode="closed"), "right", {}, ""),
]


@pytest.mark.parametrize(("before", "key", "changes", "task"), STEPS)
def test_a_key_does_what_the_table_says(before, key, changes, task):
    assert press(before, key) == (replace(before, **changes), task)


def test_a_typed_reason_rejects_the_region_that_is_shown():
    state = replace(START, region=1)
    for key in ["r", *"no  light ", "enter"]:
        state, task = press(state, key)

    assert task == "keep"
    assert (state.verdict, state.reason, state.mode) == ("rejected", "no light", "look")
    assert state.verdicts == ("", "rejected")


def test_a_rejection_without_a_reason_is_none():
    state, _ = press(START, "r")
    state, _ = press(state, " ")
    state, task = press(state, "enter")

    assert (state.mode, state.verdicts, task) == ("reason", ("", ""), "draw")
    assert "a reason is wanted" in state.said


def test_accepting_takes_the_reason_of_an_old_rejection_away():
    state = replace(START, verdicts=("rejected", ""), reasons=("dark", ""))

    assert press(state, "a")[0].reasons == ("", "")


def test_buttons_of_regions_go_there_and_no_further():
    assert act(START, "region 1")[0].brain_region == "SNc"
    assert act(START, "region 7") == (START, "")
    assert act(START, "region 0") == (START, "")


def test_a_button_leaves_the_help_and_does_what_it_says():
    assert act(replace(START, mode="help"), "mask")[0] == replace(START, mask=False)


def test_the_region_stays_from_session_to_session_where_there_is_one():
    state = replace(START, region=1, zoom=2, place=8)

    assert open_session(state, ("SNc",), (0.0, 9.0)).brain_region == "SNc"
    assert open_session(state, ("LC", "DR"), (0.0, 9.0)).brain_region == "LC"
    assert open_session(state, (), (0.0, 0.0)).regions == ("",)
    assert open_session(state, ("SNc",), (0.0, 9.0)).window == (0.0, 30.0)


def test_every_action_has_a_key_in_the_help_and_every_grouping_a_name():
    assert set(BY_NAMES) == set(TRIAL_GROUPINGS)
    named = "".join(HELP) + "h"
    arrows = {"left": "←", "right": "→", "up": "↑", "down": "↓"}

    assert [key for key in ACTIONS if arrows.get(key, key) not in named] == []


keys = st.sampled_from([*ACTIONS, "enter", "escape", "backspace", "x", "é", "ctrl+a"])


@given(st.lists(keys, max_size=40), st.integers(1, 4), st.integers(0, 3))
def test_no_sequence_of_keys_leaves_what_is_legal(pressed, n_sessions, n_regions):
    names = tuple("ABC"[:n_regions])
    state = open_session(ViewState(n_sessions), names, (5.0, 700.0))
    for key in pressed:
        before = state
        state, task = press(state, key)

        assert 0 <= state.session < n_sessions
        assert 0 <= state.region < len(state.regions)
        assert len(state.verdicts) == len(state.reasons) == len(state.regions)
        assert all(
            bool(why) == (verdict == "rejected")
            for verdict, why in zip(state.verdicts, state.reasons, strict=True)
        )
        assert set(state.verdicts) <= {"", "accepted", "rejected"}
        assert state.by in TRIAL_GROUPINGS
        assert 0 <= state.zoom < len(ZOOMS_S)
        assert state.window is None or 5.0 <= state.window[0] <= 700.0
        assert state.typed == "" or state.mode == "reason"
        assert (task == "load") == (state.session != before.session)
        assert task or replace(state, said="") == replace(before, said="")
        assert before.mode != "closed" or state == before
