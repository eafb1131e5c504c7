"""What a run writes beside its recordings: folder, graph, manifest, audit trail."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

import ranvier
from ranvier.audit import AuditKind, AuditTrail, withhold
from ranvier.core import (
    NodeError,
    RecordingError,
    SystemClock,
    WallStart,
    make_run_id,
    write_atomically,
)
from ranvier.graph import RECORDER
from ranvier.recording import (
    Manifest,
    NodeEntry,
    SessionFolder,
    StreamEntry,
    ask_environment,
    collect_environment,
    create_session_folder,
    describe_code,
    describe_host,
    hash_text,
    seal,
    write_code,
    write_manifest,
)
from ranvier.runtime._into import enter_session_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ranvier.graph import Graph, GraphFile
    from ranvier.recording import CodeVersion, FolderState
    from ranvier.runtime._blueprint import Blueprint
    from ranvier.runtime._control import RunRequest
    from ranvier.runtime._lifecycle import FinishReason
    from ranvier.runtime._plan import WorkerPlan
    from ranvier.spec import Catalogue, NodeSpec, StreamPlan

_NOTICES = 50


class Keeper:
    """Keeps the record of one run.

    Parameters
    ----------
    graph
        As it will run.
    file
        The graph file.
    parent
        Folder in which the session folder is made.
    by
        Who started the run.
    overrides
        What differs from the graph file, see `describe_overrides`.
    into
        Folder of a session that goes on, in place of a new one in `parent`.

    Raises
    ------
    RecordingError
        If the folder can't be made.
    RunError
        If the run can't record into the session's folder.
    """

    def __init__(
        self,
        graph: Graph,
        file: GraphFile,
        parent: Path,
        by: str,
        *,
        overrides: Mapping[str, Any] | None = None,
        into: Path | None = None,
    ) -> None:
        self.wall = WallStart.now()
        date = self.wall.date_at(self.wall.monotonic_ns)
        self.run_id = make_run_id(date)
        self._is_guest = into is not None
        self.folder: SessionFolder = (
            enter_session_folder(into)
            if into is not None
            else create_session_folder(parent, graph.name, self.wall)
        )
        self.notices: list[str] = []
        self.trouble: RecordingError | None = None
        self._audit = AuditTrail(self.folder.audit, self.wall, SystemClock())
        write_atomically(self.folder.graph, file.text)
        self._manifest = Manifest(
            run=self.run_id,
            graph_name=graph.name,
            graph_text=file.text,
            graph_path=str((file.folder / Path(file.name).name).resolve()),
            graph_sha256=hash_text(file.text),
            wall_start=self.wall.wall,
            monotonic_ns=self.wall.monotonic_ns,
            ranvier=ranvier.__version__,
            host=describe_host(),
            seed=graph.run.seed,
            speed=graph.run.speed,
        )
        write_manifest(self.folder, self._manifest)
        self._folders: dict[Path, FolderState] = {}
        self.write(
            AuditKind.RUN_CREATED,
            run=self.run_id,
            graph=graph.name,
            by=by,
            overrides=dict(overrides) if overrides else None,
        )

    def write(self, kind: AuditKind, node: str = "", **fields: Any) -> None:
        """Write a line into the audit trail.

        A disk that refuses it does not stop the experiment: the operator is told at
        once, and the run ends as failed.
        """
        try:
            self._audit.write(kind, node, **fields)
        except RecordingError as error:
            if self.trouble is None:
                self.notice(f"{error.problem} {error.found}")
            self.trouble = self.trouble or error

    def notice(self, text: str) -> None:
        """Keep a line for the operator; screens show the newest."""
        self.notices.append(text)
        del self.notices[:-_NOTICES]

    def describe_for_files(self) -> dict[str, Any]:
        """Give what each recording says of its run, so that it can stand alone.

        Returns
        -------
        dict
            run, graph, wall_start, monotonic_ns.
        """
        return {
            "run": self.run_id,
            "graph": self._manifest.graph_name,
            "wall_start": self.wall.wall,
            "monotonic_ns": self.wall.monotonic_ns,
        }

    def count_recorded_bytes(self) -> int:
        """Give the size of the recordings so far.

        Returns
        -------
        int
            Bytes.
        """
        try:
            return sum(part.path.stat().st_size for part in self.folder.parts())
        except OSError:
            return 0  # the folder is gone; what must end must end all the same

    def describe_run(self, blueprint: Blueprint, catalogue: Catalogue) -> None:
        """Write what runs into the manifest, now that the nodes are loaded."""
        graph = blueprint.graph
        recorded = {
            plan.stream
            for plan in blueprint.streams
            if any(link.target_node == RECORDER for link in plan.links)
        }
        nodes = tuple(
            NodeEntry(
                name,
                spec,
                code=self._describe_code(blueprint.code.get(name, {})),
                parameters=_all_parameters(graph, name, spec),
                python=blueprint.pythons.get(name, ""),
            )
            for name, spec in blueprint.specs.items()
        )
        streams = tuple(
            StreamEntry(plan, _port_of(plan, graph, catalogue), plan.stream in recorded)
            for plan in blueprint.streams
        )
        self._manifest = msgspec.structs.replace(
            self._manifest, nodes=nodes, streams=streams
        )
        write_manifest(self.folder, self._manifest)

    def write_environments(self, plans: Iterable[WorkerPlan], cwd: Path) -> None:
        """Write packages and versions of all interpreters of the run, each once.

        Parameters
        ----------
        plans
            Which interpreter each process runs on.
        cwd
            Where the processes were started.
        """
        write_atomically(self.folder.environment, collect_environment())
        nodes: dict[str, list[str]] = {}
        for plan in plans:
            if plan.python != sys.executable:
                nodes.setdefault(plan.python, []).extend(n.name for n in plan.nodes)
        for python, names in nodes.items():
            text = f"# {python}, of {', '.join(names)}\n{ask_environment(python, cwd)}"
            write_atomically(self.folder.environment_of(names[0]), text)

    def close(self, reason: FinishReason, errors: list[dict[str, str]]) -> None:
        """Write the last line, hash all files of the run, seal the manifest."""
        self.write(AuditKind.RUN_FINISHED, reason=str(reason), error=errors or None)
        try:
            self._audit.close()
        finally:
            # The session's own files are still written to: it seals them at its end.
            seal(self.folder, str(reason), of_run_only=self._is_guest)

    def _describe_code(self, code: dict[str, Any]) -> CodeVersion | None:
        if not code.get("file"):
            return None
        path = Path(code["file"])
        state = describe_code(path, code.get("package", ""), self._folders)
        version = write_code(self.folder, state)
        if code.get("package"):
            return version
        copy = f"{path.stem}.{code['sha256'][:8]}.py"
        self.folder.code.mkdir(exist_ok=True)
        write_atomically(self.folder.code / copy, path.read_bytes())
        return msgspec.structs.replace(version, source=str(path), copy=copy)


def describe_overrides(request: RunRequest) -> dict[str, Any]:
    """Say what a request gives in place of what the graph file says.

    Parameters
    ----------
    request
        How the run was asked for.

    Returns
    -------
    dict
        Of duration_s, speed, seed, record and parameters those that differ.
    """
    given = {
        "duration_s": request.duration_s,
        "speed": request.speed,
        "seed": request.seed,
        "record": None if request.record else False,
        "parameters": request.parameters or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _all_parameters(graph: Graph, name: str, spec: NodeSpec) -> dict[str, Any]:
    given = graph.nodes[name].parameters if name in graph.nodes else {}
    values = {each.name: each.default for each in spec.parameters}
    for key, value in given.items():
        values[key] = _convert(spec, key, value)
    return {key: withhold(key, value) for key, value in values.items()}


def _convert(spec: NodeSpec, name: str, value: Any) -> Any:
    # As the node has it: "0.1 kHz" is 100.0 where Hz are declared.
    declared = spec.parameter(name)
    try:
        return value if declared is None else declared.validate(value, spec.name)
    except NodeError:
        return value  # the node refuses it as well, and that ends the start


def _port_of(plan: StreamPlan, graph: Graph, catalogue: Catalogue) -> Any:
    if plan.node not in graph.nodes:
        return None
    spec = catalogue.find(graph.nodes[plan.node].type)
    return spec.output(plan.port) if spec else None
