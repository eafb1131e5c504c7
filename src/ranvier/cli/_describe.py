"""Node types described in their own interpreters: no node code runs in this process."""

from __future__ import annotations

import queue
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from ranvier.core import NodeError, RanvierError, format_quantity, rebuild_error
from ranvier.spec import Catalogue, NodeSpec

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from ranvier.core import Reporter

# A large library on a cold disk needs some seconds.
_IMPORT_LIMIT_S = 20.0

_Answer = tuple[str, "NodeSpec | RanvierError"]


class _End(NamedTuple):
    how: Literal["died", "hung", "not started"]
    why: str


def describe_types(
    pythons: Mapping[str, Iterable[str]],
    folder: Path,
    reporter: Reporter | None = None,
    limit_s: float | None = None,
) -> Catalogue:
    """Describe node types, each in the interpreter that it is for.

    Parameters
    ----------
    pythons
        References by interpreter.
    folder
        Folder of the graph file.
    reporter
        Is told how far it has come.
    limit_s
        Time that the import of one node type may take, s; None is 20 s.

    Returns
    -------
    Catalogue
        An entry or a fault for each reference.
    """
    catalogue = Catalogue()
    wanted = {python: list(dict.fromkeys(refs)) for python, refs in pythons.items()}
    total, done = sum(map(len, wanted.values())), 0
    for python, references in wanted.items():
        for reference, found in _describe_in(
            python, folder, references, limit_s or _IMPORT_LIMIT_S
        ):
            if isinstance(found, NodeSpec):
                catalogue.add(found, reference)
            else:
                catalogue.add_fault(reference, found)
            done += 1
            if reporter is not None:
                reporter.advance("describe node types", done, total)
    return catalogue


def group_by_python(nodes: Mapping[str, Any], folder: Path) -> dict[str, list[str]]:
    """Group the node types of a graph by interpreter.

    Parameters
    ----------
    nodes
        `GraphNode` by name.
    folder
        Folder of the graph file.

    Returns
    -------
    dict
        References by interpreter; nodes of other hosts use this one's.
    """
    grouped: dict[str, list[str]] = {}
    for node in nodes.values():
        python = sys.executable
        if node.python is not None and node.host == "local":
            # Not resolved: the link in a virtual environment is what makes it one.
            is_path = "/" in node.python or "\\" in node.python
            python = str(folder / node.python) if is_path else node.python
        grouped.setdefault(python, []).append(node.type)
    return grouped


def _describe_in(
    python: str, folder: Path, references: list[str], limit_s: float
) -> Iterator[_Answer]:
    # A node type that kills the process costs itself only: the rest is asked again.
    left = references
    while left:
        end = yield from _ask(python, folder, left, limit_s)
        lost = left[:1]
        if end.how == "hung":
            # The other types of its module would each be waited for in vain.
            lost = [each for each in left if _module_of(each) == _module_of(left[0])]
        elif end.how == "not started":
            lost = left[:]
        for each in lost:
            left.remove(each)
            yield each, _explain(each, python, end)


def _ask(
    python: str, folder: Path, left: list[str], limit_s: float
) -> Generator[_Answer, None, _End]:
    """Let a process describe node types; those that it told are taken from `left`."""
    command = [python, "-m", "ranvier.worker._describe_main", str(folder), *left]
    with tempfile.TemporaryFile() as errors:
        try:
            process = _start(command, folder, errors)
        except OSError as error:
            return _End("not started", error.strerror or str(error))
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=_pump, args=(process, lines), daemon=True).start()
        try:
            while left and (line := lines.get(timeout=limit_s)):
                for reference, fields in msgspec.json.decode(
                    line, type=dict[str, Any]
                ).items():
                    left.remove(reference)
                    yield reference, _read(reference, fields)
            why = ""
            if left:
                process.wait(limit_s)  # it may have let go of its output alone
                why = _explain_exit(process, errors)
            return _End("died", why)
        except (queue.Empty, subprocess.TimeoutExpired):
            return _End("hung", f"no answer within {format_quantity(limit_s, 's')}")
        finally:
            # Also one that does not end after its last answer, and at Ctrl-C.
            process.kill()
            process.wait()


def _module_of(reference: str) -> str:
    return reference.rpartition(":")[0] or reference


def _start(
    command: list[str], folder: Path, errors: IO[bytes]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,  # an import that asks the keyboard is refused
        stdout=subprocess.PIPE,
        stderr=errors,
    )


def _pump(process: subprocess.Popen[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    # In a thread: a pipe can't be waited for with a limit on every system.
    if process.stdout is not None:
        with process.stdout as out:
            for line in out:
                if line.endswith(b"\n"):
                    lines.put(line)
    lines.put(b"")


def _read(reference: str, fields: dict[str, Any]) -> NodeSpec | RanvierError:
    if "error" in fields:
        return rebuild_error(fields["error"])
    try:
        return msgspec.convert(fields["spec"], NodeSpec)
    except (msgspec.ValidationError, KeyError) as error:
        return NodeError(
            f'"{reference}" is described in words that are not understood.',
            code="RV-N31",
            found=str(error),
            mend="install the same version of ranvier in the node's environment",
        )


def _explain(reference: str, python: str, end: _End) -> NodeError:
    if end.how == "hung":
        return NodeError(
            f'the import of "{reference}" does not end.',
            code="RV-N35",
            found=end.why,
            mend="move what loops or waits for a device from the top of the file into "
            "setup or produce; if it is only slow, allow more with --import-limit",
        )
    problem = "its process died"
    mend = "import it in that interpreter to see why"
    if "No module named 'ranvier'" in end.why:
        problem = "its interpreter has no ranvier"
        mend = "install ranvier there too, or correct python"
    if end.how == "not started":
        problem = "its interpreter can't be started"
        mend = "correct python: the path of an interpreter that has ranvier"
    return NodeError(
        f'"{reference}" can\'t be described: {problem}.',
        code="RV-N32",
        where=python,
        found=end.why,
        mend=mend,
    )


def _explain_exit(process: subprocess.Popen[bytes], errors: IO[bytes]) -> str:
    from ranvier.runtime import describe_exit  # slow, and only for one that died

    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    # Python's own end: the last line of a traceback. Else who knows who wrote it.
    is_python = process.returncode == 1 and lines
    return lines[-1].strip() if is_python else describe_exit(process.returncode)
