"""`ranvier run`: a graph from start to end, in view."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ranvier.cli._options import Duration, GraphPath, Out, Plain, Quiet, Seed, Speed
from ranvier.cli._print import FAILED, USAGE
from ranvier.cli._values import parse_assignments, parse_duration
from ranvier.core import GraphError, rebuild_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.runtime import Finished, RunRequest

Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NODE.PARAM=VALUE",
        help="A parameter in place of the graph's; may be given several times.",
        show_default=False,
    ),
]
NoRecord = Annotated[
    bool, typer.Option("--no-record", help="Leave no recording, only the audit trail.")
]


def run(
    graph: GraphPath,
    out: Out = Path("sessions"),
    duration: Duration = None,
    speed: Speed = None,
    seed: Seed = None,
    no_record: NoRecord = False,
    changes: Changes = None,
    quiet: Quiet = False,
    plain: Plain = False,
) -> None:
    """Run a graph. Ctrl-C stops it in good order, twice ends it at once."""
    request = build_request(
        graph,
        out,
        duration_s=parse_duration(duration),
        speed=check_speed(speed),
        seed=seed,
        record=not no_record,
        parameters=parse_assignments(changes or []),
    )
    finished = run_in_view(request, quiet=quiet, plain=plain)
    if finished is None:
        sys.exit(FAILED)
    from ranvier.cli._outcome import report

    sys.exit(report(finished, quiet=quiet))


def build_request(graph: Path, out: Path, **fields: Any) -> RunRequest:
    """Say what is to be run.

    Parameters
    ----------
    graph
        The graph file, or the folder with a graph.yaml.
    out
        Folder in which the session folder is made.
    **fields
        Of `RunRequest`.

    Returns
    -------
    RunRequest
        With whole paths: the supervisor has a working folder of its own.
    """
    from ranvier.core import user_name
    from ranvier.runtime import RunRequest

    path = find_graph(graph)
    _check_parameters(path, fields.get("parameters", {}))
    return RunRequest(str(path), str(out.resolve()), by=user_name(), **fields)


def find_graph(path: Path) -> Path:
    """Find the graph file that a person means.

    Parameters
    ----------
    path
        A file, or a folder with a graph.yaml in it.

    Returns
    -------
    pathlib.Path
        Absolute.
    """
    return (path / "graph.yaml" if path.is_dir() else path).resolve()


def check_speed(speed: str | None) -> str | None:
    """Give the speed, if it is one.

    Returns
    -------
    str or None
        "real", "max", or None for what the graph says.
    """
    if speed not in (None, "real", "max"):
        sys.stderr.write(f'--speed is "real" or "max", not "{speed}".\n')
        sys.exit(USAGE)
    return speed


def run_in_view(request: RunRequest, *, quiet: bool, plain: bool) -> Finished | None:
    """Start a run and show it until it is over.

    Parameters
    ----------
    request
        What is to be run.
    quiet, plain
        How it is shown, see `open_view`.

    Returns
    -------
    Finished or None
        None if the person left before it was over: the run then goes on.

    Raises
    ------
    SystemExit
        At SIGTERM; the run goes on.
    OSError
        If nobody reads the output any more, or it can't be written; the run goes on.
    """
    from ranvier.cli._follow import Interrupts, follow
    from ranvier.cli._views import open_view
    from ranvier.runtime import start_run

    with Interrupts() as interrupts:
        started = start_run(request)
        try:
            with open_view(quiet=quiet, plain=plain) as view:
                return follow(started, view, interrupts)
        except KeyboardInterrupt:
            sys.stderr.write(
                f"left: the run {started.run_id} does not answer and was left to "
                "itself; see `ranvier status`\n"
            )
            return None
        except (SystemExit, OSError):
            sys.stderr.write(f"the run goes on: ranvier stop {started.run_id}\n")
            raise
        finally:
            started.close()


def _check_parameters(path: Path, parameters: dict[str, Any]) -> None:
    """Refuse what `--set` can't mean, before anything is made for the run."""
    if not parameters:
        return
    from ranvier.cli._describe import describe_types, group_by_python
    from ranvier.graph import check, read_graph

    graph = read_graph(path).graph
    _refuse_unknown_nodes(path, parameters, graph.nodes)
    nodes = {
        name: graph.nodes[name].model_copy(update={"parameters": values})
        for name, values in parameters.items()
    }
    catalogue = describe_types(group_by_python(nodes, path.parent), path.parent)
    changed = graph.model_copy(update={"nodes": {**graph.nodes, **nodes}})
    for fault in check(changed, catalogue, path.parent).faults:
        # All else that is not right has a line in the file, and is told by the run.
        match fault.path:
            case ("nodes", str(node), "parameters", str(key)) if key in parameters.get(
                node, {}
            ):
                where = f"--set {node}.{key}={parameters[node][key]}"
                raise rebuild_error({**fault.error.to_dict(), "where": where})
            case _:
                continue


def _refuse_unknown_nodes(
    path: Path, parameters: dict[str, Any], nodes: Mapping[str, object]
) -> None:
    for name in parameters:
        if name not in nodes:
            raise GraphError(
                f'there is no node "{name}" to set a parameter of.',
                code="RV-C13",
                where=str(path),
                wanted=", ".join(nodes),
                mend="correct the name before the dot",
            )
