"""A studio's script as a page to print, and as CSV; nothing in it is loaded from elsewhere."""

import csv
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import TextIO
from zoneinfo import ZoneInfo

from call_handlers.export import BYTE_ORDER_MARK, cell
from hotline.script_words import ending, where, words_of
from ivr.spoken.language import Language
from voice.script import Take

COLUMNS = (
    *("key", "core", "wording", "where", "ending", "seconds", "longest_seconds"),
    *("recorded",),
)
_UTC = ZoneInfo("UTC")
_STYLE = """
@page { size: A4; margin: 14mm 12mm; }
* { box-sizing: border-box; }
body { font: 10pt/1.45 "Noto Sans Arabic", "Noto Sans", Arial, sans-serif; color: #111;
  margin: 0 auto; max-width: 190mm; }
h1 { font-size: 16pt; margin: 0 0 2mm; }
h2 { font-size: 12pt; margin: 7mm 0 2mm; break-after: avoid; }
p { margin: 0 0 3mm; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th { font-size: 8pt; text-align: start; border-bottom: 1.2pt solid #111; padding: 1mm; }
td { border-bottom: .4pt solid #999; padding: 1.4mm 1mm; vertical-align: top;
  overflow-wrap: anywhere; }
.tick { width: 6mm; }
.tick i { display: block; width: 3.6mm; height: 3.6mm; border: .6pt solid #111; margin-top: 1mm; }
.tick i.done { background: #111; }
.key { width: 40mm; }
td.key { font: 8.5pt/1.5 "DejaVu Sans Mono", "Noto Sans Mono", monospace; direction: ltr;
  unicode-bidi: isolate; text-align: left; }
[dir=rtl] td.key { text-align: right; }
.where { width: 40mm; font-size: 8pt; color: #333; }
.ends { width: 30mm; font-size: 8pt; color: #333; }
.s { width: 9mm; font-size: 8.5pt; text-align: end; font-variant-numeric: tabular-nums; }
td.text { font-size: 13pt; line-height: 1.6; }
[lang=ar] td.text { font: 15pt/1.9 "Amiri", "Noto Naskh Arabic", "Traditional Arabic", serif; }
"""


def write_script_csv(takes: Iterable[Take], out: TextIO) -> None:
    """One row a take (RFC 4180), for spreadsheets; `out` must not translate line ends."""
    out.write(BYTE_ORDER_MARK)
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for take in takes:
        values = (
            *(take.name, take.core, take.text, where(take), ending(take)),
            *(round(take.seconds, 1), round(take.longest_s, 1), bool(take.recording)),
        )
        rows.writerow([cell(value, _UTC) for value in values])


def script_page(takes: Sequence[Take], language: Language) -> str:
    """The page (HTML), right to left where the language is; `takes` has the core first."""
    code, say = language.code, words_of(language.code)
    direction = "rtl" if language.right_to_left else "ltr"
    title = escape(say["title"].format(language=language.name))
    parts = [_part(core, list(rows), code) for core, rows in groupby(takes, lambda one: one.core)]
    return (
        f'<!doctype html>\n<html lang="{escape(code)}" dir="{direction}">\n<head>\n'
        f'<meta charset="utf-8">\n<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n'
        "<body>\n"
        f"<h1>{title}</h1>\n<p>{escape(say['how'])}</p>\n{''.join(parts)}</body>\n</html>\n"
    )


def _part(core: bool, takes: list[Take], language: str) -> str:
    say = words_of(language)
    minutes = max(1, round(sum(take.seconds for take in takes) / 60))
    head = say["core" if core else "rest"].format(count=len(takes), minutes=minutes)
    names = ("key", "text", "where", "ends", "seconds")
    kinds = ("key", "text", "where", "ends", "s")
    columns = "".join(
        f'<th class="{kind}">{escape(say[name])}</th>'
        for name, kind in zip(names, kinds, strict=True)
    )
    return (
        f"<h2>{escape(head)}</h2>\n<table>\n"
        f'<thead><tr><th class="tick"></th>{columns}</tr></thead>\n'
        f"<tbody>\n{''.join(map(_row, takes))}</tbody>\n</table>\n"
    )


def _row(take: Take) -> str:
    done = ' class="done"' if take.recording else ""
    cells = (
        f'<td class="tick"><i{done}></i></td>',
        f'<td class="key">{escape(take.name)}</td>',
        f'<td class="text">{escape(take.text)}</td>',
        f'<td class="where">{escape(where(take))}</td>',
        f'<td class="ends">{escape(ending(take))}</td>',
        f'<td class="s">{take.seconds:.1f}</td>',
    )
    return f"<tr>{''.join(cells)}</tr>\n"
