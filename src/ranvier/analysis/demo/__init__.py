"""The demonstration: a study of real and simulated recordings."""

from __future__ import annotations

from ranvier.analysis.demo._study import DemoSubject, make_demo_study

__all__ = ["DemoSubject", "make_demo_study"]
