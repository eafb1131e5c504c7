"""What ports, parameters, nodes and links declare about themselves."""

from __future__ import annotations

from ranvier.spec._links import (
    INTAKE,
    LinkMode,
    LinkPlan,
    LinkPolicy,
    StreamPlan,
    WhenFull,
)
from ranvier.spec._node import Catalogue, NodeKind, NodeSpec
from ranvier.spec._parameter import ItemType, ParameterSpec, ParameterType
from ranvier.spec._port import PortKind, PortSpec, explain_mismatch

__all__ = [
    "INTAKE",
    "Catalogue",
    "ItemType",
    "LinkMode",
    "LinkPlan",
    "LinkPolicy",
    "NodeKind",
    "NodeSpec",
    "ParameterSpec",
    "ParameterType",
    "PortKind",
    "PortSpec",
    "StreamPlan",
    "WhenFull",
    "explain_mismatch",
]
