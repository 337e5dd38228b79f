"""Small charts as plain geometry: sparklines, bars, and the tile map of the regions. Drawn in SVG, without script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import pgettext_lazy

from oralu.web.components import Text

SPARK_WIDTH, SPARK_HEIGHT = 160.0, 44.0
PAD = 4.0
SHADES = 5

TILE_PLACES: Mapping[str, tuple[int, int]] = {
    "39": (2, 0), "59": (3, 0), "55": (4, 0),
    "27": (0, 1), "15": (1, 1), "11": (2, 1), "71": (3, 1), "10": (4, 1), "63": (5, 1),
    "23": (0, 2), "62": (2, 2), "35": (3, 2),
    "47": (0, 3), "43": (1, 3), "61": (2, 3), "31": (3, 3), "19": (4, 3), "33": (5, 3),
    "79": (2, 4), "75": (4, 4),
}  # fmt: skip
"""Column and row of each region by its number in ISO 3166-2:KZ; neighbours stay neighbours where a grid allows it."""

REGION_NAMES: Mapping[str, Text] = {
    "10": pgettext_lazy("region", "Abai"),
    "11": pgettext_lazy("region", "Akmola"),
    "15": pgettext_lazy("region", "Aktobe"),
    "19": pgettext_lazy("region", "Almaty region"),
    "23": pgettext_lazy("region", "Atyrau"),
    "27": pgettext_lazy("region", "West Kazakhstan"),
    "31": pgettext_lazy("region", "Zhambyl"),
    "33": pgettext_lazy("region", "Zhetisu"),
    "35": pgettext_lazy("region", "Karaganda"),
    "39": pgettext_lazy("region", "Kostanay"),
    "43": pgettext_lazy("region", "Kyzylorda"),
    "47": pgettext_lazy("region", "Mangystau"),
    "55": pgettext_lazy("region", "Pavlodar"),
    "59": pgettext_lazy("region", "North Kazakhstan"),
    "61": pgettext_lazy("region", "Turkistan"),
    "62": pgettext_lazy("region", "Ulytau"),
    "63": pgettext_lazy("region", "East Kazakhstan"),
    "71": pgettext_lazy("region", "Astana"),
    "75": pgettext_lazy("region", "Almaty"),
    "79": pgettext_lazy("region", "Shymkent"),
}

REGION_SHORT: Mapping[str, Text] = {
    "10": pgettext_lazy("region, short", "Abai"),
    "11": pgettext_lazy("region, short", "Akmola"),
    "15": pgettext_lazy("region, short", "Aktobe"),
    "19": pgettext_lazy("region, short", "Alm. reg."),
    "23": pgettext_lazy("region, short", "Atyrau"),
    "27": pgettext_lazy("region, short", "W. Kaz."),
    "31": pgettext_lazy("region, short", "Zhambyl"),
    "33": pgettext_lazy("region, short", "Zhetisu"),
    "35": pgettext_lazy("region, short", "Karag."),
    "39": pgettext_lazy("region, short", "Kostan."),
    "43": pgettext_lazy("region, short", "Kyzylo."),
    "47": pgettext_lazy("region, short", "Mangys."),
    "55": pgettext_lazy("region, short", "Pavlod."),
    "59": pgettext_lazy("region, short", "N. Kaz."),
    "61": pgettext_lazy("region, short", "Turkis."),
    "62": pgettext_lazy("region, short", "Ulytau"),
    "63": pgettext_lazy("region, short", "E. Kaz."),
    "71": pgettext_lazy("region, short", "Astana"),
    "75": pgettext_lazy("region, short", "Almaty"),
    "79": pgettext_lazy("region, short", "Shymk."),
}


@dataclass(frozen=True)
class Spark:
    """One small multiple. `points` is the polyline; a gap in the data breaks it into several."""

    label: Text
    lines: tuple[str, ...]
    last: str
    last_xy: tuple[str, str] | None
    summary: str
    href: str = ""


@dataclass(frozen=True)
class Bar:
    label: Text
    value: str
    width: str
    href: str = ""


@dataclass(frozen=True)
class Tile:
    """A region: `shade` 0–4 for the fill, None while there is no figure (shown by a dash and in words)."""

    code: str
    label: Text
    short: Text
    value: str
    shade: int | None
    column: int
    row: int
    href: str = ""


def spark(
    label: Text,
    values: Sequence[float | None],
    *,
    show: str,
    names: Sequence[Text],
    top: float | None = None,
    href: str = "",
) -> Spark:
    """A line over equal periods from zero to `top` (default: its own maximum; give one `top` to comparable multiples).

    `names` name the periods, one for each value, for the sentence that replaces the picture; `show` is the last value
    as it is to be printed. None is a gap. Raises ValueError if the two lists differ in length.
    """
    if len(values) != len(names):
        raise ValueError(f"spark {label}: {len(values)} values, {len(names)} names")
    highest = top or max([value for value in values if value is not None], default=0) or 1.0
    step = (SPARK_WIDTH - 2 * PAD) / max(len(values) - 1, 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for i, value in enumerate(values):
        if value is None:
            runs.append([])
            continue
        y = SPARK_HEIGHT - PAD - (SPARK_HEIGHT - 2 * PAD) * min(value / highest, 1.0)
        runs[-1].append((round(PAD + i * step, 1), round(y, 1)))
    lines = tuple(" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1)
    last_xy = (str(runs[-1][-1][0]), str(runs[-1][-1][1])) if runs[-1] else None
    summary = "; ".join(f"{name}: {'—' if v is None else f'{v:g}'}" for name, v in zip(names, values, strict=True))
    return Spark(label, lines, show, last_xy, summary, href)


def bars(items: Sequence[tuple[Text, float, str, str]]) -> tuple[Bar, ...]:
    """Bars from (label, value, value as printed, link); the longest is 100 units wide."""
    longest = max((value for _label, value, _show, _href in items), default=0) or 1.0
    return tuple(Bar(label, show, f"{100.0 * value / longest:.1f}", href) for label, value, show, href in items)


def tile_map(
    figures: Mapping[str, tuple[float | None, str, str]], names: Mapping[str, Text] = REGION_NAMES
) -> tuple[Tile, ...]:
    """The twenty regions, from code → (value, value as printed, link), shaded in equal steps up to the highest value.

    A region without a figure is drawn without fill. Raises ValueError for a code that is no region.
    """
    unknown = sorted(set(figures) - set(TILE_PLACES))
    if unknown:
        raise ValueError(f"tile map: unknown region codes {', '.join(unknown)} (ISO 3166-2:KZ expected)")
    highest = max([value for value, _show, _href in figures.values() if value is not None], default=0) or 1.0
    tiles = []
    for code, (column, row) in TILE_PLACES.items():
        value, show, href = figures.get(code, (None, "—", ""))
        shade = None if value is None else min(int(SHADES * value / highest), SHADES - 1)
        tiles.append(Tile(code, names[code], REGION_SHORT[code], show, shade, column, row, href))
    return tuple(sorted(tiles, key=lambda tile: (tile.row, tile.column)))
