"""Bonsai workflows, read as text."""

from __future__ import annotations

from pathlib import Path

import pytest

import ranvier
from ranvier.session.faults import BonsaiProcessError, Severity, Verdict
from ranvier.session.programs import check_workflow, read_workflow_properties

TASK = Path(ranvier.__file__).parent / "examples" / "session" / "task.bonsai"
HEAD = (
    '<WorkflowBuilder Version="2.8.5" xmlns="https://bonsai-rx.org/2018/workflow"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:rx="clr-namespace:Bonsai.Reactive;assembly=Bonsai.Core"><Workflow>'
)
TAIL = "</Workflow></WorkflowBuilder>"
MAPPING = '<Expression xsi:type="ExternalizedMapping">{}</Expression>'
LEAF = '<Expression xsi:type="Combinator" />'
EDGE = '<Edge From="0" To="1" Label="Source1" />'


def write(nodes, edges=EDGE):
    inner = f"<Nodes>{nodes}</Nodes><Edges>{edges}</Edges>"
    return f"{HEAD}{inner}{TAIL}"


def group(name, nodes, kind="GroupWorkflow"):
    inner = f"<Workflow><Nodes>{nodes}</Nodes><Edges>{EDGE}</Edges></Workflow>"
    return f'<Expression xsi:type="{kind}"><Name>{name}</Name>{inner}</Expression>'


def test_the_properties_of_the_example_are_found():
    names = read_workflow_properties(TASK.read_text())

    assert names == (
        *("RootFolder", "Subject", "Mode", "Trials", "TrialDuration"),
        "Trial.RewardVolume",
    )


def test_the_display_name_counts_and_else_the_name():
    text = write(
        MAPPING.format(
            '<Property Name="Value" DisplayName="Gain" /><Property Name="A"/>'
        )
        + LEAF
    )

    assert read_workflow_properties(text) == ("Gain", "A")


def test_a_mapping_that_leads_nowhere_is_none():
    text = write(MAPPING.format('<Property Name="Gain" />') + LEAF, edges="")

    assert read_workflow_properties(text) == ()


def test_groups_in_named_groups_are_found_by_dotted_name():
    inner = MAPPING.format('<Property Name="Rate" />') + LEAF
    text = write(group("Outer", group("Inner", inner, "rx:SelectMany")))

    assert read_workflow_properties(text) == ("Outer.Inner.Rate",)


def test_what_lies_in_a_group_without_a_name_is_out_of_reach():
    inner = MAPPING.format('<Property Name="Rate" />') + LEAF

    assert read_workflow_properties(write(group("", inner))) == ()


def test_files_of_older_versions_are_read():
    text = write(
        '<Expression xsi:type="ExternalizedProperty"><MemberName>Value</MemberName>'
        f"<Name>Gain</Name></Expression>{LEAF}"
    )

    assert read_workflow_properties(text) == ("Gain",)


def test_groups_may_be_nested_deeper_than_python_recurses():
    nodes = MAPPING.format('<Property Name="Rate" />') + LEAF
    for _ in range(1200):
        nodes = group("g", nodes)
    names = read_workflow_properties(write(nodes))

    assert names == ("g." * 1200 + "Rate",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<WorkflowBuilder><Workflow>",
        "<Other />",
        '<!DOCTYPE a [<!ENTITY b "c">]><WorkflowBuilder />',
        '<?xml version="1.0"?><!-- note --><!DOCTYPE a SYSTEM "x"><WorkflowBuilder />',
        "<WorkflowBuilder>&b;</WorkflowBuilder>",
    ],
)
def test_what_is_no_workflow_is_refused(text):
    with pytest.raises(BonsaiProcessError, match="RV-S35"):
        read_workflow_properties(text)


def test_a_file_with_a_byte_order_mark_is_read():
    assert read_workflow_properties("\ufeff" + TASK.read_text())


def test_known_properties_are_well_and_missing_ones_are_no_fault():
    report = check_workflow(TASK.read_text(), ["Subject", "Trial.RewardVolume"])

    assert report.verdict is Verdict.OK
    assert report.findings[0].problem == "2 given names, all known"


def test_each_unknown_property_is_named_with_the_one_that_was_meant():
    report = check_workflow(
        TASK.read_text(), ["subject", "Trial.Volume", "Mode"], where="task.bonsai"
    )
    told = [(f.problem, f.mend, f.where) for f in report.errors]

    assert told == [
        (
            'the workflow has no externalised property "subject".',
            'did you mean "Subject"?',
            "task.bonsai",
        ),
        (
            'the workflow has no externalised property "Trial.Volume".',
            'did you mean "Trial.RewardVolume"?',
            "task.bonsai",
        ),
    ]


def test_a_workflow_without_a_root_folder_is_a_warning():
    text = write(MAPPING.format('<Property Name="Gain" />') + LEAF)
    report = check_workflow(text, ["Gain"])

    assert report.verdict is Verdict.WARNING
    assert "RootFolder" in report.warnings[0].problem
    assert check_workflow(text, ["Gain"], root_property="").verdict is Verdict.OK


@pytest.mark.parametrize(
    ("path", "name"),
    [(r"Extensions\Camera.bonsai", "Camera"), ("Lab:Rig.Camera.bonsai", "Camera")],
)
def test_a_name_in_an_included_workflow_is_not_checked(path, name):
    text = write(f'<Expression xsi:type="IncludeWorkflow" Path="{path}" />')
    report = check_workflow(text, [f"{name}.Rate"], root_property="")

    assert [f.severity for f in report.findings] == [Severity.WARNING]


def test_a_broken_file_is_one_error_of_the_report():
    report = check_workflow("<a>", ["Gain"], where="task.bonsai")

    assert [f.code for f in report.errors] == ["RV-S35"]
    assert report.errors[0].where == "task.bonsai"
