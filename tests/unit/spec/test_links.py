"""Plans of streams and links, and the catalogue."""

from __future__ import annotations

import msgspec
import pytest

from ranvier.spec import Catalogue, LinkPlan, LinkPolicy, NodeSpec, StreamPlan


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (LinkPolicy("latest"), "latest"),
        (LinkPolicy("queue", 8), "queue of 8, drops oldest"),
        (LinkPolicy("queue", 8, "drop_newest"), "queue of 8, drops newest"),
        (LinkPolicy("lossless", 5), "lossless, 5 deep"),
    ],
)
def test_policies_say_what_they_do(policy, words):
    assert policy.describe() == words


def test_plans_know_nodes_and_ports_and_cross_a_socket():
    link = LinkPlan(4, "a.out", "b.x", LinkPolicy("lossless", patience_s=1.5), True, 3)
    plan = StreamPlan(2, "a.out", (link,), writer=1)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(plan), type=StreamPlan)

    assert again == plan
    assert (plan.node, plan.port) == ("a", "out")
    assert (link.target_node, link.target_port) == ("b", "x")


def test_a_catalogue_finds_by_name_or_reference():
    catalogue = Catalogue([NodeSpec("b", "sink"), NodeSpec("a", "source")])
    catalogue.add(NodeSpec("c", "sink"), "m:C")
    catalogue.add_fault("m:D", ValueError("why"))

    assert catalogue.references() == ["a", "b", "m:C"]
    assert [spec.name for spec in catalogue] == ["a", "b", "c"]
    assert catalogue.find("c") is None
    assert catalogue.find("m:D") is None
    assert str(catalogue.fault("m:D")) == "why"
    assert len(catalogue) == 3
    assert set(catalogue.faults()) == {"m:D"}
