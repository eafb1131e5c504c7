"""What a run consists of, filled in as its nodes describe themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.graph import RECORDER, Graph
from ranvier.recording import describe_stream
from ranvier.runtime._plan import list_awaited, plan_streams, select_streams
from ranvier.spec import INTAKE, Catalogue, NodeSpec, StreamPlan
from ranvier.worker import Described, Setup

if TYPE_CHECKING:
    from ranvier.runtime._keeper import Keeper
    from ranvier.runtime._plan import WorkerPlan


class Blueprint:
    """Nodes, code, streams and parameters of one run.

    Parameters
    ----------
    graph
        As it runs.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.specs: dict[str, NodeSpec] = {}
        self.code: dict[str, dict[str, Any]] = {}
        self.pythons: dict[str, str] = {}
        self.streams: tuple[StreamPlan, ...] = ()
        self.awaited: set[str] = set()
        self._changed: dict[str, dict[str, Any]] = {}

    @property
    def n_links(self) -> int:
        """Number of links, the recorder's among them."""
        return sum(len(plan.links) for plan in self.streams)

    def add(self, word: Described) -> None:
        """Take what a worker says of its nodes."""
        self.specs.update(word.specs)
        self.code.update(word.code)
        self.pythons.update(dict.fromkeys(word.specs, word.python))

    def make_catalogue(self) -> Catalogue:
        """Give what the graph's types are, by the references that it uses.

        Returns
        -------
        Catalogue
            Of the nodes that have described themselves.
        """
        catalogue = Catalogue()
        for name, node in self.graph.nodes.items():
            if name in self.specs:
                catalogue.add(self.specs[name], node.type)
        return catalogue

    def plan(self, workers: tuple[WorkerPlan, ...]) -> None:
        """Give numbers to the streams, now that all nodes are known."""
        self.streams = plan_streams(self.graph, self.make_catalogue(), workers)
        self.awaited = list_awaited(self.graph, self.streams)

    def build_setup(self, worker: WorkerPlan, keeper: Keeper) -> Setup:
        """Give the second word to a worker.

        Returns
        -------
        Setup
            Its streams and the parameters of its nodes.
        """
        recorded = {p.node for p in self.streams if p.port == INTAKE and p.links}
        names = [node.name for node in worker.nodes]
        return Setup(
            select_streams(self.streams, worker.nodes),
            self.parameters_of(worker, keeper),
            tuple(name for name in names if name in recorded),
        )

    def parameters_of(
        self, worker: WorkerPlan, keeper: Keeper
    ) -> dict[str, dict[str, Any]]:
        """Give the parameters of a worker's nodes.

        Returns
        -------
        dict
            By node.
        """
        if worker.is_recorder:
            return {RECORDER: self._recorder_parameters(keeper)}
        return {
            node.name: {
                **self.graph.nodes[node.name].parameters,
                **self._changed.get(node.name, {}),
            }
            for node in worker.nodes
        }

    def keep_change(self, node: str, name: str, value: Any) -> None:
        """Keep a live change, so that a restarted node goes on with it."""
        self._changed.setdefault(node, {})[name] = value

    def name_stream(self, index: int | None) -> str | None:
        """Give the name of a stream by its number, None for none."""
        return None if index is None else self.streams[index].stream

    def has_safe_state(self, node: str) -> bool:
        """Say whether a node declares a safe state."""
        return node in self.specs and self.specs[node].has_safe_state

    def _recorder_parameters(self, keeper: Keeper) -> dict[str, Any]:
        described = [
            describe_stream(
                plan.stream,
                self.specs[plan.node].output(plan.port)
                if plan.node in self.specs
                else None,
            )
            for plan in self.streams
            if any(link.target_node == RECORDER for link in plan.links)
        ]
        return {
            "streams": described,
            "folder": str(keeper.folder.path),
            "run": keeper.describe_for_files(),
        }
