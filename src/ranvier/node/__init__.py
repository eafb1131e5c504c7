"""What a node author writes against.

A node is a small class with declared ports and parameters, usable as a plain object:

>>> class Threshold(Transform):
...     '''Say whether a signal is above a level.'''
...     signal = Input("float64", shape=())
...     above = Output("bool", shape=())
...     level = Parameter(1.0, live=True, help="Level of the decision.")
...     def process(self, signal):
...         return bool(signal > self.level)
>>> Threshold(level=3).process(5.0)
True
"""

from __future__ import annotations

from ranvier.node._context import Asked, Context
from ranvier.node._describe import describe, find_version, package_of
from ranvier.node._discover import (
    discover,
    discover_for,
    find_nodes,
    list_names,
    load,
    resolve,
)
from ranvier.node._driver import Emission, NodeDriver, step_all
from ranvier.node._functions import node_class, sink, source, transform
from ranvier.node._node import Node, Sink, Source, Stamped, StopProducing, Transform
from ranvier.node._pace import check_pace
from ranvier.node._parameter import Parameter
from ranvier.node._ports import Input, Output, Port

__all__ = [
    "Asked",
    "Context",
    "Emission",
    "Input",
    "Node",
    "NodeDriver",
    "Output",
    "Parameter",
    "Port",
    "Sink",
    "Source",
    "Stamped",
    "StopProducing",
    "Transform",
    "check_pace",
    "describe",
    "discover",
    "discover_for",
    "find_nodes",
    "find_version",
    "list_names",
    "load",
    "node_class",
    "package_of",
    "resolve",
    "sink",
    "source",
    "step_all",
    "transform",
]
