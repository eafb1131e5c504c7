"""A writer that is killed at any moment leaves a whole file."""

import subprocess
import sys

import numpy as np
import pytest

from ranvier.analysis.files import read_session_h5, remove_leftovers

pytestmark = pytest.mark.system

WRITER = """
import sys
from pathlib import Path
import numpy as np
from ranvier.analysis.files import WheelPart, write_session_h5
path = Path(sys.argv[1])
print("ready", flush=True)
for round_ in range(10_000):
    velocity = np.full((200, 2000), float(round_))
    write_session_h5(path, {"wheel": WheelPart(velocity), "errors": []})
    print("written", flush=True)
"""


@pytest.mark.parametrize("n_before", [1, 2, 5])
def test_a_killed_writer_leaves_a_whole_file(tmp_path, n_before):
    path = tmp_path / "s1.h5"
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        for line in writer.stdout:
            n_before -= line == "written\n"
            if n_before < 0:
                break
        writer.kill()
    found = read_session_h5(path)

    assert len(np.unique(found["wheel"].velocity)) == 1
    assert len(found["errors"]) == 0
    remove_leftovers(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["s1.h5"]
