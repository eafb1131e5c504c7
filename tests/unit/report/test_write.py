from __future__ import annotations

import re
from html.parser import HTMLParser

import msgspec
import pytest

from ranvier.audit import AuditKind
from ranvier.core import RecordingError
from ranvier.recording import NodeEntry
from ranvier.report import write_report
from ranvier.runtime import LinkStatus, NodeStatus, RunStatus
from ranvier.spec import NodeSpec

_VOID = {"meta"}


class Page(HTMLParser):
    """What a page consists of; fails on tags that are not closed in order."""

    def __init__(self, path):
        super().__init__()
        self.text = path.read_text(encoding="utf-8")
        self.tags, self.open, self.words = [], [], []
        self.feed(self.text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def headings(self):
        return [attributes["id"] for tag, attributes in self.tags if tag == "section"]


def test_a_run_of_plain_numbers_has_all_that_every_run_has(plain_session):
    page = Page(write_report(plain_session.path))

    assert page.headings == [
        "graph", "nodes", "latency", "recording", "audit-trail", "versions",
    ]  # fmt: skip
    assert "A <small> loop." in page.words
    assert "completed" in page.words


def test_the_page_needs_neither_scripts_nor_the_network(calcium_session):
    page = Page(write_report(calcium_session.path))
    tags = {tag for tag, _ in page.tags}
    addresses = re.findall(r'(?:href|src)="(.)', page.text)

    assert not tags & {"script", "link", "iframe", "object", "embed"}
    assert set(addresses) <= {"#", "d"}
    assert "default-src 'none'" in page.text


def test_a_calcium_session_is_known_by_what_its_streams_carry(calcium_session):
    page = Page(write_report(calcium_session.path))

    assert page.headings[:5] == [
        "cells", "activity", "tuning", "stimuli", "tuning-error",
    ]  # fmt: skip
    assert "26 of the 26 cells of the simulation" in page.text
    labels = [a["aria-label"] for tag, a in page.tags if tag == "svg"]
    assert len(labels) >= 9
    assert "nan" not in re.sub(r'href="data[^"]*"', "", page.text).lower()


def test_the_last_status_gives_tables_of_nodes_and_links(plain_session):
    link = LinkStatus("sensor.value", "scale.in_", "queue 64", taken=20, missed=3)
    node = NodeStatus("scale", "ended", steps=1234, step_p50_ms=0.5, faults=2)
    status = RunStatus(
        "r1", "my_loop", "completed", running_s=2.0, nodes=(node,), links=(link,)
    )
    plain_session.status.write_bytes(msgspec.json.encode(status))
    page = Page(write_report(plain_session.path))

    assert "links" in page.headings
    assert "1,234" in page.words
    assert '<span class="bad">3</span>' in page.text


@pytest.mark.parametrize("content", [b"", b"{", b'{"nodes": 3}', b"\xff"])
def test_a_damaged_status_is_left_out(plain_session, content):
    plain_session.status.write_bytes(content)

    assert "links" not in Page(write_report(plain_session.path)).headings


def test_faults_and_losses_stand_in_the_audit_trail_and_on_top(eventful_session):
    page = Page(write_report(eventful_session.path))

    assert "it <broke> (at message 7 of a.b); answer: skip" in page.words
    assert "12 messages of a.b did not reach c.d" in page.words
    assert "level: 1 → 2, by me" in page.words
    assert "failed" in page.words
    assert ("b", {}) in page.tags
    assert page.words.count("12") == 1


def test_the_parts_of_the_recording_are_told_in_words(write_session):
    node = NodeEntry("a", NodeSpec("A", "source"))
    writer = write_session(["a.b"], [node])
    write, name = writer.audit.write, "recording.0.mcap"
    write(AuditKind.RECORDING_OPENED, "recorder", file=name, streams=["a.b", "a.d"])
    write(AuditKind.RECORDING_CLOSED, "recorder", file=name, counts={"a.b": 1200})
    page = Page(write_report(writer.close().path))

    assert "recording.0.mcap: 2 streams" in page.words
    assert "recording.0.mcap: 1,200 messages" in page.words


def test_an_unfinished_or_damaged_recording_still_has_a_report(calcium_session):
    part = calcium_session.part(0)
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 0xFF
    part.write_bytes(bytes(data[: 4 * len(data) // 5]))
    page = Page(write_report(calcium_session.path))

    assert "damaged" in page.words
    assert "recording" in page.headings


def test_a_run_that_recorded_nothing_still_has_a_report(plain_session):
    plain_session.part(0).unlink()
    page = Page(write_report(plain_session.path))

    assert "graph" in page.headings
    assert "latency" not in page.headings


def test_a_folder_without_a_manifest_is_an_error(tmp_path):
    with pytest.raises(RecordingError):
        write_report(tmp_path)
