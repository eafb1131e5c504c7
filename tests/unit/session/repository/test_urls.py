"""Addresses of repositories, in all spellings."""

from __future__ import annotations

import pytest

from ranvier.session.repository._urls import (
    complete,
    conceal,
    is_path,
    join,
    name_mirror,
    name_repository,
    normalise,
)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host/lab/task", "task"),
        ("https://host/lab/task.git", "task"),
        ("https://host/lab/task.git/", "task"),
        ("git@host:lab/task.git", "task"),
        ("git@host:task", "task"),
        ("ssh://git@host:2222/lab/task", "task"),
        ("file:///srv/task.git", "task"),
        ("/srv/task", "task"),
        (r"C:\code\task.git", "task"),
        (r"\\server\share\task", "task"),
        ("https://host/lab/.git", ""),
        ("..", ""),
        ("", ""),
    ],
)
def test_the_name_is_the_last_word(url, name):
    assert name_repository(url) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://host/lab/task", "git@HOST:lab/task.git"),
        ("https://ada:pw@host:443/lab/task/", "ssh://git@host:22/lab/task.git"),
        ("file:///srv/task", "/srv/./task.git"),
        (r"C:\code\task", "file:///c:/Code/task"),
    ],
)
def test_spellings_of_one_repository_are_the_same(one, other):
    assert normalise(one) == normalise(other)
    assert name_mirror(one).partition("-")[2] == name_mirror(other).partition("-")[2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://host/lab/task", "https://host/other/task"),
        ("https://host/lab/task", "https://host/lab/Task"),
        ("https://host:8443/lab/task", "https://host/lab/task"),
        ("/host/lab/task", "https://host/lab/task"),
    ],
)
def test_repositories_of_one_name_are_kept_apart(one, other):
    assert normalise(one) != normalise(other)
    assert name_mirror(one) != name_mirror(other)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("https://ada:s3cret@host/x", "https://host/x"),
        ("https://s3cret@host/x", "https://host/x"),
        ("https://ada:p@ss@host/x", "https://host/x"),
        ("at HTTP://a:b@h/x: no, and ftp://c:d@h", "at HTTP://h/x: no, and ftp://h"),
        ("ssh://git:s3cret@host/x", "ssh://git@host/x"),
        ("git@host:lab/x", "git@host:lab/x"),
        ("https://host/x?access_token=s3cret&y=1", "https://host/x?access_token=…&y=1"),
    ],
)
def test_no_password_is_left_in_a_text(text, plain):
    assert conceal(text) == plain


@pytest.mark.parametrize(
    ("parent", "url", "whole"),
    [
        ("https://host/lab/task.git", "../library", "https://host/lab/library"),
        ("git@host:task", "../library", "git@host:library"),
        ("/srv/lab/task", "../../other/library", "/srv/other/library"),
        ("/srv/task", "./within", "/srv/task/within"),
        ("/srv/task", "https://host/x", "https://host/x"),
    ],
)
def test_an_address_relative_to_another_is_put_together(parent, url, whole):
    assert join(parent, url) == whole


def test_paths_are_told_from_addresses():
    paths = ["/srv/x", "x", "./x", r"C:\x", "c:/x", r"\\server\x", "file:///x"]
    others = ["https://h/x", "ssh://h/x", "host:x", "git@h:x"]

    assert [is_path(url) for url in paths + others] == [True] * 7 + [False] * 4


def test_a_relative_path_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert complete("task") == str(tmp_path / "task")
    assert complete("git@host:task") == "git@host:task"
