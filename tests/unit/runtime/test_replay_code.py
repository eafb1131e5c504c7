from __future__ import annotations

import hashlib

import pytest

from ranvier.recording import CodeVersion, NodeEntry, SessionFolder
from ranvier.runtime import describe_changed_code
from ranvier.spec import NodeSpec

TEXT = b"class Double: ...\n"


@pytest.fixture
def session(tmp_path):
    """A folder with the copy of a file that two nodes share."""
    folder = SessionFolder(tmp_path / "session")
    folder.code.mkdir(parents=True)
    name = f"nodes.{hashlib.sha256(TEXT).hexdigest()[:8]}.py"
    source = tmp_path / "nodes.py"
    for path in (source, folder.code / name):
        path.write_bytes(TEXT)
    code = CodeVersion("nodes.py", source=str(source), copy=name)
    spec = NodeSpec("double", "transform")
    nodes = [NodeEntry(each, spec, code=code) for each in ("a", "b")]
    nodes.append(NodeEntry("c", spec, code=CodeVersion("numpy")))
    return folder, nodes


def test_code_that_is_as_it_was_needs_no_words(session):
    assert describe_changed_code(*session) == []


def test_a_file_that_was_edited_since_is_told_of_once(session):
    (session[0].path.parent / "nodes.py").write_text("# edited")

    assert describe_changed_code(*session) == [
        "nodes.py has changed since; its copy in the session is run"
    ]


def test_a_file_that_is_gone_is_told_of(session):
    (session[0].path.parent / "nodes.py").unlink()

    assert "not there any more" in describe_changed_code(*session)[0]


def test_a_copy_that_was_altered_is_told_of(session):
    folder, nodes = session
    (folder.code / nodes[0].code.copy).write_text("# altered")

    assert "not what ran" in describe_changed_code(*session)[0]


def test_a_copy_that_is_missing_is_told_of(session):
    folder, nodes = session
    (folder.code / nodes[0].code.copy).unlink()

    assert "is missing" in describe_changed_code(*session)[0]
