"""Changes between graphs, in words."""

from __future__ import annotations

from ranvier.graph import (
    AddLink,
    AddNode,
    Graph,
    RemoveNode,
    SetNode,
    SetParameter,
    SetPolicy,
    SetRecord,
    SetRun,
    describe_changes,
    edit_graph,
)

OLD = Graph.from_data(
    {
        "name": "x",
        "nodes": {
            "eye": {"type": "camera", "parameters": {"gain": 1.5}},
            "hand": {"type": "motor"},
        },
        "links": [{"from": "eye.frame", "to": "hand.drive"}],
        "record": ["eye.frame"],
    }
)


def changes(*edits):
    return describe_changes(OLD, edit_graph(OLD, *edits))


def test_equal_graphs_have_no_changes():
    assert changes() == []


def test_each_change_is_one_sentence():
    assert changes(AddNode("ear", "mic")) == ['node "ear" added (mic)']
    assert changes(RemoveNode("hand")) == [
        'node "hand" removed (motor)',
        'link from "eye.frame" to "hand.drive" removed',
    ]
    assert changes(SetParameter("eye", "gain", 2)) == [
        'parameter "gain" of node "eye": 1.5 → 2'
    ]
    assert changes(SetNode("hand", "watchdog", "1000 ms")) == [
        '"watchdog" of node "hand": default → 1 s'
    ]
    assert changes(SetNode("hand", "type", "servo")) == [
        '"type" of node "hand": motor → servo'
    ]
    assert changes(SetPolicy("eye.frame", "hand.drive", "latest")) == [
        'link from "eye.frame" to "hand.drive": queue of 64, drops oldest → latest'
    ]
    assert changes(
        AddLink("eye.frame", "hand.x", {"policy": "lossless", "patience": "2 s"})
    ) == ['link from "eye.frame" to "hand.x" added (lossless, 64 deep, patience 2 s)']
    assert changes(SetRecord("hand.done")) == ['"hand.done" recorded']
    assert changes(SetRecord("eye.frame", False)) == ['"eye.frame" no longer recorded']
    assert changes(SetRun("seed", 3)) == ['"seed" of run: default → 3']


def test_a_change_to_all_and_of_depth_is_said():
    everything = Graph.from_data({**OLD.to_data(), "record": "all"})
    deeper = Graph.from_data(
        {**OLD.to_data(), "record": [{"stream": "eye.frame", "depth": 9}]}
    )

    assert describe_changes(OLD, everything) == ["recorded: [eye.frame] → all"]
    assert describe_changes(OLD, deeper) == [
        '"depth" of the record of "eye.frame": default → 9'
    ]


def test_a_new_name_is_said():
    new = Graph.from_data({**OLD.to_data(), "name": "z"})

    assert describe_changes(OLD, new) == ["name: x → z"]
