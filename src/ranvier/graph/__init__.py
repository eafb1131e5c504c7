"""The experiment as data: read, checked, ordered, planned, edited, compared."""

from __future__ import annotations

from ranvier.graph._check import check
from ranvier.graph._diff import describe_changes
from ranvier.graph._edit import edit_file, edit_graph
from ranvier.graph._edits import (
    AddLink,
    AddNode,
    Edit,
    RemoveLink,
    RemoveNode,
    RenameNode,
    ResetParameter,
    SetNode,
    SetParameter,
    SetPolicy,
    SetRecord,
    SetRun,
)
from ranvier.graph._faults import Fault, Report
from ranvier.graph._fields import RESERVED_NAMES
from ranvier.graph._migrate import migrate
from ranvier.graph._model import (
    FORMAT_VERSION,
    Graph,
    GraphLink,
    GraphNode,
    Pair,
    RecordEntry,
    RestartPolicy,
    RunOptions,
)
from ranvier.graph._order import Order, find_downstream, find_upstream, order_nodes
from ranvier.graph._plan import (
    RECORDER,
    build_streams,
    iter_streams,
    list_recorded,
    name_recorder_input,
)
from ranvier.graph._render import format_graph
from ranvier.graph._schema import build_schema, format_schema
from ranvier.graph._yaml import GraphFile, parse_graph, read_graph, write_graph

__all__ = [
    "FORMAT_VERSION",
    "RECORDER",
    "RESERVED_NAMES",
    "AddLink",
    "AddNode",
    "Edit",
    "Fault",
    "Graph",
    "GraphFile",
    "GraphLink",
    "GraphNode",
    "Order",
    "Pair",
    "RecordEntry",
    "RemoveLink",
    "RemoveNode",
    "RenameNode",
    "Report",
    "ResetParameter",
    "RestartPolicy",
    "RunOptions",
    "SetNode",
    "SetParameter",
    "SetPolicy",
    "SetRecord",
    "SetRun",
    "build_schema",
    "build_streams",
    "check",
    "describe_changes",
    "edit_file",
    "edit_graph",
    "find_downstream",
    "find_upstream",
    "format_graph",
    "format_schema",
    "iter_streams",
    "list_recorded",
    "migrate",
    "name_recorder_input",
    "order_nodes",
    "parse_graph",
    "read_graph",
    "write_graph",
]
