"""The experiment as data: graph, nodes, links, what is recorded, how it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StrictStr,
    WithJsonSchema,
    field_validator,
)

from ranvier.graph._fields import (
    STREAM_PATTERN,
    Bytes,
    PortName,
    Seconds,
    StreamName,
    Whole,
    check_node_name,
    check_safe_name,
    refuse,
)
from ranvier.spec import LinkPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationInfo

FORMAT_VERSION = 1


def _split_targets(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _spell_out_record(value: Any) -> Any:
    if isinstance(value, str):
        return {"stream": value}
    if isinstance(value, dict | RecordEntry):
        return value  # pyright: ignore[reportUnknownVariableType]
    raise refuse('"node.output" or {stream: node.output}')


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class RestartPolicy(_Part):
    """How often and how soon a failed node is started again.

    Parameters
    ----------
    limit
        Restarts within `within` after which the node stays down.
    within
        Length of the window in which restarts are counted, s.
    backoff
        Wait before the first restart, s; doubled at each further one in the window.
    """

    limit: Annotated[Whole, Field(ge=0, le=1_000_000)] = 5
    within: Seconds = 60.0
    backoff: Seconds = 0.2


class GraphNode(_Part):
    """One node: what it is, its parameters, where it runs, what its faults cause.

    Parameters
    ----------
    type
        A name of the catalogue, "module:Class" or "file.py:Class".
    parameters
        Values by parameter name; what is left out has its default.
    on_error
        After an exception: go on with the next message, restart, or stop the run.
    restart
        How often and how soon it is started again.
    checkpoint
        Time between two copies of its state, s; None is never.
    watchdog
        Silence on its inputs after which its safe state is called, s; None is never.
    step_limit
        A step longer than this is taken for a hang, s; None is no limit.
    group
        Nodes of one group share a process.
    python
        Its interpreter; a relative path is relative to the file.
    host
        Where it runs.
    cores
        Processor cores that it may use, from 0; empty is all.
    priority
        Against the other processes of the host, where the system permits.
    memory_limit
        Bytes after which it is ended; None is no limit.
    """

    type: Annotated[StrictStr, Field(min_length=1)]
    parameters: dict[StrictStr, JsonValue] = {}
    on_error: Literal["skip", "restart", "stop_run"] = "skip"
    restart: RestartPolicy = RestartPolicy()
    checkpoint: Seconds | None = None
    watchdog: Seconds | None = None
    step_limit: Seconds | None = None
    group: StrictStr | None = None
    python: Annotated[StrictStr, Field(min_length=1)] | None = None
    host: Annotated[StrictStr, Field(min_length=1)] = "local"
    cores: tuple[Annotated[Whole, Field(ge=0, le=4095)], ...] = ()
    priority: Literal["low", "normal", "high"] = "normal"
    memory_limit: Bytes | None = None

    @field_validator("group")
    @classmethod
    def _check_group(cls, name: str | None) -> str | None:
        return name if name is None else check_safe_name(name, "group")


class GraphLink(_Part):
    """One output joined to one or several inputs.

    Parameters
    ----------
    source
        The output, "node.output"; `from` in the file.
    to
        The inputs, each "node.input"; the file may give a single one without a list.
    policy
        "latest", "queue" or "lossless": what happens when the reader is slow.
    depth
        Messages that may wait; None is 64, and 1 for "latest".
    when_full
        Which message a full queue drops; None is "drop_oldest".
    patience
        How long a lossless link's writer waits before it counts a loss, s; None is
        as long as it takes.
    """

    source: StreamName = Field(alias="from")
    to: Annotated[
        tuple[PortName, ...],
        BeforeValidator(_split_targets),
        Field(min_length=1),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string", "pattern": STREAM_PATTERN},
                    {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "string", "pattern": STREAM_PATTERN},
                    },
                ]
            }
        ),
    ]
    policy: Literal["latest", "queue", "lossless"] = "queue"
    depth: Annotated[Whole, Field(ge=1, le=65_536)] | None = None
    when_full: Literal["drop_oldest", "drop_newest"] | None = None
    patience: Seconds | None = None

    @field_validator("depth", "when_full", "patience")
    @classmethod
    def _check_policy(cls, value: Any, info: ValidationInfo) -> Any:
        policies = {"depth": ("queue", "lossless"), "when_full": ("queue",)}
        fitting = policies.get(info.field_name or "", ("lossless",))
        if value is None or info.data.get("policy", fitting[0]) in fitting:
            return value
        raise refuse(
            f"no {info.field_name} with this policy, only with {' or '.join(fitting)}"
        )

    def build_policy(self) -> LinkPolicy:
        """Give the policy with its defaults filled in.

        Returns
        -------
        LinkPolicy
            As the transports take it.
        """
        return LinkPolicy(
            self.policy,
            depth=1 if self.policy == "latest" else self.depth or LinkPolicy().depth,
            when_full=self.when_full or "drop_oldest",
            patience_s=self.patience,
        )


class RecordEntry(_Part):
    """One stream to be recorded.

    Parameters
    ----------
    stream
        "node.output".
    depth
        Messages that may wait for the recorder.
    patience
        How long the node waits for the recorder before a loss is counted, s, in a
        run in real time; at speed max it waits as long as it takes.
    """

    stream: StreamName
    depth: Annotated[Whole, Field(ge=1, le=65_536)] = 1024
    patience: Seconds = 1.0


class RunOptions(_Part):
    """How the graph is run, where the command line does not say otherwise.

    Parameters
    ----------
    duration
        Time after which the run is stopped, s, pauses left out; None is until the
        sources end.
    speed
        "real": sources keep their pace; "max": as fast as the nodes can.
    seed
        From which each node's random numbers are derived.
    low_latency
        Keep the processor from idling deeply (/dev/cpu_dma_latency), where permitted.
    gc_freeze
        Take all that stands after set-up out of Python's garbage collection.
    start_limit
        Time that all nodes have to be loaded and set up, s.
    """

    duration: Seconds | None = None
    speed: Literal["real", "max"] = "real"
    seed: Annotated[Whole, Field(ge=0, lt=2**63)] = 0
    low_latency: StrictBool = False
    gc_freeze: StrictBool = False
    start_limit: Seconds = 60.0


class Pair(NamedTuple):
    """One output joined to one input: what a link with several targets consists of."""

    link: int
    position: int
    source: str
    target: str

    @property
    def source_node(self) -> str:
        """Name of the node that writes."""
        return self.source.partition(".")[0]

    @property
    def source_port(self) -> str:
        """Name of the output."""
        return self.source.partition(".")[2]

    @property
    def target_node(self) -> str:
        """Name of the node that reads."""
        return self.target.partition(".")[0]

    @property
    def target_port(self) -> str:
        """Name of the input."""
        return self.target.partition(".")[2]


class Graph(_Part):
    """An experiment: nodes, the links between them, what is recorded, how it runs.

    Parameters
    ----------
    ranvier
        Version of the file format.
    name
        Of the experiment; names the session folder.
    description
        One sentence for people.
    nodes
        By name, in the order of the file.
    links
        In the order of the file.
    record
        Streams to be recorded, or "all".
    run
        How it is run.

    Examples
    --------
    >>> graph = Graph(name="two", nodes={"a": {"type": "x"}, "b": {"type": "y"}},
    ...               links=[{"from": "a.out", "to": "b.in_"}])
    >>> [pair.target for pair in graph.pairs()]
    ['b.in_']
    """

    ranvier: Literal[1] = FORMAT_VERSION
    name: StrictStr
    description: StrictStr = ""
    nodes: dict[str, GraphNode] = {}
    links: tuple[GraphLink, ...] = ()
    record: (
        Literal["all"]
        | tuple[Annotated[RecordEntry, BeforeValidator(_spell_out_record)], ...]
    ) = ()
    run: RunOptions = RunOptions()

    @field_validator("name")
    @classmethod
    def _check_graph_name(cls, name: str) -> str:
        return check_safe_name(name, "graph")

    @field_validator("nodes")
    @classmethod
    def _check_node_names(cls, nodes: dict[str, GraphNode]) -> dict[str, GraphNode]:
        for name in nodes:
            check_node_name(name)
        return nodes

    def pairs(self) -> Iterator[Pair]:
        """Give every output joined to an input, in the order of the file.

        Yields
        ------
        Pair
            One for each target of each link.
        """
        for index, link in enumerate(self.links):
            for position, target in enumerate(link.to):
                yield Pair(index, position, link.source, target)

    def to_data(self) -> dict[str, Any]:
        """Give the graph as plain data in the words of the file, without defaults.

        Returns
        -------
        dict
            What `from_data` takes; times and sizes as text with their units.
        """
        data = self.model_dump(by_alias=True, exclude_defaults=True)
        for node in data.get("nodes", {}).values():
            if "cores" in node:
                node["cores"] = list(node["cores"])
        if "links" in data:
            data["links"] = [_shorten_link(link) for link in data["links"]]
        if "record" in data and data["record"] != "all":
            data["record"] = [_shorten_entry(entry) for entry in data["record"]]
        return {"ranvier": self.ranvier, **data}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Build a graph of plain data in the words of the file.

        Returns
        -------
        Graph
            Checked for its form, not against a catalogue.

        Raises
        ------
        pydantic.ValidationError
            If the data has not the form of a graph.
        """
        return cls.model_validate(data)


def _shorten_link(link: dict[str, Any]) -> dict[str, Any]:
    targets = link["to"]
    return {**link, "to": targets[0] if len(targets) == 1 else list(targets)}


def _shorten_entry(entry: dict[str, Any]) -> Any:
    return entry["stream"] if set(entry) == {"stream"} else entry
