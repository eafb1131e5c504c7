"""Order, feedback, and what depends on what."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.graph import Graph, find_downstream, find_upstream, order_nodes
from ranvier.spec import Catalogue, NodeSpec, PortSpec


def a_graph(nodes, *links, types=None):
    types = types or {}
    ends = [link.split(">") for link in links]
    return Graph.from_data(
        {
            "name": "x",
            "nodes": {name: {"type": types.get(name, "node")} for name in nodes},
            "links": [{"from": f"{a}.o", "to": f"{b}"} for a, b in ends],
        }
    )


@pytest.fixture
def catalogue():
    held = PortSpec("held", "input", hold=True)
    taken = PortSpec("i", "input")
    sent = PortSpec("o", "output")
    return Catalogue(
        [
            NodeSpec("node", "transform", inputs=(taken, held), outputs=(sent,)),
            NodeSpec("source", "source", inputs=(taken,), outputs=(sent,)),
        ]
    )


def test_nodes_follow_the_data_and_else_the_file():
    graph = a_graph("dcba", "a>b.i", "b>c.i")

    assert order_nodes(graph).nodes == ("d", "a", "b", "c")
    assert frozenset() == order_nodes(graph).feedback


def test_without_a_catalogue_the_link_back_to_the_first_node_is_feedback():
    graph = a_graph("abc", "c>a.i", "a>b.i", "b>c.i")

    assert {("c.o", "a.i")} == order_nodes(graph).feedback
    assert order_nodes(graph).nodes == ("a", "b", "c")


def test_a_link_to_a_source_is_feedback_wherever_it_stands(catalogue):
    graph = a_graph("bca", "a>b.i", "b>c.i", "c>a.i", types={"a": "source"})

    assert {("c.o", "a.i")} == order_nodes(graph, catalogue).feedback
    assert order_nodes(graph, catalogue).nodes == ("a", "b", "c")


def test_a_link_to_a_hold_input_is_feedback_before_an_ordinary_one(catalogue):
    graph = a_graph("abc", "a>b.i", "b>c.held", "c>a.i")

    assert {("b.o", "c.held")} == order_nodes(graph, catalogue).feedback


def test_all_links_to_a_source_that_close_loops_are_feedback(catalogue):
    graph = a_graph("sab", "s>a.i", "a>b.i", "a>s.i", "b>s.i", types={"s": "source"})

    assert {("a.o", "s.i"), ("b.o", "s.i")} == order_nodes(graph, catalogue).feedback


def test_a_node_linked_to_itself_is_a_loop():
    assert {("a.o", "a.i")} == order_nodes(a_graph("a", "a>a.i")).feedback


def test_only_as_many_hold_links_are_feedback_as_needed(catalogue):
    graph = a_graph("ab", "a>b.held", "b>a.held")

    assert {("b.o", "a.held")} == order_nodes(graph, catalogue).feedback


def test_links_to_nodes_that_do_not_exist_are_left_out():
    assert order_nodes(a_graph("a", "a>x.i", "y>a.i")).nodes == ("a",)


def test_upstream_and_downstream_reach_through_loops():
    graph = a_graph("abcd", "a>b.i", "b>c.i", "c>b.i", "c>d.i")

    assert {"a", "b", "c"} == find_upstream(graph, "b")
    assert {"b", "c", "d"} == find_downstream(graph, "a")
    assert frozenset() == find_upstream(graph, "a")


def test_a_chain_of_a_thousand_nodes_needs_no_recursion():
    names = [f"n{number}" for number in range(1000)]
    graph = a_graph(names, *(f"{a}>{b}.i" for a, b in itertools.pairwise(names)))

    assert tuple(names) == order_nodes(graph).nodes


ends = st.sampled_from("abcde")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ends, ends), max_size=12), st.permutations("abcde"))
def test_without_feedback_every_link_leads_forwards(links, nodes):
    graph = a_graph(nodes, *(f"{a}>{b}.i" for a, b in links))

    order = order_nodes(graph)
    place = {name: index for index, name in enumerate(order.nodes)}

    assert set(nodes) == set(order.nodes)
    for pair in graph.pairs():
        if (pair.source, pair.target) not in order.feedback:
            assert place[pair.source_node] < place[pair.target_node]
    for source, target in order.feedback:
        node = target.partition(".")[0]
        assert source.partition(".")[0] in find_downstream(graph, node)
