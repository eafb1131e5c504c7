"""Helpers for tests: ours, and those of node authors."""

from __future__ import annotations

from ranvier.testing._clock import FakeClock
from ranvier.testing._fake_engine import FakeCall, FakeEngine
from ranvier.testing._run_node import run_node

__all__ = ["FakeCall", "FakeClock", "FakeEngine", "run_node"]
