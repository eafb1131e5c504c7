"""The page: its style sheet, and the few elements that it is made of. No scripts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


NONE = "\u2013"
"""What stands in a table for a number that is not known."""


GOOD = {"completed": "good", "stopped": "good", "ok": "good"}
"""Words for an end or a check that is as it should be, and their class."""


class Section(NamedTuple):
    """One part of the page: its heading and its HTML."""

    heading: str
    body: str

    @property
    def anchor(self) -> str:
        """What a link within the page points to."""
        return self.heading.lower().replace(" ", "-")


def render_page(title: str, header: str, sections: Sequence[Section]) -> str:
    """Put the page together.

    Returns
    -------
    str
        A whole HTML document that needs nothing else.
    """
    links = "".join(
        f'<a href="#{each.anchor}">{escape(each.heading)}</a>' for each in sections
    )
    body = "".join(
        f'<section id="{each.anchor}"><h2>{escape(each.heading)}</h2>{each.body}'
        "</section>"
        for each in sections
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{header}<nav>{links}</nav>{body}</main></body></html>\n"
    )


def render_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()
) -> str:
    """Make a table.

    Parameters
    ----------
    heads
        Of the columns.
    rows
        HTML of the cells.
    numbers
        Columns of numbers, set flush right.

    Returns
    -------
    str
        HTML.
    """
    right = set(numbers)
    tag = [' class="n"' if column in right else "" for column in range(len(heads))]
    head = "".join(f"<th{tag[i]}>{escape(each)}</th>" for i, each in enumerate(heads))
    body = "".join(
        "<tr>"
        + "".join(f"<td{tag[i]}>{each}</td>" for i, each in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def render_figure_block(svg: str, caption: str) -> str:
    """Put a figure on the page with its caption (HTML)."""
    text = f"<figcaption>{caption}</figcaption>"
    return f'<figure><div class="wide">{svg}</div>{text}</figure>'


def render_tiles(tiles: Iterable[tuple[str, str, str]]) -> str:
    """Make the row of large numbers: (value, what it is, "good", "bad" or "")."""
    inner = "".join(
        f'<div class="tile {state}"><b>{escape(value)}</b>'
        f"<span>{escape(name)}</span></div>"
        for value, name, state in tiles
    )
    return f'<div class="tiles">{inner}</div>'


def format_number(value: float | None, digits: int = 3) -> str:
    """Give a number for a person.

    Returns
    -------
    str
        With so many digits; a dash for None and NaN.

    Examples
    --------
    >>> format_number(0.12345), format_number(12345.6), format_number(None)
    ('0.123', '12,346', '\u2013')
    """
    if value is None or value != value:
        return NONE
    whole = abs(value) >= 10.0 ** (digits - 1)
    return f"{value:,.0f}" if whole else f"{value:.{digits}g}"


def mark_count(count: int) -> str:
    """Give a count of what should not be, as HTML: marked where it is not 0."""
    return f'<span class="bad">{count:,}</span>' if count else "0"


def format_duration(seconds: float) -> str:
    """Give a duration for a person.

    Returns
    -------
    str
        In the units that fit it.

    Examples
    --------
    >>> format_duration(7.93), format_duration(75), format_duration(7322)
    ('7.9 s', '1 min 15 s', '2 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def format_bytes(count: float) -> str:
    """Give a number of bytes for a person.

    Returns
    -------
    str
        In the unit that fits it.

    Examples
    --------
    >>> format_bytes(512), format_bytes(86_400_000)
    ('512 B', '86.4 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.3g} {unit}"
        count /= 1000
    return ""


_STYLE = """
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1c2024;--soft:#5f6872;
--faint:#8a939c;--line:#e3e6e8;--grid:#edeff0;--band:#0072b214;--good:#00805a;
--bad:#c2410c;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b3589a;--c4:#56b4e9;
--c5:#8a939c;--c6:#e69f00}
@media (prefers-color-scheme:dark){:root{--bg:#121518;--card:#1a1e22;--ink:#e6e9ec;
--soft:#a4adb6;--faint:#78828c;--line:#2c3238;--grid:#252b30;--band:#4ba3e322;
--good:#35c49a;--bad:#f08a4b;--c0:#4ba3e3;--c1:#f08a4b;--c2:#35c49a;--c3:#e09ac4;
--c4:#8acbf2;--c5:#78828c;--c6:#f2be4a}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;
font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main{max-width:1120px;margin:0 auto;padding:44px 28px 80px}
h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;margin:0 0 6px;font-weight:650}
h2{font-size:19px;letter-spacing:-.01em;margin:0 0 14px;font-weight:620}
h3{font-size:15px;margin:26px 0 8px;font-weight:620}
p{margin:0 0 12px;max-width:76ch}.lead{color:var(--soft);font-size:17px}
.meta{color:var(--faint);font-size:13px;margin:0;max-width:none}
.pill{display:inline-block;font-size:12.5px;font-weight:600;padding:2px 10px;
border-radius:99px;border:1px solid currentColor;vertical-align:5px;margin-left:10px;
letter-spacing:0}
.good{color:var(--good)}.bad{color:var(--bad)}.soft-text{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:10px;
margin:26px 0 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:12px 14px}
.tile b{display:block;font-size:21px;font-weight:620;letter-spacing:-.01em;
line-height:1.3}
.tile span{font-size:12.5px;color:var(--soft);display:block;line-height:1.35}
.tile.good b{color:var(--good)}.tile.bad b{color:var(--bad)}
nav{position:sticky;top:0;background:var(--bg);padding:14px 0 10px;margin:16px 0 4px;
display:flex;flex-wrap:wrap;gap:4px 18px;border-bottom:1px solid var(--line);z-index:1}
nav a{color:var(--soft);text-decoration:none;font-size:13.5px}
nav a:hover{color:var(--c0)}
section{padding:30px 0 8px;scroll-margin-top:40px}
figure{margin:0 0 18px;background:var(--card);border:1px solid var(--line);
border-radius:12px;padding:18px 20px 14px}
figcaption{font-size:13px;color:var(--soft);margin-top:10px;max-width:92ch}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(440px,100%),1fr));
gap:18px}
.pair figure{margin:0}.pair{margin-bottom:18px}
.wide{overflow-x:auto}
svg{max-width:100%;height:auto;display:block;margin:0 auto}
table{border-collapse:collapse;width:100%;font-size:13.5px}
th{font-weight:600;color:var(--soft);font-size:12.5px;text-align:left;white-space:nowrap}
th,td{padding:6px 16px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
td:last-child,th:last-child{padding-right:0}
td.n,th.n{text-align:right;white-space:nowrap}
code,pre{font:12.5px/1.5 ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,
monospace}
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;
padding:12px 14px;
overflow-x:auto;margin:8px 0}
details summary{cursor:pointer;color:var(--c0);font-size:13.5px}
.meta+.meta{margin-top:2px}
details{margin:8px 0}td details{margin:0}td details pre{max-width:72ch}
svg text{font-size:11.5px;fill:var(--soft)}
svg .tick{font-size:11px;fill:var(--faint)}svg .label{fill:var(--soft)}
svg .key-text{font-weight:600}svg text.f0{fill:var(--c0)}svg text.f1{fill:var(--c1)}
svg .head{font-size:12.5px;fill:var(--ink);font-weight:600}svg .ink{fill:var(--ink)}
svg .tiny{font-size:10px}svg .onimage{fill:#fff;font-size:9.5px;font-weight:600;
paint-order:stroke;stroke:#000a;stroke-width:2.2px;stroke-linejoin:round}
svg .mid{text-anchor:middle}svg .right{text-anchor:end}
.axis{stroke:var(--faint);fill:none}.grid{stroke:var(--grid);fill:none}
.line{fill:none;stroke-width:1.4;stroke-linejoin:round;stroke-linecap:round}
.thin{stroke-width:.9}.thick{stroke-width:2}.dash{stroke-dasharray:4 4}
.band{fill:var(--band)}.soft{opacity:.18}.half{opacity:.55}
.c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}
.c4{stroke:var(--c4)}.c5{stroke:var(--c5)}.c6{stroke:var(--c6)}.cink{stroke:var(--ink)}
.f0{fill:var(--c0)}.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}
.f4{fill:var(--c4)}.f5{fill:var(--c5)}.f6{fill:var(--c6)}
.cell{stroke:#7cc7ff;stroke-width:1}.truecell{stroke:#ffb347;stroke-width:1.2}
.node rect{fill:var(--card);stroke:var(--line);stroke-width:1.2}
.node .edge{stroke-width:3.5;stroke-linecap:round}
.node.source .edge{stroke:var(--c2)}.node.transform .edge{stroke:var(--c0)}
.node.sink .edge{stroke:var(--c3)}
svg .name{font-size:13px;font-weight:600;fill:var(--ink)}
svg .type{font-size:10.5px;fill:var(--faint)}
.link{fill:none;stroke:var(--faint);stroke-width:1.4}.tip{fill:var(--faint)}
.back{stroke-dasharray:5 4}
.key{display:inline-block;width:18px;height:0;border-top:2.5px solid;
vertical-align:4px;margin:0 5px 0 12px}
.k0{border-color:var(--c0)}.k1{border-color:var(--c1)}.k2{border-color:var(--c2)}.k3{border-color:var(--c3)}
.k5{border-color:var(--c5)}.kdash{border-top-style:dashed}
@media print{nav{display:none}body{background:#fff}figure{break-inside:avoid}}
"""
