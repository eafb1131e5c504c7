"""Edits of graphs and of their files, with comments kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.core import GraphError
from ranvier.graph import (
    AddLink,
    AddNode,
    Graph,
    RemoveLink,
    RemoveNode,
    RenameNode,
    ResetParameter,
    SetNode,
    SetParameter,
    SetPolicy,
    SetRecord,
    SetRun,
    edit_file,
    edit_graph,
    parse_graph,
)

few = settings(max_examples=30, deadline=None)

TEXT = """\
# The experiment of Tuesday.
ranvier: 1
name: two   # a name
nodes:
  # what it sees
  eye:
    type: camera
    parameters: {gain: 1.50, mode: fast}   # from the manual
    # exposure: 3 ms

  # what it does
  hand:
    type: motor
    parameters:
      speed: 3   # turns
links:
  - {from: eye.frame, to: hand.drive}   # the only way
  - from: eye.frame
    to: [hand.view, eye.self]
record: [eye.frame, hand.done]
run:
  duration: 60 s   # a minute
"""

ALL_EDITS = [
    (
        AddNode("ear", "mic"),
        "speed: 3   # turns\n",
        "speed: 3   # turns\n  ear:\n    type: mic\n",
    ),
    (SetParameter("eye", "gain", 2.0), "1.50", "2.0"),
    (SetParameter("eye", "depth", 3), "mode: fast}", "mode: fast, depth: 3}"),
    (SetParameter("hand", "name", "a: b"), "turns\n", 'turns\n      name: "a: b"\n'),
    (ResetParameter("eye", "gain"), "gain: 1.50, ", ""),
    (SetNode("hand", "type", "servo"), "motor", "servo"),
    (SetNode("hand", "watchdog", "1 s"), "turns\n", "turns\n    watchdog: 1 s\n"),
    (
        AddLink("hand.done", "eye.go", {"policy": "latest"}),
        "eye.self]\n",
        "eye.self]\n  - {from: hand.done, to: eye.go, policy: latest}\n",
    ),
    (
        RemoveLink("eye.frame", "hand.drive"),
        "  - {from: eye.frame, to: hand.drive}   # the only way\n",
        "",
    ),
    (RemoveLink("eye.frame", "hand.view"), "[hand.view, eye.self]", "[eye.self]"),
    (
        SetPolicy("eye.frame", "hand.drive", "queue", depth=4),
        "hand.drive}",
        "hand.drive, policy: queue, depth: 4}",
    ),
    (SetRun("duration", "2 min"), "60 s", "2 min"),
    (SetRun("seed", 7), "# a minute\n", "# a minute\n  seed: 7\n"),
    (SetRecord("hand.done", False), ", hand.done", ""),
    (SetRecord("hand.out"), "hand.done]", "hand.done, hand.out]"),
]


@pytest.mark.parametrize(("edit", "old", "new"), ALL_EDITS)
def test_an_edit_touches_only_its_place_in_the_file(edit, old, new):
    assert TEXT.count(old) == 1
    assert TEXT.replace(old, new) == edit_file(parse_graph(TEXT), edit).text


def test_a_renamed_node_is_renamed_at_its_links_and_records():
    changed = edit_file(parse_graph(TEXT), RenameNode("eye", "left"))

    assert TEXT.replace("eye", "left") == changed.text


def test_a_removed_node_takes_its_links_records_and_inner_comments_along():
    changed = edit_file(parse_graph(TEXT), RemoveNode("eye")).text

    assert "# exposure" not in changed
    assert "# what it does\n  hand:" in changed
    assert "# turns" in changed
    assert {"hand"} == set(parse_graph(changed).graph.nodes)
    assert parse_graph(changed).graph.links == ()
    assert [e.stream for e in parse_graph(changed).graph.record] == ["hand.done"]


def test_a_target_with_another_policy_gets_a_link_of_its_own():
    edit = SetPolicy("eye.frame", "hand.view", "latest")

    graph = edit_graph(parse_graph(TEXT).graph, edit)

    assert [link.to for link in graph.links] == [
        ("hand.drive",),
        ("eye.self",),
        ("hand.view",),
    ]
    assert [link.policy for link in graph.links] == ["queue", "queue", "latest"]


def test_the_graph_that_is_edited_stays_as_it_was():
    file = parse_graph(TEXT)
    before = file.graph.model_copy(deep=True)

    edit_graph(file.graph, *(edit for edit, *_ in ALL_EDITS[:8]))
    edit_file(file, *(edit for edit, *_ in ALL_EDITS[:8]))

    assert before == file.graph
    assert before == parse_graph(TEXT).graph


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (AddNode("eye", "camera"), "already"),
        (RemoveNode("eya"), "no node"),
        (RenameNode("eye", "hand"), "already"),
        (SetNode("ear", "type", "x"), "no node"),
        (SetParameter("ear", "gain", 1), "no node"),
        (ResetParameter("eye", "gian"), "does not set"),
        (AddLink("eye.frame", "hand.drive"), "already"),
        (RemoveLink("eye.frame", "hand.x"), "not linked"),
        (SetPolicy("eye.x", "hand.x", "latest"), "not linked"),
    ],
)
def test_an_edit_of_what_is_not_there_is_refused(edit, problem):
    for act in (
        lambda: edit_graph(parse_graph(TEXT).graph, edit),
        lambda: edit_file(parse_graph(TEXT), edit),
    ):
        with pytest.raises(GraphError, match=problem) as caught:
            act()

        assert caught.value.code == "RV-G29"
        assert caught.value.mend


def test_an_edit_that_makes_no_graph_is_refused_for_a_graph():
    with pytest.raises(GraphError) as caught:
        edit_graph(Graph(name="x"), AddNode("recorder", "x"))

    assert caught.value.code == "RV-G11"


def test_a_file_with_faults_elsewhere_can_still_be_edited():
    file = parse_graph(TEXT.replace("type: motor", "tipe: motor"))

    assert "gain: 9" in edit_file(file, SetParameter("eye", "gain", 9)).text


@pytest.mark.parametrize(
    "text",
    ["nodes: 3\n", "nodes: {eye: 3}\n", "nodes: {eye: {parameters: [1]}}\n"],
)
def test_an_edit_where_the_file_is_faulty_is_refused(text):
    with pytest.raises(GraphError) as caught:
        edit_file(parse_graph(text), SetParameter("eye", "gain", 9))

    assert caught.value.code == "RV-G29"


nodes = st.sampled_from(["eye", "hand", "ear"])
ends = st.builds("{}.{}".format, nodes, st.sampled_from(["frame", "drive", "view"]))
values = st.none() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
edits = st.one_of(
    st.builds(AddNode, nodes, st.sampled_from(["mic", "./a.py:B"])),
    st.builds(RemoveNode, nodes),
    st.builds(RenameNode, nodes, nodes),
    st.builds(SetNode, nodes, st.just("watchdog"), st.none() | st.just("1 s")),
    st.builds(SetParameter, nodes, st.sampled_from(["gain", "new"]), values),
    st.builds(ResetParameter, nodes, st.sampled_from(["gain", "speed"])),
    st.builds(AddLink, ends, ends),
    st.builds(RemoveLink, ends, ends),
    st.builds(SetPolicy, ends, ends, st.sampled_from(["latest", "queue"])),
    st.builds(SetRun, st.just("seed"), st.none() | st.integers(0, 9)),
    st.builds(SetRecord, ends, st.booleans()),
)


@few
@given(st.lists(edits, max_size=6))
def test_graph_and_file_say_the_same_after_any_edits(some):
    file = parse_graph(TEXT)
    graph = file.graph
    for edit in some:
        try:
            edited = edit_graph(graph, edit)
        except GraphError:
            with pytest.raises(GraphError, match="can't be made"):
                edit_file(file, edit)
        else:
            graph, file = edited, edit_file(file, edit)

    assert graph == file.graph
    assert "# The experiment of Tuesday." in file.text
    assert "# a minute" in file.text
