"""Ranvier runs neuroscience experiments from rig to result.

Importing this package does nothing else: each floor is imported by its own name
(`ranvier.node` to write nodes, `ranvier.graph` to read graphs, `ranvier.runtime` to
run them, `ranvier.recording` to read what a run left).
"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__"]
