"""All checks are made, and their report is readable."""

from ranvier.core import RecordingError, SilentReporter
from ranvier.session.faults import Finding, Report, Severity, Verdict
from ranvier.session.preflight import CallCheck, format_report, run_checks

WELL = Finding(Severity.OK, "memory", "7.0 GiB of memory are free")
LITTLE = Finding(
    Severity.WARNING, "metadata", "sex is not known.", "RV-S94", mend="give it"
)


class Told(SilentReporter):
    def __init__(self):
        self.rows = []

    def advance(self, task, done, total):
        self.rows.append((task, done, total))


def fail():
    raise ValueError("too high")


def refuse():
    raise RecordingError("no trail.", code="RV-D04", where="here", mend="look")


def test_a_check_that_fails_itself_is_an_error_and_the_others_are_made():
    checks = [
        CallCheck("first", fail),
        CallCheck("second", refuse),
        CallCheck("third", lambda: Report((WELL,))),
        CallCheck("fourth", lambda: (LITTLE,)),
    ]
    report = run_checks(checks, SilentReporter())
    broken, refused, *rest = report.findings

    assert (broken.check, broken.code) == ("first", "RV-S90")
    assert broken.found == "ValueError: too high"
    assert (refused.code, refused.where, refused.mend) == ("RV-D04", "here", "look")
    assert rest == [WELL, LITTLE]
    assert report.verdict is Verdict.FAILED


def test_the_reporter_is_told_how_far_it_is():
    told = Told()
    run_checks([CallCheck("a", Report), CallCheck("b", Report)], told)

    assert told.rows == [("check: a", 0, 2), ("check: b", 1, 2), ("checks", 2, 2)]


def test_no_check_is_no_fault():
    assert run_checks([], SilentReporter()).verdict is Verdict.OK


def test_a_report_has_aligned_lines_and_a_count():
    text = format_report(Report((WELL, LITTLE)))

    assert text.splitlines() == [
        "ok       memory    7.0 GiB of memory are free",
        "warning  metadata  sex is not known.  [RV-S94]",
        "                   mend    give it",
        "0 errors, 1 warning, 1 ok",
    ]


def test_a_report_without_faults_says_so():
    assert format_report(Report((WELL,))).endswith("\nall is well: 1 check")
    assert format_report(Report()) == "all is well: 0 checks"


def test_lines_of_a_long_value_stay_under_their_first():
    long = Finding(Severity.ERROR, "x", "no.", "RV-S90", found="one\n  two", mend="m")
    lines = format_report(Report((long,))).splitlines()

    assert lines[1:3] == ["            is      one", " " * 20 + "  two"]
