"""A new experiment is not mixed into another one."""

from __future__ import annotations

import pytest

from ranvier.cli._new import make_experiment
from ranvier.core import GraphError


@pytest.mark.parametrize("name", ["graph.yaml", "analysis.py", "old.yml", "sessions"])
def test_a_folder_with_another_experiment_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()

    with pytest.raises(GraphError, match="can't be made") as caught:
        make_experiment(tmp_path, "loop")
    assert caught.value.found == f"it has {name} already"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_fresh_repository_is_taken(tmp_path):
    for name in (".git", "LICENSE"):
        (tmp_path / name).touch()
    made = make_experiment(tmp_path, "loop")

    assert tmp_path / "graph.yaml" in made


def test_a_file_is_no_folder(tmp_path):
    path = tmp_path / "file"
    path.touch()

    with pytest.raises(GraphError, match="can't be made"):
        make_experiment(path, "loop")
