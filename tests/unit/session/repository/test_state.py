"""What git says of a clone, taken apart."""

from __future__ import annotations

import pytest

from ranvier.session.faults import RepositoryError
from ranvier.session.repository._check import choose_told
from ranvier.session.repository._git import git_failed
from ranvier.session.repository._place import Place, PlaceKind, choose_place
from ranvier.session.repository._state import read_changes, read_submodules

HERE, THERE = "a" * 40, "b" * 40


def test_bytecode_that_python_left_is_no_change_but_all_else_is():
    told = (
        " M task.py\0?? new file.txt\0?? lib/__pycache__/x.cpython-311.pyc\0"
        "?? __pycache__/notes.txt\0?? old.pyc\0 M __pycache__/kept.pyc\0"
    )

    assert read_changes(told) == (
        " M task.py",
        "?? new file.txt",
        "?? __pycache__/notes.txt",
        "?? old.pyc",
        " M __pycache__/kept.pyc",
    )


def test_submodules_are_read_with_those_that_are_missing():
    told = f" {HERE} libs/one (v1-2-gabc)\n-{THERE} two words\n+{HERE} three\n"

    assert read_submodules(told) == (
        {"libs/one": HERE, "two words": THERE, "three": HERE},
        ("two words",),
    )


def test_a_branch_and_a_tag_of_one_name_must_be_told_apart():
    told = f"{HERE}\trefs/heads/x\n{THERE}\trefs/tags/x\n"

    assert choose_told(told, "refs/heads/x") == HERE
    assert choose_told(told, "refs/tags/x") == THERE
    assert choose_told(told, "y") is None
    with pytest.raises(RepositoryError, match="does not name one commit"):
        choose_told(told, "x")


@pytest.mark.parametrize(
    ("clone", "worktree", "used", "is_new"),
    [
        ((PlaceKind.CLONE, HERE), (PlaceKind.ABSENT, ""), "clone", False),
        ((PlaceKind.CLONE, THERE), (PlaceKind.ABSENT, ""), "worktree", True),
        ((PlaceKind.CLONE, THERE), (PlaceKind.WORKTREE, HERE), "worktree", False),
        ((PlaceKind.ABSENT, ""), (PlaceKind.WORKTREE, HERE), "worktree", False),
        (None, (PlaceKind.ABSENT, ""), "worktree", True),
    ],
)
def test_the_folder_that_is_used(tmp_path, clone, worktree, used, is_new):
    person = clone and Place(tmp_path / "clone", *clone)
    chosen = choose_place(person, Place(tmp_path / "worktree", *worktree), HERE)

    assert chosen == (tmp_path / used, is_new)


@pytest.mark.parametrize(
    ("kind", "commit"),
    [
        (PlaceKind.PLAIN, ""),
        (PlaceKind.FOREIGN, HERE),
        (PlaceKind.CLONE, HERE),
        (PlaceKind.WORKTREE, THERE),
    ],
)
def test_what_else_lies_in_the_place_of_a_worktree_is_refused(tmp_path, kind, commit):
    with pytest.raises(RepositoryError, match="something else lies"):
        choose_place(None, Place(tmp_path, kind, commit), HERE)


def test_the_last_words_of_git_are_told_without_a_password(tmp_path):
    said = "x" * 9000 + "fatal: https://ada:s3cret@host/task not found"
    error = git_failed(("fetch", "origin"), tmp_path, 128, said)

    assert error.problem == '"git fetch" failed.'
    assert error.found.endswith("fatal: https://host/task not found")
    assert len(error.found) <= 2000
    assert git_failed(("fetch",), tmp_path, 3, "").found == "exit status 3"
