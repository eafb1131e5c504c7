"""Paths of Windows are understood everywhere, and never made where they can't be."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.session.faults import ParameterValidationError
from ranvier.session.parameters import resolve_path

POSIX = PurePosixPath("/data/s1")
WINDOWS = PureWindowsPath("D:/data/s1")


@pytest.mark.parametrize(
    ("text", "posix"),
    [
        (r"notes\a.txt", "/data/s1/notes/a.txt"),
        ("notes/a.txt", "/data/s1/notes/a.txt"),
        (r"/data/s1\a.txt", "/data/s1/a.txt"),
        ("/elsewhere/x", "/elsewhere/x"),
        (r"..\shared\x", "/data/s1/../shared/x"),
        (r".\a", "/data/s1/a"),
    ],
)
def test_a_backslash_is_a_separator_on_posix(text, posix):
    assert str(resolve_path(text, POSIX)) == posix


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("notes/a.txt", r"D:\data\s1\notes\a.txt"),
        (r"C:\x\y", r"C:\x\y"),
        ("C:/x", r"C:\x"),
        (r"\\host\share\x", "\\\\host\\share\\x"),
    ],
)
def test_windows_reads_its_own_paths(text, windows):
    assert str(resolve_path(text, WINDOWS)) == windows


@pytest.mark.parametrize("text", [r"C:\x", "c:/x", r"\\host\share", "C:"])
def test_a_path_of_windows_on_posix_is_an_error_that_names_the_key(text, tmp_path):
    with pytest.raises(ParameterValidationError) as caught:
        resolve_path(text, tmp_path, key="output_root_folder")

    assert caught.value.code == "RV-S19"
    assert '"output_root_folder"' in caught.value.where + caught.value.mend
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "  ", "a\0b", "C:x"])
@pytest.mark.parametrize("folder", [POSIX, WINDOWS])
def test_what_is_no_path_is_refused(text, folder):
    with pytest.raises(ParameterValidationError) as caught:
        resolve_path(text, folder)

    assert caught.value.code == "RV-S19"


@pytest.mark.parametrize("text", [r"..\x", "a/../../x", "/etc/x", ".", "/data/s1/../x"])
def test_what_must_stay_inside_does(text):
    with pytest.raises(ParameterValidationError, match="leads out of"):
        resolve_path(text, POSIX, must_be_inside=True)


def test_what_is_inside_may_be_said_absolutely():
    text = "/data/s1/notes/a.txt"

    assert resolve_path(text, POSIX, must_be_inside=True) == PurePosixPath(text)


def test_a_tilde_is_the_users_folder(tmp_path):
    assert resolve_path("~/data", tmp_path) == Path.home() / "data"
    assert resolve_path("a~b", tmp_path) == tmp_path / "a~b"


@given(text=st.text(max_size=20) | st.from_regex(r"[ab./\\:~]{1,12}", fullmatch=True))
@pytest.mark.parametrize("folder", [POSIX, WINDOWS])
def test_no_text_leads_out_of_a_folder_that_it_must_stay_in(folder, text):
    try:
        path = resolve_path(text, folder, must_be_inside=True)
    except ParameterValidationError:
        return

    assert path.is_absolute()
    assert path.parts[: len(folder.parts)] == folder.parts
    assert len(path.parts) > len(folder.parts)
    assert ".." not in path.parts


@given(text=st.text(max_size=20))
def test_a_path_is_absolute_once_its_folder_is_and_joined_once(text):
    try:
        path = resolve_path(text, POSIX)
    except ParameterValidationError:
        return

    assert path.is_absolute()
    assert "\\" not in str(path)
    assert str(path).count("/data/s1") <= 1 + text.replace("\\", "/").count("/data/s1")
