from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ranvier.core import RecordingError, WallStart
from ranvier.recording import (
    FolderState,
    ask_environment,
    collect_environment,
    create_session_folder,
    describe_code,
    write_code,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_the_environment_lists_each_package_once() -> None:
    lines = collect_environment().splitlines()

    assert lines[0].startswith("# Python 3")
    assert len(lines) == len(set(lines))
    assert any(line.startswith("msgspec==") for line in lines)


def test_another_interpreter_lists_its_own_packages(tmp_path: Path) -> None:
    text = ask_environment(sys.executable, tmp_path)

    assert text == collect_environment()


def test_an_interpreter_can_be_asked_where_ranvier_is_not_installed(
    tmp_path: Path,
) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    bare.chmod(0o755)

    assert ask_environment(str(bare), tmp_path).startswith("# Python 3")


def test_an_interpreter_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such thing >&2\nexit 3\n")
    broken.chmod(0o755)

    with pytest.raises(RecordingError, match="no such thing"):
        ask_environment(str(broken), tmp_path)
    with pytest.raises(RecordingError, match="can't be listed"):
        ask_environment(str(tmp_path / "nowhere"), tmp_path)


def test_code_outside_a_repository_has_no_commit(tmp_path: Path) -> None:
    (tmp_path / "nodes.py").touch()
    state = describe_code(tmp_path / "nodes.py")

    assert state.version.package == "nodes.py"
    assert state.version.commit == ""
    assert not state.version.is_dirty


def test_a_package_gives_its_version(tmp_path: Path) -> None:
    assert describe_code(tmp_path, "msgspec").version.version
    assert describe_code(tmp_path, "no-such-package").version.version == ""


def test_without_git_there_is_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")

    assert describe_code(tmp_path).version.commit == ""


def test_git_is_asked_once_for_each_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def ask(folder: Path, *words: str) -> str:
        asked.append(folder)
        return words[0]

    monkeypatch.setattr("ranvier.recording._provenance._ask_git", ask)
    known: dict[Path, FolderState] = {}
    one = describe_code(tmp_path / "one.py", known=known)
    n_asked = len(asked)
    two = describe_code(tmp_path / "two.py", known=known)

    assert n_asked == len(asked)
    assert one.diff == two.diff
    assert (one.version.package, two.version.package) == ("one.py", "two.py")


def test_changes_that_no_commit_has_are_kept_beside(tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "nodes.py").write_text("level = 1\n")
    git = ["git", "-C", str(code), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    clean = describe_code(code / "nodes.py")
    (code / "nodes.py").write_text("level = 2\n")
    (code / "new.py").touch()
    dirty = describe_code(code / "nodes.py")
    folder = create_session_folder(
        tmp_path, "loop", WallStart(0, "2026-11-20T14:00:00+01:00")
    )
    kept = write_code(folder, dirty)

    assert len(clean.version.commit) == 40
    assert not clean.version.is_dirty
    assert dirty.version.is_dirty
    assert "+level = 2" in (folder.code / kept.diff_file).read_text()
    assert "new.py" in dirty.diff
    assert write_code(folder, clean).diff_file == ""
