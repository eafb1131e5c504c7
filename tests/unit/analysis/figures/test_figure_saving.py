import subprocess
import sys
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from ranvier.analysis.faults import DataFault
from ranvier.analysis.figures import make_figure, save_figure, set_plotsize


def draw():
    figure = make_figure(2, 2)
    figure.subplots().plot([1, 2], [3, 4], "o", label="words to find")
    figure.axes[0].legend()
    return figure


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    one = save_figure(draw(), tmp_path / "one.svg").read_bytes()
    other = save_figure(draw(), tmp_path / "other.svg").read_bytes()

    assert one == other
    assert b"words to find" in one
    assert b"<dc:date>" not in one
    assert ET.fromstring(one).tag.endswith("svg")


def test_a_png_is_written_beside_where_asked(tmp_path):
    path = save_figure(draw(), tmp_path / "new" / "folder" / "a.svg", with_png=True)

    assert sorted(p.name for p in path.parent.iterdir()) == ["a.png", "a.svg"]
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_a_png_alone(tmp_path):
    path = save_figure(draw(), tmp_path / "a.png")

    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    assert path.read_bytes() == save_figure(draw(), path).read_bytes()


def test_another_ending_is_a_fault_and_nothing_is_written(tmp_path):
    with pytest.raises(DataFault, match="format"):
        save_figure(draw(), tmp_path / "a.pdf")

    assert list(tmp_path.iterdir()) == []


def test_a_figure_that_cannot_be_drawn_leaves_the_old_file(tmp_path):
    path = save_figure(draw(), tmp_path / "a.svg")
    before = path.read_bytes()
    broken = draw()
    broken.axes[0].set_title("$\\nothing$")

    with pytest.raises(ValueError, match="nothing"):
        save_figure(broken, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.svg"]


def test_nobody_s_settings_are_touched(tmp_path):
    before = dict(mpl.rcParams)
    save_figure(draw(), tmp_path / "a.svg")

    assert dict(mpl.rcParams) == before


def test_a_plot_has_the_size_that_is_asked_for():
    figure = make_figure()
    axes = set_plotsize(figure.subplots(), 5.08, 2.54)
    box = axes.get_window_extent()

    assert box.width / figure.dpi == pytest.approx(2.0)
    assert box.height / figure.dpi == pytest.approx(1.0)


def test_importing_the_figures_does_not_import_matplotlib():
    code = "import sys, ranvier.analysis.figures; print('matplotlib' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert found.stdout.strip() == "False"
