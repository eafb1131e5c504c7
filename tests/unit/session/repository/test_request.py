"""What may be asked for, and what git would take for something else."""

from __future__ import annotations

import pytest

from ranvier.session.faults import RepositoryError
from ranvier.session.repository import RepositoryRequest
from ranvier.session.repository._request import (
    check_request,
    is_full_hash,
    names_commit,
)


def ask(tmp_path, url="https://host/lab/task", ref="main"):
    return check_request(RepositoryRequest(url, ref, None, tmp_path))


@pytest.mark.parametrize("ref", ["main", "feature/x", "v1.0", "refs/tags/v1", "1a2b3c"])
def test_branches_tags_and_hashes_may_be_asked_for(tmp_path, ref):
    assert ask(tmp_path, ref=ref) == "https://host/lab/task"


@pytest.mark.parametrize(
    "ref", ["", "-b", "--upload-pack=x", "a b", "a..b", "HEAD~1", "a:b", "@{1}", "a//b"]
)
def test_what_no_ref_can_be_is_refused(tmp_path, ref):
    with pytest.raises(RepositoryError, match="the ref of the repository") as caught:
        ask(tmp_path, ref=ref)

    assert caught.value.code == "RV-S27"


@pytest.mark.parametrize(
    "url", ["", "..", "--upload-pack=/x", "https://host/-x", "https://a:pw@host/.."]
)
def test_what_no_address_can_be_is_refused_without_its_password(tmp_path, url):
    with pytest.raises(RepositoryError, match="the url of the repository") as caught:
        ask(tmp_path, url=url)

    assert "pw" not in str(caught.value)


def test_hashes_are_told_from_words():
    assert is_full_hash("a" * 40)
    assert is_full_hash("A" * 64)
    assert not is_full_hash("a" * 39)
    assert [names_commit(ref) for ref in ("beef", "deadbee", "main")] == [0, 1, 0]
