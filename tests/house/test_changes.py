"""News fragments, hooks, the citation and the CI script are in order."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import ranvier

ROOT = Path(__file__).resolve().parents[2]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TOWNCRIER = CONFIG["tool"]["towncrier"]
FRAGMENTS = sorted(
    path
    for path in (ROOT / "changes").iterdir()
    if path.name not in TOWNCRIER["ignore"] and not path.name.startswith(".")
)


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_a_news_fragment_has_an_issue_a_kind_and_a_sentence(path):
    kinds = "|".join(each["directory"] for each in TOWNCRIER["type"])
    text = path.read_text(encoding="utf-8").strip()

    assert re.fullmatch(rf"(\d+|\+[a-z0-9-]+)\.({kinds})(\.\d+)?\.md", path.name)
    assert text.endswith(".")


def test_every_kind_of_news_is_explained():
    text = (ROOT / "changes" / "README.md").read_text(encoding="utf-8")

    assert [t for t in TOWNCRIER["type"] if f"`{t['directory']}`" not in text] == []


def test_towncrier_finds_its_template_and_its_place_in_the_changelog():
    changelog = (ROOT / TOWNCRIER["filename"]).read_text(encoding="utf-8")

    assert (ROOT / TOWNCRIER["template"]).is_file()
    assert "<!-- towncrier release notes start -->" in changelog


def test_hooks_download_nothing():
    """On a closed network a hook from elsewhere would keep people from committing."""
    config = YAML(typ="safe").load(ROOT / ".pre-commit-config.yaml")
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]

    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    assert {hook["language"] for hook in hooks} == {"system"}


def test_scripts_that_hooks_name_are_there():
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    scripts = re.findall(r"python (tools/\w+\.py)", text)

    assert scripts
    assert [each for each in scripts if not (ROOT / each).is_file()] == []


def test_the_citation_is_of_this_version():
    citation = YAML(typ="safe").load(ROOT / "CITATION.cff")

    assert citation["version"] == CONFIG["project"]["version"] == ranvier.__version__


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_the_ci_script_is_executable_and_well_formed():
    script = ROOT / ".ci" / "run"
    done = subprocess.run(["bash", "-n", str(script)], check=False)

    assert done.returncode == 0
    assert os.access(script, os.X_OK) or os.name == "nt"


def test_the_workers_side_is_python_39():
    script = ROOT / "tools" / "check_python39.py"
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_a_large_file_is_refused_and_the_demos_movie_is_not(tmp_path):
    script = ROOT / "tools" / "check_large_files.py"
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(600_000))
    movie = "src/ranvier/examples/closed_loop/mesoscope.h5"
    codes = [
        subprocess.run(
            [sys.executable, str(script), file],
            cwd=ROOT,
            capture_output=True,
            check=False,
        ).returncode
        for file in (str(large), movie)
    ]

    assert codes == [1, 0]
