from __future__ import annotations

import os

import pytest

from ranvier.core import user_name

NAMES = ("LOGNAME", "USER", "LNAME", "USERNAME")


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names no user, as that of a service."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such list of users")
def test_the_system_is_asked_where_the_environment_names_nobody(unset: None) -> None:
    pwd = pytest.importorskip("pwd")
    try:
        expected = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        expected = f"user {os.getuid()}"

    assert user_name() == expected


@pytest.mark.skipif(os.name == "nt", reason="Windows has no numbers of users")
@pytest.mark.parametrize("error", [KeyError, OSError])
def test_a_user_without_a_name_is_told_by_number(
    unset: None, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def refuse() -> str:
        raise error

    monkeypatch.setattr("ranvier.core._ids.getpass.getuser", refuse)

    assert user_name() == f"user {os.getuid()}"
