"""The examples of the analysis pages run as they stand, on files made here.

A page is followed from top to bottom in a folder of its own: blocks of yaml and csv
whose name stands before them are written, commands are run, Python is executed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import pandas as pd
import pytest
import typer.main

from ranvier.analysis import faults
from ranvier.analysis.files import write_alf_session
from ranvier.analysis.parameters import Study
from ranvier.analysis.pipeline import RunOptions, run_study
from ranvier.cli import main
from ranvier.cli._app import app
from ranvier.iblnm import analysis
from ranvier.sim.choice_task import ChoiceTask
from ranvier.sim.photometry_session import Fibre, simulate_session

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

DOCS = Path(__file__).resolve().parents[3] / "docs"
METHODS = sorted((DOCS / "explanations" / "analysis").glob("*.md"))
RATE = 20.0
CUES = np.arange(20.0, 580.0, 14.0)


class Block(NamedTuple):
    language: str
    text: str
    name: str  # of the file that it is, or ""


def read_blocks(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    parts = re.split(r"^```(\w*)\n(.*?)^```\n", text, flags=re.DOTALL | re.MULTILINE)
    for before, language, body in zip(
        parts[:-1:3], parts[1::3], parts[2::3], strict=True
    ):
        named = re.search(r"`([\w/.-]+\.(?:yaml|csv))`[^`]*:\s*\Z", before)
        yield Block(language, body, named.group(1) if named else "")


def follow(page, space=None):
    """Give the names that the page's Python made, and the status of each command."""
    space = {"__name__": "__main__"} if space is None else space
    statuses = []
    for block in read_blocks(page):
        if block.language == "python":
            exec(compile(block.text, f"<{page}>", "exec"), space)
        elif block.name and block.language in ("yaml", "csv"):
            Path(block.name).parent.mkdir(parents=True, exist_ok=True)
            Path(block.name).write_text(block.text, encoding="utf-8")
        elif not block.language:
            for line in block.text.splitlines():
                words = line.split()
                if words[:2] == ["ranvier", "analyse"] and "STUDY" not in words:
                    statuses.append(call(words[1:]))
    return space, statuses


def call(words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    return ended.value.code


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    return tmp_path


def make_signals():
    """Fluorescence at 470 and 415 nm of a fibre that answers each cue with 1 %."""
    rng = np.random.default_rng(0)
    t = np.arange(0, 600, 1 / RATE)
    bleaching = 1 + 0.3 * np.exp(-t / 300)
    movement = 0.004 * np.sin(2 * np.pi * t / 7.3)
    after = t[:, None] - CUES
    response = 0.01 * (np.exp(-after.clip(0) / 0.5) * (after > 0)).sum(axis=1)
    noise = rng.normal(0, 0.001, (2, t.size))
    signal = bleaching * (1 + movement + response + noise[0])
    reference = 0.7 * bleaching * (1 + movement + noise[1])
    line = ((after >= 0) & (after < 0.5)).any(axis=1).astype(float)
    return t, signal, reference, line


def make_csv():
    Path("rig").mkdir()
    t, signal, reference, line = make_signals()
    columns = {"time_ms": 1000 * t, "nac_470": signal, "nac_415": reference}
    table = pd.DataFrame({**columns, "cue": line.astype(int)})
    table.to_csv("rig/2024-03-01.csv", index=False)


def make_doric():
    Path("rig").mkdir()
    t, signal, reference, line = make_signals()
    top = "DataAcquisition/FPConsole/Signals/Series0001"
    with h5py.File("rig/m7.doric", "w") as file:
        for light, values in (("01", signal), ("02", reference)):
            file[f"{top}/LockInAOUT{light}/AIN01"] = values
            file[f"{top}/LockInAOUT{light}/Time"] = t
        file[f"{top}/DigitalIO/DIO01"] = line
        file[f"{top}/DigitalIO/Time"] = t


def make_alf(root):
    task = ChoiceTask(kind="biased", n_trials=100, duration_s=600.0)
    fibres = (Fibre(region="VTA", hemisphere="l"),)
    session = simulate_session(1, task=task, fibres=fibres)
    start = "2024-01-01T10:00:00"
    write_alf_session(session, Path(root), subject="A01", start_time=start)


def get_responses():
    (path,) = Path("data/sessions").glob("*.h5")
    with h5py.File(path) as file:
        (region,) = file["photometry"]
        group = file["photometry"][region]["responses"]
        return group["times"][:], group["cue_times"][:]


def check_cues(t, values):
    peak = np.nanmean(values[:, (t > 0.1) & (t < 0.35)], axis=1)
    before = np.nanmean(values[:, (t > -0.5) & (t < 0)], axis=1)
    change = peak - before
    score = np.nanmean(change) / (np.nanstd(change) / np.sqrt(change.size))

    assert len(values) == len(CUES)
    assert score > 10


def test_the_tutorial_on_a_real_session():
    space, statuses = follow("tutorials/first-analysis.md")

    # There is no wheel, and the page says so.
    assert statuses == [0, 1, 0, 1]
    assert space["log"]["error_type"].tolist() == ["MissingRawData"]
    table = re.findall(r"^(?:SI|PPT) .*", (DOCS / "tutorials/first-analysis.md")
                       .read_text("utf-8"), re.MULTILINE)  # fmt: skip
    shown = [[float(each) for each in row.split()[2:]] for row in table]
    found = space["qc"][space["columns"]].round(2).to_numpy()
    np.testing.assert_allclose(shown, found, rtol=1e-3, equal_nan=True)
    assert Path("first/ppt.svg").stat().st_size > 0
    made_with = space["read_h5_provenance"](space["path"])["photometry"]
    assert made_with["preprocess"]["reference"] == "ols"


def test_a_csv_is_analysed_as_the_page_says():
    make_csv()
    space, statuses = follow("how-to/analyse-my-csv.md")

    assert statuses == [0]
    np.testing.assert_allclose(space["cues"], CUES, atol=1 / RATE)
    check_cues(*get_responses())
    assert space["mean"].sizes == {"time": 180}
    check_cues(space["cut"].t, space["cut"].values)


def test_a_doric_recording_is_analysed_as_the_page_says():
    make_doric()
    space, statuses = follow("how-to/analyse-my-doric.md")

    assert statuses == [0]
    assert list(space["raw"].bands) == ["GCaMP", "Isosbestic"]
    check_cues(*get_responses())


def test_scripts_and_files_of_iblnm_are_read_as_the_page_says(monkeypatch):
    monkeypatch.setenv("IBLNM_ROOT", str(Path.cwd()))
    make_alf("one_cache")
    Path("subjects.csv").write_text("subject,strain,line,NM\nA01,B6.Cg,Ai148xDat,DA\n")
    Path("study.yaml").write_text(
        "ranvier_study: 1\nname: old\nsessions: [{alf: one_cache}]\n"
        "subjects: subjects.csv\nparameters: {vocabulary: ibl}\n"
    )
    run_study(Path(), RunOptions(n_workers=1))
    space, _ = follow("how-to/come-from-iblnm.md")

    assert list(space["session"].responses) == space["session"].brain_region
    assert space["study"].parameters.task == space["COMPAT_IBLNM"].task
    assert space["study"].parameters.qc == space["COMPAT_IBLNM"].qc


def test_a_study_runs_on_a_cluster_as_the_page_says():
    pytest.importorskip("distributed", reason="Dask distributed is not installed")
    make_alf("study/one")
    Path("study/study.yaml").write_text(
        "ranvier_study: 1\nname: many\nsessions: [{alf: one}]\n"
    )
    space, _ = follow("how-to/analyse-on-a-cluster.md")

    assert space["report"].n_failed == 0
    assert len(list(Path("study/data/sessions").glob("*.h5"))) == 1


@pytest.mark.parametrize("page", METHODS, ids=lambda path: path.stem)
def test_examples_of_the_methods_hold(page):
    follow(page)


@pytest.mark.parametrize(
    "page",
    sorted([*DOCS.rglob("*nalys*.md"), DOCS / "how-to" / "come-from-iblnm.md"]),
    ids=lambda path: path.stem,
)
def test_studies_in_the_pages_are_right(page):
    import ruamel.yaml

    load = ruamel.yaml.YAML(typ="safe", pure=True).load
    blocks = [b.text for b in read_blocks(page) if b.language == "yaml"]
    for text in blocks:
        if "ranvier_study" in text:
            Study.model_validate(load(text))


def test_every_fault_has_its_row_among_the_error_codes():
    page = (DOCS / "reference" / "error-codes.md").read_text("utf-8")
    rows = {row.split("|")[1].strip()[-6:]: row for row in page.splitlines()
            if row.startswith("| <a id=")}  # fmt: skip
    every = [each for each in vars(faults).values() if is_fault(each)]
    wrong = [
        fault.__name__
        for fault in every
        if f"`{fault.__name__}`" not in rows[fault.fault_code]
        or fault.usual_mend not in rows[fault.fault_code]
    ]

    assert len(every) > 40
    assert wrong == []


def is_fault(thing):
    return isinstance(thing, type) and issubclass(thing, faults.DataFault)


def test_what_the_face_lacks_is_told():
    """If this fails: the last table of the page of differences."""
    page = (DOCS / "reference" / "differences-from-iblnm.md").read_text("utf-8")
    rows = re.search(r"^\| functions of `analysis` that.*?(?=^\| what only)", page,
                     re.DOTALL | re.MULTILINE).group()  # fmt: skip
    theirs = [row.split("|")[2] for row in rows.splitlines()]
    names = re.findall(r"`(\w+)`", " ".join(theirs))

    assert len(names) == 6
    assert [name for name in names if hasattr(analysis, name)] == []


def test_the_reference_has_every_command():
    page = (DOCS / "reference" / "analysis.md").read_text("utf-8")
    table = page.partition("## Analysis commands")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE))
    group = typer.main.get_command(app).commands["analyse"]

    assert set(group.commands) == named | {"new", "run"}
