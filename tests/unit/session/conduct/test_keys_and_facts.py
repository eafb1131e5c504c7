"""What metadata read and what can be set are the same keys."""

from __future__ import annotations

from ranvier.session.metadata import FACTS
from ranvier.session.parameters import KEYS


def test_every_fact_that_a_parameter_tells_is_a_key():
    unknown = {fact.parameter for fact in FACTS if fact.parameter} - KEYS.keys()

    assert set() == unknown
