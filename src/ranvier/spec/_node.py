"""A node's declaration, and the catalogue of all that are known."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Literal, Optional, Tuple

import msgspec

from ranvier.spec._parameter import ParameterSpec
from ranvier.spec._port import PortSpec

NodeKind = Literal["source", "transform", "sink"]


class NodeSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a node type is, derived from its class in the node's own environment.

    Parameters
    ----------
    name
        Name in the catalogue.
    kind
        Source, transform or sink.
    summary
        First sentence of its docstring.
    doc
        The whole docstring.
    inputs, outputs, parameters
        What it declares, in order of declaration.
    reference
        Where the class is: "module:Class" or "file.py:Class".
    version
        Version of the package it comes from.
    deterministic
        True if inputs, parameters and seed alone decide its output.
    keeps_state
        True if it can hand over its state (`checkpoint` and `restore`).
    has_safe_state
        True if it declares `safe_state`.
    tags
        Words to find it by.
    """

    name: str
    kind: NodeKind
    summary: str = ""
    doc: str = ""
    inputs: Tuple[PortSpec, ...] = ()
    outputs: Tuple[PortSpec, ...] = ()
    parameters: Tuple[ParameterSpec, ...] = ()
    reference: str = ""
    version: str = ""
    deterministic: bool = True
    keeps_state: bool = False
    has_safe_state: bool = False
    tags: Tuple[str, ...] = ()

    def input(self, name: str) -> Optional[PortSpec]:
        """Give the input of that name, or None."""
        return next((port for port in self.inputs if port.name == name), None)

    def output(self, name: str) -> Optional[PortSpec]:
        """Give the output of that name, or None."""
        return next((port for port in self.outputs if port.name == name), None)

    def parameter(self, name: str) -> Optional[ParameterSpec]:
        """Give the parameter of that name, or None."""
        return next((each for each in self.parameters if each.name == name), None)


class Catalogue:
    """Node types by the reference that a graph file uses for them.

    Parameters
    ----------
    specs
        Node types, known by their names.

    Examples
    --------
    >>> catalogue = Catalogue([NodeSpec("threshold", "transform")])
    >>> catalogue.find("threshold").kind
    'transform'
    """

    def __init__(self, specs: Iterable[NodeSpec] = ()) -> None:
        self._specs: Dict[str, NodeSpec] = {}
        self._faults: Dict[str, Exception] = {}
        for spec in specs:
            self.add(spec)

    def add(self, spec: NodeSpec, reference: Optional[str] = None) -> None:
        """Make a node type known, by its name or by a reference of a graph file."""
        self._specs[reference or spec.name] = spec

    def add_fault(self, reference: str, error: Exception) -> None:
        """Keep why the node type of a reference can't be described."""
        self._faults[reference] = error

    def find(self, reference: str) -> Optional[NodeSpec]:
        """Give the node type of a reference, or None if it is not known."""
        return self._specs.get(reference)

    def fault(self, reference: str) -> Optional[Exception]:
        """Give why the node type of a reference is not known, or None."""
        return self._faults.get(reference)

    def references(self) -> List[str]:
        """Give all references, in order of the alphabet."""
        return sorted(self._specs)

    def faults(self) -> Dict[str, Exception]:
        """Give the reason for each reference that can't be described."""
        return dict(self._faults)

    def __iter__(self) -> Iterator[NodeSpec]:
        return iter(self._specs[reference] for reference in self.references())

    def __len__(self) -> int:
        return len(self._specs)
