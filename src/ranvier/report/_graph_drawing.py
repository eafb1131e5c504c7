"""The graph of a run as a drawing: nodes in layers from left to right, and links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ranvier.report._figure import render_figure, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_WIDTH, _HEIGHT = 132.0, 46.0
_ACROSS, _DOWN = 164.0, 66.0
_LANE = 40.0  # how far below the nodes feedback runs
_MARGIN = 8.0


class DrawnNode(NamedTuple):
    """A box: its name, what it is, and whether it is a source, transform or sink."""

    name: str
    type: str
    kind: str
    help: str = ""


class DrawnLink(NamedTuple):
    """A line from one node to another."""

    source: str
    target: str
    label: str
    help: str = ""
    is_feedback: bool = False


@dataclass
class _Place:
    """A node, or a bend of a link that passes a layer."""

    name: str
    layer: int
    y: float = 0.0
    before: list[_Place] = field(default_factory=list["_Place"])
    is_bend: bool = False

    @property
    def size(self) -> float:
        return 30.0 if self.is_bend else _DOWN

    @property
    def x(self) -> float:
        return _MARGIN + self.layer * _ACROSS


def draw_graph(nodes: Sequence[DrawnNode], links: Sequence[DrawnLink]) -> str:
    """Draw a graph.

    Parameters
    ----------
    nodes
        In the order of the file.
    links
        Feedback must be marked: without it there is no loop.

    Returns
    -------
    str
        SVG; "" for a graph without nodes.
    """
    if not nodes:
        return ""
    known = {node.name for node in nodes}
    links = [link for link in links if {link.source, link.target} <= known]
    layers = find_layers([node.name for node in nodes], links)
    places = {name: _Place(name, layer) for name, layer in layers.items()}
    routes = [_route(link, places) for link in links if not link.is_feedback]
    _stack([*places.values(), *(bend for route in routes for bend in route[1:-1])])
    top = min(place.y for place in places.values())
    bends = [bend.y for route in routes for bend in route[1:-1]]
    top = min([top, *(bend - 15 for bend in bends)]) - _MARGIN
    bottom = max([*(place.y + _HEIGHT for place in places.values()), *bends])
    forward = [link for link in links if not link.is_feedback]
    drawn = [
        _draw_link(link, route) for link, route in zip(forward, routes, strict=True)
    ]
    back = [link for link in links if link.is_feedback]
    for number, link in enumerate(back):
        lane = bottom + _LANE + 18.0 * number
        drawn.append(_draw_feedback(link, places, lane))
    drawn += [_draw_node(node, places[node.name]) for node in nodes]
    if back:
        bottom += _LANE + 18.0 * (len(back) - 1) + 6
    width = 2 * _MARGIN + max(layers.values()) * _ACROSS + _WIDTH
    height = bottom - top + _MARGIN
    moved = f'<g transform="translate(0 {-top:g})">{"".join(drawn)}</g>'
    name = "The graph of this run"
    return render_figure(width, height, [_ARROW, moved], name, least_width=0.7 * width)


def find_layers(names: Iterable[str], links: Iterable[DrawnLink]) -> dict[str, int]:
    """Give each node its layer.

    Returns
    -------
    dict
        One more than that of the last node that feeds it; 0 for sources.

    Examples
    --------
    >>> links = [DrawnLink("a", "b", ""), DrawnLink("b", "a", "", is_feedback=True)]
    >>> find_layers(["a", "b"], links)
    {'a': 0, 'b': 1}
    """
    layers = dict.fromkeys(names, 0)
    forward = [link for link in links if not link.is_feedback]
    # As many rounds as there are nodes are enough where no loop is left.
    for _ in range(len(layers)):
        before = dict(layers)
        for link in forward:
            layers[link.target] = max(layers[link.target], layers[link.source] + 1)
        if layers == before:
            break
    return layers


def _route(link: DrawnLink, places: Mapping[str, _Place]) -> list[_Place]:
    # The places that a link passes; it keeps clear of the nodes of layers between.
    start, end = places[link.source], places[link.target]
    between = range(start.layer + 1, end.layer)
    route = [start, *(_Place("", layer, is_bend=True) for layer in between), end]
    for one, other in pairwise(route):
        other.before.append(one)
    return route


def _stack(places: list[_Place]) -> None:
    # Layer by layer, each place as near as it can be to where its links come from.
    for layer in range(max(place.layer for place in places) + 1):
        here = [place for place in places if place.layer == layer]
        for place in here:
            known = [one.y + one.size / 2 for one in place.before]
            place.y = sum(known) / len(known) - place.size / 2 if known else 0.0
        here.sort(key=lambda place: (place.y + place.size / 2, not place.is_bend))
        wanted = sum(place.y for place in here)
        for above, below in pairwise(here):
            below.y = max(below.y, above.y + above.size)
        shift = (sum(place.y for place in here) - wanted) / max(len(here), 1)
        for place in here:
            place.y -= shift


def _draw_node(node: DrawnNode, place: _Place) -> str:
    kind = escape(node.kind)
    x, y = place.x, place.y
    return (
        f'<g class="node {kind}"><title>{escape(node.help)}</title>'
        f'<rect x="{x:g}" y="{y:.1f}" width="{_WIDTH:g}" height="{_HEIGHT:g}" rx="7"/>'
        f'<path class="edge" d="M{x + 4:g} {y + 9:.1f}v{_HEIGHT - 18:g}"/>'
        + write_text(x + 14, y + 20, node.name, "name")
        + write_text(x + 14, y + 36, _shorten(node.type), "type")
        + "</g>"
    )


def _draw_link(link: DrawnLink, route: list[_Place]) -> str:
    start = route[0]
    here = (start.x + _WIDTH, start.y + _HEIGHT / 2)
    path = f"M{here[0]:g} {here[1]:.1f}"
    for place in route[1:]:
        middle = place.y + (0.0 if place.is_bend else _HEIGHT / 2)
        middle += place.size / 2 if place.is_bend else 0.0
        there = (place.x - (0.0 if place.is_bend else 5.0), middle)
        half = (there[0] - here[0]) / 2
        path += (
            f"C{here[0] + half:.1f} {here[1]:.1f} {there[0] - half:.1f} "
            f"{there[1]:.1f} {there[0]:.1f} {there[1]:.1f}"
        )
        here = there
        if place.is_bend:
            here = (place.x + _WIDTH, middle)
            path += f"H{here[0]:g}"
    title = f"<title>{escape(link.help)}</title>"
    return f'<path class="link" d="{path}" marker-end="url(#arrow)">{title}</path>'


def _draw_feedback(link: DrawnLink, places: Mapping[str, _Place], lane: float) -> str:
    start, end = places[link.source], places[link.target]
    x0, y0 = start.x + _WIDTH / 2, start.y + _HEIGHT
    x1, y1 = end.x + _WIDTH / 2, end.y + _HEIGHT + 5
    turn = 12.0 if x1 < x0 else -12.0
    path = (
        f"M{x0:g} {y0:.1f}V{lane - 12:.1f}q0 12 {-turn:g} 12"
        f"H{x1 + turn:g}q{-turn:g} 0 {-turn:g} -12V{y1:.1f}"
    )
    title = f"<title>{escape(link.help)}</title>"
    return (
        f'<path class="link back" d="{path}" marker-end="url(#arrow)">{title}</path>'
        + write_text((x0 + x1) / 2, lane - 6, link.label, "tick mid")
    )


def _shorten(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:19]}…"


_ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" '
    'markerHeight="7" orient="auto-start-reverse"><path class="tip" '
    'd="M0 0.5L7 4L0 7.5Z"/></marker></defs>'
)
