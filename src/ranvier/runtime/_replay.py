"""Repeats what the nodes of a recording did, and compares what they give out.

Runs in a process of its own, see `_replay_check`: nodes are foreign code, and their
numerics must use one thread, as in the run, to give the same bits.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.audit import WITHHELD
from ranvier.core import RanvierError, Reporter, RunError, describe_error
from ranvier.graph import RECORDER
from ranvier.node import Context, NodeDriver, load
from ranvier.recording import NodeEntry, Recording, SessionFolder, open_recording
from ranvier.runtime._replay_graph import make_paths_absolute
from ranvier.runtime._replay_life import Repetition
from ranvier.runtime._replay_record import RECORD_MORE, SEE_DAMAGE, NodeRecord, NotThere
from ranvier.runtime._replay_report import NodeReplay, ReplayReport

if TYPE_CHECKING:
    from ranvier.runtime._replay_life import Place
    from ranvier.runtime._replay_record import Life


def repeat(session: Path, nodes: tuple[str, ...], reporter: Reporter) -> ReplayReport:
    """Feed each node what it took in, in the recorded order, and compare.

    The check itself, within this process; `check_replay` says what it checks and takes.

    Returns
    -------
    ReplayReport
        Also which nodes could not be checked, and why.

    Raises
    ------
    RecordingError
        If there is no recording, or it has no manifest.
    RunError
        If a node named is not in it.
    """
    recording = open_recording(session)
    entries = recording.manifest.nodes
    known = {entry.name for entry in entries}
    for name in nodes:
        if name not in known:
            raise RunError(
                f'the recording has no node "{name}".',
                code="RV-R40",
                where=str(session),
                wanted=", ".join(sorted(known)),
                mend="correct the name",
            )
    chosen = [e for e in entries if not nodes or e.name in nodes]
    found: list[NodeReplay] = []
    for n, entry in enumerate(chosen):
        if entry.name == RECORDER:
            continue
        reporter.advance(f"replaying {entry.name}", n, len(chosen))
        found.append(_Replayer(recording, entry, session).check())
    reporter.advance("replaying", len(chosen), len(chosen))
    return ReplayReport(tuple(found))


class _Replayer:
    """Repeats what one node did."""

    def __init__(self, recording: Recording, entry: NodeEntry, session: Path) -> None:
        self._recording, self._entry = recording, entry
        self._folder = SessionFolder(session)
        self._graph_folder = Path(recording.manifest.graph_path).parent
        self._record = NodeRecord(recording, entry)
        self._done: list[Repetition] = []

    def check(self) -> NodeReplay:
        name = self._entry.name
        note, mend, is_whole = "", "", False
        try:
            self._refuse()
            is_whole = self._repeat_lives()
        except NotThere as missing:
            note, mend = str(missing), missing.mend
        except RanvierError as error:
            note, mend = f"the recording can't be read: {error.problem}", SEE_DAMAGE
        done = self._done
        differences = [each.difference for each in done if each.difference]
        fault = self._compare_faults(is_whole=is_whole and not note)
        more = sum(each.n_unchecked for each in done)
        left = f"{more} more can't be checked: their inputs died with the process"
        notes = [note] * bool(note) + [left] * bool(more)
        return NodeReplay(
            name,
            sum(each.n_steps for each in done),
            sum(each.n_compared for each in done),
            sum(each.n_equal for each in done),
            fault or (differences[0] if differences else ""),
            "; ".join(notes),
            mend,
        )

    def _refuse(self) -> None:
        """Raise NotThere if the node can't be checked at all."""
        entry = self._entry
        if not entry.spec.deterministic:
            raise NotThere("it is not deterministic")
        withheld = [key for key, value in entry.parameters.items() if value == WITHHELD]
        if withheld:
            raise NotThere(f'the value of its parameter "{withheld[0]}" was withheld')
        python = Path(entry.python.rpartition(" ")[0])
        # python and python3 of one environment lie in one folder.
        if entry.python and python.parent != Path(sys.executable).parent:
            why = f"it ran in another environment ({entry.python})"
            raise NotThere(why, "check with the interpreter that it ran on")
        if not entry.spec.outputs:
            raise NotThere("it has no outputs")
        if not self._record.outputs:
            raise NotThere("none of its outputs was recorded", RECORD_MORE)
        if not self._record.has_intake:
            raise NotThere("what it took in was not recorded", RECORD_MORE)

    def _repeat_lives(self) -> bool:
        """Say whether all that it did is known."""
        is_whole = True
        for life in self._record.iter_lives():
            if life.epoch and self._entry.spec.keeps_state:
                why = "after its restart it went on from a state that is not recorded"
                raise NotThere(why)
            changed = self._record.read_changes_before(life.epoch)
            driver = self._make_driver({**self._entry.parameters, **changed})
            repetition = Repetition(self._record, life.epoch, driver)
            self._done.append(repetition)
            repetition.run(self._locate(life))
            is_whole = is_whole and life.is_whole
        return is_whole

    def _locate(self, life: Life) -> Life:
        entries = [
            (entry, change and self._locate_value(*change))
            for entry, change in life.entries
        ]
        return life._replace(entries=entries)

    def _locate_value(self, name: str, value: Any) -> tuple[str, Any]:
        spec, folder = self._entry.spec, self._graph_folder
        return name, make_paths_absolute({name: value}, spec, folder)[name]

    def _compare_faults(self, *, is_whole: bool) -> str:
        """Say which exception came now and not then, or the other way round."""
        now = [fault for each in self._done for fault in each.faults]
        then = self._record.read_faults()
        if len(now) > then.n_faults and then.is_exact:
            return _find_new(now, then.places)
        if is_whole and len(now) < then.n_faults:
            return f"a fault: {then.n_faults} came in the run, {len(now)} now"
        return ""

    def _make_driver(self, parameters: dict[str, Any]) -> NodeDriver:
        """Give a fresh node, set up as its process was."""
        entry, manifest = self._entry, self._recording.manifest
        given = make_paths_absolute(parameters, entry.spec, self._graph_folder)
        try:
            node = self._load()(**given)
            node.context = Context(entry.name, seed=manifest.seed)
            node.context.is_real_time = manifest.speed == "real"
            node.setup()
            return NodeDriver(node)
        except Exception as error:  # foreign code: its files or devices may be gone
            why = describe_error(error)["problem"]
            mend = "give it what its `setup` asks for, then check again"
            raise NotThere(f"it can't be set up now: {why}", mend) from error

    def _load(self) -> Any:
        code = self._entry.code
        reference = self._entry.spec.reference
        if code is not None and code.copy:
            copy = self._folder.code / code.copy
            original = str(Path(code.source).parent)
            if original not in sys.path:
                sys.path.append(original)  # for what the node's file imports beside it
            return load(f"{copy.resolve()}:{reference.rpartition(':')[2]}")
        return load(reference)


def _find_new(now: list[tuple[Place | None, str]], then: set[Place]) -> str:
    new = [words for place, words in now if place is None or place not in then]
    return (new or [now[-1][1]])[0] + "; it did not in the run"
