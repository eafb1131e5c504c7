"""What can be set of a Bonsai workflow from outside, read off its file; nothing is run.

Bonsai looks each given property up before it starts and throws at the first that it
does not find (`SetWorkflowProperty` of Bonsai.Core), so a wrong name is found here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ranvier.core import format_count, suggest
from ranvier.session.faults import BonsaiProcessError, Finding, Report, Severity
from ranvier.session.programs._commands import ROOT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from xml.etree.ElementTree import Element

_MAX_CHARACTERS = 20_000_000
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_PROLOG = re.compile(r"\ufeff?(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_CHECK = "workflow"


def read_workflow_properties(text: str, where: str = "") -> tuple[str, ...]:
    """List the externalised properties of a workflow.

    Parameters
    ----------
    text
        Of the .bonsai file.
    where
        The file, for messages.

    Returns
    -------
    tuple of str
        As Bonsai takes them after `-p`, those in named groups by dotted name and after
        the others; each once.

    Raises
    ------
    BonsaiProcessError
        If it is no workflow, or has a document type (Bonsai writes none, and what
        that declares could grow without end).

    Notes
    -----
    A property is externalised by a mapping that leads to something; a mapping that
    no line leaves is none. Whether what it leads to has such a property is known to
    Bonsai alone. Properties inside of included files are not listed.
    """
    return tuple(dict.fromkeys(_iter_properties(_parse(text, where))))


def check_workflow(
    text: str,
    properties: Collection[str],
    root_property: str = ROOT_FOLDER,
    where: str = "",
) -> Report:
    """Check given properties against those that a workflow externalises.

    Parameters
    ----------
    text
        Of the .bonsai file.
    properties
        Names that are to be given; upper and lower case count, as for Bonsai.
    root_property
        By which it is told the session folder; "" if it need not be.
    where
        The file, for messages.

    Returns
    -------
    Report
        An error for each name that is not known; a warning if the workflow can't be
        told the session folder, or a name stands in an included file, which only
        Bonsai finds. Properties that are not given are no fault.
    """
    try:
        root = _parse(text, where)
    except BonsaiProcessError as error:
        return Report((Finding.from_error(error, _CHECK),))
    known = tuple(dict.fromkeys(_iter_properties(root)))
    included = set(_iter_included(root))
    findings = [
        _tell_included(name, where)
        if name.partition(".")[0] in included
        else _tell_unknown(name, known, where)
        for name in properties
        if name not in known
    ]
    if root_property and root_property not in (*known, *properties):
        findings.append(_tell_rootless(root_property, where))
    if not findings:
        seen = f"{format_count(len(properties), 'given name')}, all known"
        findings.append(Finding(Severity.OK, _CHECK, seen, where=where))
    return Report.of(findings)


def _parse(text: str, where: str) -> Element:
    prolog = _PROLOG.match(text)
    rest = text[prolog.end() :] if prolog else text
    found = ""
    if len(text) > _MAX_CHARACTERS:
        found = f"{format_count(len(text), 'character')}"
    elif rest.startswith("<!"):
        found = "a document type"
    else:
        try:
            # Without a document type there are no entities to expand or to fetch.
            root = ET.fromstring(rest)  # noqa: S314
        except ET.ParseError as error:
            found = f"no XML: {error}"
        else:
            if _local(root) == "WorkflowBuilder":
                return root
            found = f'XML that begins with "{_local(root)}"'
    raise BonsaiProcessError(
        "this is no workflow that Bonsai could run.",
        code="RV-S35",
        where=where,
        found=found,
        wanted="XML of a WorkflowBuilder, as Bonsai saves it",
        mend="give the path of a .bonsai file; save it again with Bonsai",
    )


def _iter_properties(root: Element) -> Iterator[str]:
    # Not by recursion: groups may lie in groups as deep as someone likes.
    waiting = [("", workflow) for workflow in _children(root, "Workflow")]
    while waiting:
        prefix, workflow = waiting.pop(0)
        expressions = _expressions(workflow)
        used = {edge.get("From") for edge in _grandchildren(workflow, "Edges", "Edge")}
        for number, expression in enumerate(expressions):
            if str(number) in used:
                names = _externalised(expression)
                yield from (f"{prefix}{name}" for name in names if name)
            name = _text(expression, "Name")
            if name:
                inner = _children(expression, "Workflow")
                waiting += [(f"{prefix}{name}.", each) for each in inner]


def _iter_included(root: Element) -> Iterator[str]:
    for expression in root.iter():
        if _kind(expression) == "IncludeWorkflow":
            # Of an assembly, BonVision:Primitives.DrawQuad.bonsai, or of a folder.
            path = expression.get("Path", "").removesuffix(".bonsai")
            yield re.split(r"[\\/:.]", path)[-1]


def _externalised(expression: Element) -> list[str]:
    if _kind(expression) == "ExternalizedMapping":
        mapped = _children(expression, "Property")
        return [item.get("DisplayName") or item.get("Name", "") for item in mapped]
    if _kind(expression) == "ExternalizedProperty":  # files of Bonsai up to 2.3
        return [_text(expression, "Name") or _text(expression, "MemberName")]
    return []


def _expressions(workflow: Element) -> list[Element]:
    return _grandchildren(workflow, "Nodes", "Expression")


def _grandchildren(element: Element, outer: str, inner: str) -> list[Element]:
    return [
        item for part in _children(element, outer) for item in _children(part, inner)
    ]


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if _local(child) == name]


def _text(element: Element, name: str) -> str:
    return next((child.text or "" for child in _children(element, name)), "").strip()


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _kind(element: Element) -> str:
    return element.get(_TYPE, "").rpartition(":")[2]


def _tell_unknown(name: str, known: tuple[str, ...], where: str) -> Finding:
    return Finding(
        Severity.ERROR,
        _CHECK,
        f'the workflow has no externalised property "{name}".',
        code="RV-S35",
        where=where,
        found=", ".join(known) or "no externalised property at all",
        wanted="a name that Bonsai finds; at any other it ends before it starts",
        mend=suggest(name, known, "externalise it in the workflow, or leave it out"),
    )


def _tell_included(name: str, where: str) -> Finding:
    return Finding(
        Severity.WARNING,
        _CHECK,
        f'"{name}" stands in an included workflow and was not checked.',
        code="RV-S35",
        where=where,
        mend="try it once; Bonsai knows such names from 2.9 on",
    )


def _tell_rootless(name: str, where: str) -> Finding:
    return Finding(
        Severity.WARNING,
        _CHECK,
        f'the workflow can\'t be told the session folder: it has no "{name}".',
        code="RV-S35",
        where=where,
        found="its files go where the workflow itself says",
        mend=f'externalise a property "{name}" of what writes its files',
    )
