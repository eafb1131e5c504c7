"""Real git repositories, on this computer; a remote out of reach is one moved away."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ranvier.core import SilentReporter
from ranvier.session.faults import RepositoryError, Severity, Verdict
from ranvier.session.repository import (
    RepositoryRequest,
    check_repository,
    clone_repository,
    list_changes,
    prepare_repository,
    read_state,
    update_repository,
)

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(60),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]

WHO = ["-c", "user.name=Ada", "-c", "user.email=ada@lab", "-c", "commit.gpgsign=false"]


class Listener(SilentReporter):
    def __init__(self):
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)


def git(folder, *words):
    done = subprocess.run(
        ["git", *WHO, "-c", "protocol.file.allow=always", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(folder, name, content):
    data = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(data)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", name)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def remote(tmp_path):
    folder = tmp_path / "remote" / "task"
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "task.py", "print(1)\n")
    return folder


@pytest.fixture
def place(tmp_path, remote):
    """Prepare with what a test changes of the request."""

    class Bench:
        def __init__(self):
            local, cache = tmp_path / "local", tmp_path / "cache"
            self.request = RepositoryRequest(str(remote), "main", local, cache)
            self.diff = tmp_path / "repository.diff"
            self.local, self.cache = local, cache
            self.listener = Listener()

        def prepare(self, **changes):
            request = replace(self.request, **changes)
            return prepare_repository(request, self.diff, self.listener)

        def check(self, **changes):
            return check_repository(replace(self.request, **changes))

    return Bench()


def snapshot(folder):
    """All files of a folder with content and time of change, git's own too."""
    return {
        path.relative_to(folder): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def go_away(remote):
    remote.parent.rename(remote.parent.with_name("gone"))


def test_a_branch_is_made_ready_at_its_newest_commit(place, remote):
    before = Path.cwd()
    first = place.prepare()
    newest = commit(remote, "task.py", "print(2)\n")
    second = place.prepare()

    assert second.commit == newest != first.commit
    assert second.path == str(place.local / f"task@{newest[:12]}")
    assert (place.local / f"task@{newest[:12]}" / "task.py").read_text() == "print(2)\n"
    assert (place.local / f"task@{first.commit[:12]}" / "task.py").exists()
    assert (second.url, second.ref, second.is_dirty) == (str(remote), "main", False)
    assert Path.cwd() == before
    assert place.listener.warnings == []


def test_without_a_local_folder_the_code_lies_in_the_cache(place, remote):
    state = place.prepare(local=None)

    assert state.path == str(place.cache / "worktrees" / f"task@{state.commit[:12]}")
    assert read_state(place.cache / "worktrees" / f"task@{state.commit[:12]}").url == (
        str(remote)
    )


@pytest.mark.parametrize("tag", [["v1"], ["v1", "-m", "first"]])
def test_tags_branches_and_hashes_lead_to_their_commit(place, remote, tag):
    wanted = git(remote, "rev-parse", "HEAD")
    git(remote, "tag", *tag)
    git(remote, "branch", "feature/x")
    commit(remote, "task.py", "print(2)\n")
    refs = ["v1", "feature/x", wanted, wanted[:8], "refs/tags/v1"]

    assert {place.check(ref=ref).verdict for ref in refs} == {Verdict.OK}
    assert {place.prepare(ref=ref).commit for ref in refs} == {wanted}


def test_an_unknown_ref_is_refused(place):
    with pytest.raises(RepositoryError, match="does not name one commit") as caught:
        place.prepare(ref="nothing-like-it")

    assert caught.value.code == "RV-S23"
    assert [f.code for f in place.check(ref="nothing-like-it").errors] == ["RV-S23"]


def test_a_name_of_both_a_branch_and_a_tag_is_refused(place, remote):
    git(remote, "tag", "both")
    git(remote, "switch", "-q", "-c", "both")
    newer = commit(remote, "task.py", "print(2)\n")

    with pytest.raises(RepositoryError, match="does not name one commit"):
        place.prepare(ref="both")
    assert place.prepare(ref="refs/heads/both").commit == newer


def test_a_commit_that_is_here_runs_with_the_remote_out_of_reach(place, remote):
    wanted = place.prepare().commit
    go_away(remote)

    assert place.prepare(ref=wanted).commit == wanted
    assert place.prepare(ref=wanted[:10]).commit == wanted
    assert place.check(ref=wanted).verdict is Verdict.OK
    assert place.listener.warnings == []


def test_a_branch_with_the_remote_out_of_reach_is_as_last_known(place, remote):
    wanted = place.prepare().commit
    go_away(remote)
    state = place.prepare()
    report = place.check()

    assert state.commit == wanted
    (warning,) = place.listener.warnings
    assert "as it was last known" in warning
    assert "known since 20" in warning
    assert [(f.code, f.severity) for f in report.warnings] == [
        ("RV-S28", Severity.WARNING)
    ]


def test_a_commit_that_is_not_here_is_refused_offline(place, remote):
    place.prepare()
    missing = commit(remote, "task.py", "print(2)\n")
    go_away(remote)

    for ref in (missing, "other-branch"):
        with pytest.raises(RepositoryError, match="not reachable") as caught:
            place.prepare(ref=ref)
        assert caught.value.code == "RV-S22"
        assert [f.code for f in place.check(ref=ref).errors] == ["RV-S22"]


def test_a_closed_port_is_told_without_the_password(place):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    url = f"http://ada:secret@127.0.0.1:{port}/lab/task.git"
    with pytest.raises(RepositoryError) as caught:
        place.prepare(url=url)
    kept = [
        path for path in place.cache.rglob("*")
        if path.is_file() and b"secret" in path.read_bytes()
    ]  # fmt: skip

    assert caught.value.code == "RV-S22"
    assert "127.0.0.1" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert kept == []


def test_a_remote_that_hangs_is_given_up_in_time(place):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/task.git"
        with pytest.raises(RepositoryError, match="longer than 1 s"):
            place.prepare(url=url, timeout_s=1.0)


def test_a_persons_clone_at_the_commit_is_used_in_place(place, remote):
    clone_repository(str(remote), place.local / "task")
    before = snapshot(place.local / "task")
    state = place.prepare()

    assert state.path == str(place.local / "task")
    assert before == snapshot(place.local / "task")
    assert [path.name for path in place.local.iterdir()] == ["task"]


def test_a_persons_clone_at_another_commit_is_left_as_it_is(place, remote):
    clone_repository(str(remote), place.local / "task")
    (place.local / "task" / "task.py").write_text("my own edit\n")
    newest = commit(remote, "task.py", "print(2)\n")
    before = snapshot(place.local / "task")
    state = place.prepare()

    assert state.path == str(place.local / f"task@{newest[:12]}")
    assert before == snapshot(place.local / "task")


def test_a_persons_clone_serves_a_computer_that_was_never_connected(place, remote):
    old = git(remote, "rev-parse", "HEAD")
    commit(remote, "task.py", "print(2)\n")
    newest = clone_repository(str(remote), place.local / "task").commit
    go_away(remote)

    assert place.check().verdict is Verdict.WARNING
    assert place.prepare(ref=newest).path == str(place.local / "task")
    assert place.prepare().commit == newest
    assert place.prepare(ref=old).path == str(place.local / f"task@{old[:12]}")
    assert ["unknown date" in text for text in place.listener.warnings] == [True]


def test_a_dirty_clone_is_refused_or_its_difference_saved(place, remote, tmp_path):
    commit(remote, "picture.bin", bytes(range(256)))
    clone_repository(str(remote), place.local / "task")
    clone = place.local / "task"
    (clone / "task.py").write_text("print('edited')\n")
    (clone / "picture.bin").write_bytes(bytes(range(255, -1, -1)))
    (clone / "новый файл.txt").write_text("not added")
    before = snapshot(clone)
    with pytest.raises(RepositoryError, match="differ from the commit") as caught:
        place.prepare()
    state = place.prepare(allow_dirty=True)
    git(remote, "apply", "--binary", str(place.diff))

    assert caught.value.code == "RV-S25"
    assert "task.py" in caught.value.found
    assert [f.code for f in place.check().errors] == ["RV-S25"]
    assert place.check(allow_dirty=True).verdict is Verdict.WARNING
    assert (state.is_dirty, state.diff) == (True, "repository.diff")
    assert (remote / "task.py").read_text() == "print('edited')\n"
    assert (remote / "picture.bin").read_bytes() == bytes(range(255, -1, -1))
    assert (remote / "новый файл.txt").read_text() == "not added"
    assert state.left_out == ()
    assert before == snapshot(clone)


def read_tree(folder):
    """Files of a worktree with kind, mode and content; without git's own."""
    return {
        str(path.relative_to(folder)): (
            path.is_symlink(),
            path.lstat().st_mode & 0o111,
            path.readlink() if path.is_symlink() else path.read_bytes(),
        )
        for path in folder.rglob("*")
        if ".git" not in path.parts and (path.is_symlink() or path.is_file())
    }


def apply_anew(place, remote, commit):
    """Make a clean clone at the commit, and put the difference onto it."""
    again = place.diff.parent / "again"
    words = ("-q", "--recurse-submodules", str(remote), str(again))
    git(place.diff.parent, "clone", *words)
    git(again, "checkout", "-q", "--recurse-submodules", commit)
    git(again, "apply", "--binary", str(place.diff))
    return again


@pytest.mark.skipif(sys.platform == "win32", reason="names and modes of POSIX")
def test_the_difference_gives_the_same_tree_with_all_that_was_untracked(place, remote):
    for name in ("gone.py", "moved.py"):
        commit(remote, name, f"# {name}\n" * 20)
    clone_repository(str(remote), place.local / "task")
    clone = place.local / "task"
    for name, value in (("diff.noprefix", "true"), ("diff.renames", "copies")):
        git(clone, "config", name, value)
    (clone / "task.py").write_text("print('edited')\r\nno end")
    (clone / "gone.py").unlink()
    git(clone, "mv", "moved.py", "there.py")
    (clone / "staged.csv").write_text("1,2\n")
    git(clone, "add", "staged.csv")
    (clone / "staged.csv").write_text("1,2,3\n")
    (clone / "new").mkdir()
    for name in ("a*b?.txt", '"quoted".txt', "two\nlines.txt", "é ü.txt"):
        (clone / "new" / name).write_text(f"of {name}")
    (clone / "new" / "empty").touch()
    (clone / "new" / "binary.dat").write_bytes(bytes(range(256)) * 40)
    (clone / "new" / "run.sh").write_text("#!/bin/sh\n")
    (clone / "new" / "run.sh").chmod(0o755)
    (clone / "new" / "link").symlink_to("../task.py")
    before, tree = snapshot(clone), read_tree(clone)
    state = place.prepare(allow_dirty=True)
    again = apply_anew(place, remote, state.commit)

    assert read_tree(again) == tree
    assert snapshot(clone) == before
    assert state.left_out == ()
    assert place.listener.warnings == []


def test_what_is_ignored_or_bytecode_is_not_kept(place, remote):
    commit(remote, ".gitignore", "*.avi\n")
    folder = place.local / place.prepare().path
    (folder / "film.avi").write_bytes(b"of an animal")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "task.cpython-311.pyc").write_bytes(b"of python")
    (folder / "new.txt").write_text("of a person")
    place.prepare(allow_dirty=True)
    data = place.diff.read_bytes()

    assert b"of a person" in data
    assert b"film" not in data
    assert b"pyc" not in data


def test_files_that_are_too_large_are_told_of_and_not_kept(place, remote):
    folder = place.local / place.prepare().path
    large = os.urandom((1 << 20) + 1)
    (folder / "large.bin").write_bytes(large)
    (folder / "small.bin").write_bytes(large[: 1 << 20])
    state = place.prepare(allow_dirty=True)
    again = apply_anew(place, remote, state.commit)
    (line,) = state.left_out
    (warning,) = place.listener.warnings
    digest = hashlib.sha256(large).hexdigest()

    assert line == f"large.bin: 1048577 bytes, sha256 {digest}"
    assert line in warning
    assert place.diff.read_bytes().startswith(f"not kept: {line}\n".encode())
    assert (again / "small.bin").read_bytes() == large[: 1 << 20]
    assert not (again / "large.bin").exists()


def test_of_very_much_the_first_20_mb_are_kept(place):
    folder = place.local / place.prepare().path
    for number in range(21):
        (folder / f"{number:02}.bin").write_bytes(bytes(1 << 20))
    (folder / "99.txt").write_text("x")
    state = place.prepare(allow_dirty=True)

    names = [line.partition(":")[0] for line in state.left_out]
    assert names == ["20.bin", "99.txt"]


def test_a_clone_within_the_clone_is_told_of(place):
    folder = place.local / place.prepare().path
    inner = folder / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    commit(inner, "x.py", "1\n")
    state = place.prepare(allow_dirty=True)

    assert state.left_out == ("inner/: no plain file",)
    assert len(place.listener.warnings) == 1


def test_a_worktree_of_ours_that_was_edited_follows_the_same_rule(place):
    folder = place.local / place.prepare().path
    (folder / "task.py").write_text("edited\n")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "task.cpython-311.pyc").write_bytes(b"x")

    assert list_changes(folder) == (" M task.py",)
    with pytest.raises(RepositoryError, match="differ from the commit"):
        place.prepare()
    assert place.prepare(allow_dirty=True).is_dirty
    assert (folder / "task.py").read_text() == "edited\n"


@pytest.mark.parametrize("kind", ["plain", "file", "foreign", "within another"])
def test_what_is_no_clone_of_it_is_refused_and_left(place, tmp_path, kind):
    there = place.local / "task"
    place.local.mkdir()
    if kind == "file":
        there.write_text("precious")
    else:
        there.mkdir()
        (there / "precious.txt").write_text("precious")
    if kind == "foreign":
        git(there, "init", "-q")
        git(there, "remote", "add", "origin", "https://host/other/task.git")
    if kind == "within another":
        git(place.local, "init", "-q")
        git(place.local, "remote", "add", "origin", place.request.url)
        git(place.local, "commit", "-q", "--allow-empty", "-m", "around")
    before = snapshot(place.local)
    with pytest.raises(RepositoryError, match="something else lies") as caught:
        place.prepare()

    assert caught.value.code == "RV-S24"
    assert [f.code for f in place.check().errors] == ["RV-S24"]
    assert before == snapshot(place.local)


def test_a_folder_in_the_place_of_the_worktree_is_refused_and_left(place, remote):
    there = place.local / f"task@{git(remote, 'rev-parse', 'HEAD')[:12]}"
    there.mkdir(parents=True)
    (there / "precious.txt").write_text("precious")
    with pytest.raises(RepositoryError, match="something else lies"):
        place.prepare()

    assert (there / "precious.txt").read_text() == "precious"


def test_a_worktree_that_someone_deleted_is_made_again(place):
    folder = place.prepare().path
    shutil.rmtree(folder)

    assert place.prepare().path == folder
    assert list_changes(place.local / folder) == ()


def test_no_hook_of_a_repository_runs(place, remote, tmp_path):
    clone_repository(str(remote), place.local / "task")
    mark = tmp_path / "hook-ran"
    hooks = place.local / "task" / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    place.prepare()
    mirror = next(place.cache.glob("task-*.git"))
    (mirror / "hooks").mkdir(exist_ok=True)
    for folder in (hooks, mirror / "hooks"):
        for name in ("post-checkout", "post-merge", "reference-transaction"):
            (folder / name).write_text(f"#!/bin/sh\ntouch {mark}\n")
            (folder / name).chmod(0o755)
    commit(remote, "task.py", "print(2)\n")
    place.prepare()
    update_repository(place.local / "task")

    assert not mark.exists()


def test_checking_changes_nothing_and_makes_nothing(place, tmp_path):
    before = snapshot(tmp_path)
    report = place.check()

    assert report.verdict is Verdict.OK
    assert before == snapshot(tmp_path)
    assert not place.cache.exists()
    assert not place.local.exists()


@pytest.fixture
def nested(tmp_path, remote):
    """A task with a library within, and a part within that."""
    for name in ("part", "library"):
        folder = tmp_path / "remote" / name
        folder.mkdir()
        git(folder, "init", "-q", "-b", "main")
        commit(folder, f"{name}.py", f"# {name}\n")
    library = tmp_path / "remote" / "library"
    git(library, "submodule", "--quiet", "add", "../part", "inner part")
    git(library, "commit", "-q", "-m", "part")
    git(remote, "submodule", "--quiet", "add", "../library", "libs/library")
    git(remote, "commit", "-q", "-m", "library")
    return library


def test_submodules_are_there_at_any_depth_and_offline_too(place, remote, nested):
    state = place.prepare()
    second = commit(remote, "task.py", "print(2)\n")
    place.prepare()
    shutil.rmtree(place.local)
    go_away(remote)
    again = place.prepare(ref=second)
    folder = place.local / f"task@{second[:12]}"

    assert list(state.submodules) == ["libs/library", "libs/library/inner part"]
    assert again.submodules == state.submodules
    assert (folder / "libs/library/inner part/part.py").read_text() == "# part\n"
    assert list_changes(folder) == ()


def test_a_submodule_that_is_not_in_the_cache_is_named_offline(place, remote, nested):
    place.prepare()
    commit(nested, "library.py", "# newer\n")
    git(remote / "libs/library", "pull", "-q")
    git(remote, "commit", "-q", "-a", "-m", "newer library")
    nested.rename(nested.with_name("library-gone"))
    with pytest.raises(RepositoryError) as caught:
        place.prepare()

    assert caught.value.code == "RV-S21"
    assert 'submodule "libs/library"' in caught.value.found
    assert "is not in the cache" in caught.value.found


def test_an_edit_within_a_submodule_is_seen_and_saved(place, remote, nested):
    folder = place.local / place.prepare().path
    (folder / "libs/library/library.py").write_text("# edited\n")

    assert list_changes(folder) == (" M libs/library",)
    assert place.prepare(allow_dirty=True).is_dirty
    assert "+# edited" in place.diff.read_text()


def test_what_is_untracked_within_a_submodule_is_kept_too(place, remote, nested):
    folder = place.local / place.prepare().path
    (folder / "libs/library/library.py").write_text("# edited\n")
    (folder / "libs/library/new one.py").write_text("# new\n")
    (folder / "beside.py").write_text("# beside\n")
    (folder / "libs/library/large.bin").write_bytes(bytes((1 << 20) + 1))
    state = place.prepare(allow_dirty=True)
    again = apply_anew(place, remote, state.commit)
    (folder / "libs/library/large.bin").unlink()

    assert [line.partition(":")[0] for line in state.left_out] == [
        "libs/library/large.bin"
    ]
    assert read_tree(again) == read_tree(folder)


def test_large_files_without_git_lfs_are_told_of(place, remote):
    if shutil.which("git-lfs"):
        pytest.skip("git-lfs is installed here")
    commit(remote, ".gitattributes", "*.avi filter=lfs diff=lfs merge=lfs -text\n")
    place.prepare()

    assert [".gitattributes" in text for text in place.listener.warnings] == [True]
    assert [f.code for f in place.check().warnings] == ["RV-S29"]


def test_two_launchers_at_once_make_one_worktree(place, remote):
    states, errors = [], []

    def prepare():
        try:
            states.append(prepare_repository(place.request, place.diff))
        except RepositoryError as error:
            errors.append(error)

    threads = [threading.Thread(target=prepare) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert errors == []
    assert len(states) == 3
    assert len({state.path for state in states}) == 1
    assert [path for path in place.local.iterdir() if ".new" in path.name] == []


def test_a_cache_that_another_process_holds_is_refused_in_time(place):
    place.prepare()
    lock = next(place.cache.glob("*.lock"))
    code = (
        "import sys; from pathlib import Path;"
        "from ranvier.session.repository._lock import hold\n"
        "with hold(Path(sys.argv[1]), 5):\n print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(RepositoryError, match="can't be locked") as caught:
            place.prepare(timeout_s=0.3)
        other.stdin.close()
        other.wait(10)

    assert caught.value.code == "RV-S26"
    assert place.prepare().commit


def test_without_git_the_error_says_so(place, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(RepositoryError, match="git was not found") as caught:
        place.prepare()
    assert caught.value.code == "RV-S20"
    assert [f.code for f in place.check().errors] == ["RV-S20"]


def test_a_clean_clone_is_moved_forward_and_a_dirty_one_refused(tmp_path, remote):
    folder = tmp_path / "mine"
    old = clone_repository(str(remote), folder)
    newest = commit(remote, "task.py", "print(2)\n")
    git(remote, "tag", "v2")
    updated = update_repository(folder)
    detached = update_repository(folder, old.commit)
    by_tag = update_repository(folder, "v2")
    (folder / "task.py").write_text("my edit\n")
    with pytest.raises(RepositoryError, match="differ from the commit"):
        update_repository(folder, "main")

    assert (updated.commit, updated.ref) == (newest, "main")
    assert detached.commit == old.commit
    assert by_tag.commit == newest
    assert (folder / "task.py").read_text() == "my edit\n"


def test_commits_of_ones_own_are_never_moved(tmp_path, remote):
    folder = tmp_path / "mine"
    clone_repository(str(remote), folder)
    own = commit(folder, "own.py", "mine\n")
    commit(remote, "task.py", "print(2)\n")
    with pytest.raises(RepositoryError, match="git merge") as caught:
        update_repository(folder)

    assert caught.value.code == "RV-S21"
    assert read_state(folder).commit == own


def test_a_clone_is_made_at_a_ref_or_not_at_all(tmp_path, remote):
    wanted = git(remote, "rev-parse", "HEAD")
    commit(remote, "task.py", "print(2)\n")
    state = clone_repository(str(remote), tmp_path / "one", wanted)
    with pytest.raises(RepositoryError, match="does not name one commit"):
        clone_repository(str(remote), tmp_path / "two", "unknown")
    with pytest.raises(RepositoryError, match="something else lies"):
        clone_repository(str(remote), tmp_path / "one")

    assert state.commit == wanted
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "remote"]


def test_a_launcher_killed_while_it_made_a_worktree_hinders_nobody(place, remote):
    """Killed before the rename it leaves a folder aside, after it a stale path."""
    first = place.prepare()
    mirror = next(place.cache.glob("task-*.git"))
    (registered,) = (mirror / "worktrees").glob("*/gitdir")
    registered.write_text(f"{place.local}/.task.1234.new/.git\n")
    (place.local / ".task.1234.new").mkdir()
    (place.local / ".task.1234.new" / "half").touch()
    again = place.prepare()
    newest = commit(remote, "task.py", "print(2)\n")

    assert again == first
    assert place.prepare().commit == newest
    assert place.prepare(ref=first.commit) == replace(first, ref=first.commit)
