from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from ranvier.report._graph_drawing import DrawnLink, DrawnNode, draw_graph, find_layers


def make_nodes(names):
    return [DrawnNode(name, "Type", "transform", "help") for name in names]


def test_a_node_stands_behind_all_that_feed_it():
    links = [
        DrawnLink("a", "b", ""),
        DrawnLink("b", "d", ""),
        DrawnLink("a", "d", ""),
        DrawnLink("d", "a", "", is_feedback=True),
    ]

    assert find_layers("dcba", links) == {"a": 0, "b": 1, "c": 0, "d": 2}


def test_every_node_and_link_is_drawn_once():
    links = [
        DrawnLink("a", "b", "x"),
        DrawnLink("a", "c", "x"),
        DrawnLink("b", "c", "y"),
        DrawnLink("c", "a", "z", is_feedback=True),
        DrawnLink("a", "recorder", "x"),
    ]
    root = ET.fromstring(draw_graph(make_nodes("abc"), links))
    classes = [each.get("class") for each in root.iter()]

    assert classes.count("node transform") == 3
    assert classes.count("link") == 3
    assert classes.count("link back") == 1


@pytest.mark.parametrize("n", [1, 40])
def test_boxes_of_a_layer_do_not_overlap(n):
    names = [f"n{i}" for i in range(n)]
    links = [DrawnLink("n0", name, "x") for name in names[1:]]
    root = ET.fromstring(draw_graph(make_nodes(names), links))
    boxes = [
        (float(each.get("x")), float(each.get("y")), float(each.get("height")))
        for each in root.iter("rect")
    ]
    boxes.sort()

    for (x, y, height), (next_x, next_y, _) in pairwise(boxes):
        assert next_x > x or next_y >= y + height


def test_a_graph_without_nodes_is_no_drawing():
    assert draw_graph([], []) == ""


def test_a_loop_that_is_not_marked_does_not_hang():
    links = [DrawnLink("a", "b", ""), DrawnLink("b", "a", "")]

    assert "svg" in draw_graph(make_nodes("ab"), links)
