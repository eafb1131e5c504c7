"""Docs that can be wrong are compared with the code they tell of."""

import re
import runpy
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ranvier.audit import AuditKind
from ranvier.core import parse_quantity
from ranvier.core._units import _UNITS
from ranvier.graph import check, parse_graph
from ranvier.links import END, HEADER_SIZE, Message, Origin, to_bytes
from ranvier.links._format import DTYPES as _DTYPES
from ranvier.runtime import FinishReason, RunState
from ranvier.spec import Catalogue
from ranvier.testing import run_node
from ranvier.worker import ENTRY

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "changes").glob("*.md")]
)
DECISIONS = sorted((DOCS / "explanations" / "decisions").glob("0*.md"))


def read(path):
    return (DOCS / path).read_text(encoding="utf-8")


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def name(path):
    return path.relative_to(ROOT).as_posix()


def test_generated_parts_of_the_reference_are_fresh():
    """If this fails: python tools/write_docs.py."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "write_docs.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_within_the_repository_lead_somewhere(page):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    local = [link for link in links if "://" not in link and "mailto:" not in link]

    assert [link for link in local if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_page_names_a_path_of_the_machine_it_was_written_on(page):
    found = re.findall(r"(?<![\w.])/(?:work|root|home)/\S*", page.read_text("utf-8"))

    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_graphs_in_the_docs_have_the_form_of_a_graph(page):
    """Types and interpreters are of the reader's own: RV-G12 and RV-G31 are allowed."""
    graphs = [b for b in blocks(page.read_text("utf-8"), "yaml") if "ranvier: 1" in b]
    reports = [check(parse_graph(graph, page.name), Catalogue()) for graph in graphs]
    codes = {fault.error.code for report in reports for fault in report.faults}

    assert codes <= {"RV-G12", "RV-G31"}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_python_in_the_docs_is_python(page):
    for block in blocks(page.read_text("utf-8"), "python"):
        compile(block, page.name, "exec")


def test_the_tutorials_node_does_what_the_tutorial_says():
    code = blocks(read("tutorials/first-node.md"), "python")
    names = {"__name__": "tutorial"}

    exec("\n".join(b for b in code if "open_recording" not in b), names)

    assert run_node(names["Smooth"](weight=1.0), [3.0]) == {"smooth": [3.0]}


def test_the_message_format_is_as_specified():
    """Each field is read at the offset and with the size that the page gives."""
    page = read("reference/message-format.md")
    rows = re.findall(r"^\| (\d+) \| (\d+) \| ([a-z ]+) \|", page, re.MULTILINE)
    message = Message(np.ones((2, 3), "<f4"), 11, 12, 13, -14, Origin(15, 16, -17))
    data = to_bytes(message)
    wanted = {
        "version": 1, "kind": 1, "flags": 0, "dtype": 10, "dimensions": 2, "epoch": 13,
        "origin stream": 15, "sequence": 12, "time": -14, "origin sequence": 16,
        "origin time": -17, "metadata length": 16, "stream": 11, "data length": 24,
    }  # fmt: skip
    letters = {1: "B", 2: "H", 4: "I", 8: "Q"}
    found = {
        field: struct.unpack_from(
            "<q" if field.endswith("time") else "<" + letters[int(size)],
            data,
            int(offset),
        )[0]
        for offset, size, field in rows
    }

    assert found.pop("magic") == int.from_bytes(b"RV", "little")
    assert found == wanted
    assert sum(int(size) for _, size, _ in rows) + 1 == HEADER_SIZE == 64
    assert END == 1


def test_the_element_types_of_the_message_format_are_listed():
    row = re.search(
        r"^\| NumPy \|(.*)\|$", read("reference/message-format.md"), re.MULTILINE
    )
    listed = [np.dtype(each.strip(" `")) for each in row.group(1).split("|")]

    assert listed == list(_DTYPES)


def test_the_intake_is_as_specified():
    page = read("reference/recording-format.md").partition("## Intake")[2]
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", page, re.MULTILINE)

    assert np.dtype(rows) == ENTRY


def test_every_audit_kind_is_in_the_recording_format():
    page = read("reference/recording-format.md")

    assert [k.value for k in AuditKind if f"`{k.value}`" not in page] == []


def test_the_glossary_has_the_states_and_the_units():
    page = read("glossary.md")
    states = re.search(r"States of a run.*?\n\n", page, re.DOTALL).group()
    units = page.partition("## Units")[2]

    assert [s for s in RunState if s not in states] == []
    assert [r for r in FinishReason if r not in states] == []
    spelt = {"us", "uV", "um", "ul"}  # ASCII spellings of those with the micro sign
    known = set(re.findall(r"[\w\u00b5%]+", units))
    assert set(_UNITS) - spelt - known == set()
    assert parse_quantity("1 us", "s") == parse_quantity("1 \u00b5s", "s")


def test_decisions_are_numbered_without_gaps():
    numbers = [int(path.name[:4]) for path in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_all_its_parts(path):
    text = path.read_text(encoding="utf-8")

    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert re.search(r"^Date: \d{4}-\d\d-\d\d\. Status: \w+", text, re.MULTILINE)
    assert "## Context\n" in text
    assert text.index("## Context\n") < text.rindex("## Consequences\n")


def test_the_page_of_the_demo_reads_as_its_tool_writes_it(tmp_path):
    """If this fails: change PAGE or `describe_cells`, or else the page."""
    tool = runpy.run_path(str(ROOT / "benchmarks" / "demo_choice.py"))
    detections = tmp_path / "theirs.json"
    detections.write_text('{"by_frame": {"800": [{"com_row_col": [344, 192]}]}}')
    cells = "\n".join(tool["describe_cells"](np.ones((1, 128, 128)), detections))
    page = read("reference/demo.md")

    for part in re.split(r"\{\w+\}", tool["PAGE"]):
        assert part in page
    assert re.sub(r"\d+", "0", cells) in re.sub(r"\d+", "0", page)
