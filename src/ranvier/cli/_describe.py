"""Node types described in their own interpreters: no node code runs in this process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ranvier.core import NodeError
from ranvier.spec import Catalogue, NodeSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ranvier.core import Reporter

_LIMIT_S = 60.0


def describe_types(
    pythons: Mapping[str, Iterable[str]],
    folder: Path,
    reporter: Reporter | None = None,
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

    Returns
    -------
    Catalogue
        An entry or a fault for each reference.
    """
    catalogue = Catalogue()
    wanted = {python: list(dict.fromkeys(refs)) for python, refs in pythons.items()}
    total, done = sum(map(len, wanted.values())), 0
    for python, references in wanted.items():
        for reference, found in _describe_in(python, folder, references):
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
    python: str, folder: Path, references: list[str]
) -> Iterable[tuple[str, NodeSpec | NodeError]]:
    # A node type that kills the process costs itself only: the rest is asked again.
    left = references
    while left:
        answers, why = _ask(python, folder, left)
        yield from answers
        left = left[len(answers) :]
        if left:
            yield left[0], _died(left[0], python, why)
            left = left[1:]
            if not answers and "can't be started" in why:
                yield from ((each, _died(each, python, why)) for each in left)
                return


def _ask(
    python: str, folder: Path, references: list[str]
) -> tuple[list[tuple[str, NodeSpec | NodeError]], str]:
    command = [python, "-m", "ranvier.worker._describe_main", str(folder), *references]
    try:
        process = subprocess.run(
            command, cwd=folder, capture_output=True, timeout=_LIMIT_S, check=False
        )
        text, why = process.stdout, _explain_exit(process)
    except subprocess.TimeoutExpired as error:
        text, why = error.stdout or b"", f"no answer within {_LIMIT_S:g} s"
    except OSError as error:
        text, why = b"", f"the interpreter can't be started: {error.strerror}"
    answers: list[tuple[str, NodeSpec | NodeError]] = []
    for line in text.splitlines():
        for reference, fields in msgspec.json.decode(line, type=dict[str, Any]).items():
            answers.append((reference, _read(reference, fields)))
    return answers, why


def _read(reference: str, fields: dict[str, Any]) -> NodeSpec | NodeError:
    if "error" in fields:
        error = dict(fields["error"])
        return NodeError(error.pop("problem"), **error)
    try:
        return msgspec.convert(fields["spec"], NodeSpec)
    except (msgspec.ValidationError, KeyError) as error:
        return NodeError(
            f'"{reference}" is described in words that are not understood.',
            code="RV-N31",
            found=str(error),
            mend="install the same version of ranvier in the node's environment",
        )


def _died(reference: str, python: str, why: str) -> NodeError:
    return NodeError(
        f'"{reference}" can\'t be described: its process died.',
        code="RV-N32",
        where=python,
        found=why,
        mend="import it in that interpreter to see why; ranvier must be there too",
    )


def _explain_exit(process: subprocess.CompletedProcess[bytes]) -> str:
    code = process.returncode
    if code < 0:
        return signal.Signals(-code).name
    lines = process.stderr.decode(errors="replace").strip().splitlines()
    # Python's own end: the last line of a traceback. Else who knows who wrote it.
    return lines[-1].strip() if code == 1 and lines else f"exit code {code}"
