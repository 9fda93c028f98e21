#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Draws what a sweep found.

From the SQLite file of `vitsim sweep` it makes front (points over two objectives, and the front) and effects (the mean
of each objective for each value of each parameter), a picture each. Points that failed are left out.
Needs matplotlib: `tools/setup.sh --plots` installs that of Debian, for /usr/bin/python3.

Exit codes: 0 done; 2 bad usage, no such objective, or no matplotlib; 3 the file is missing, foreign or has too little
in it; 5 a picture cannot be written.
"""

import argparse
import difflib
import json
import math
import os
import sqlite3
import sys
import urllib.parse

import pictures

try:
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
except ImportError:
    matplotlib = None

APPLICATION = 0x76737770  # "vswp"
VERSION = 1
FORMATS = ("png", "svg", "pdf")
BAD_USAGE = 2
BAD_STORE = 3

# Colours as in the report of `vitsim sweep report`.
POINT, FRONT, BAR = "#9fb2c4", "#c8504b", "#4878a8"
MOST_PARAMETERS = 16
MOST_VALUES = 16
MOST_LETTERS = 40


class BadStore(Exception):
    """The file is not what it should be: where, what was found, what was expected."""


class BadObjective(Exception):
    """An objective that was asked for and that there is not."""


class Store:
    """The results of a sweep, read alone."""

    def __init__(self, path):
        self.path = path
        if not os.path.exists(path):
            raise BadStore(f"{path}: no such file, expected the results of `vitsim sweep`")
        try:
            self.database = sqlite3.connect(f"file:{urllib.parse.quote(path)}?mode=ro", uri=True)
            self.database.text_factory = lambda text: text.decode("utf-8", "replace")
        except sqlite3.Error as error:
            raise BadStore(f"{path}: {error}, expected the results of `vitsim sweep`")
        application = self.rows("PRAGMA application_id")[0][0]
        version = self.rows("PRAGMA user_version")[0][0]
        if application != APPLICATION:
            raise BadStore(f"{path}: got another SQLite file, expected the results of "
                           "`vitsim sweep`")
        if version != VERSION:
            raise BadStore(f"{path}: got tables of version {version}, expected {VERSION}")
        columns = self.rows("SELECT name, kind FROM columns ORDER BY position")
        self.columns = [name for name, _ in columns]
        self.parameters = [name for name, kind in columns if kind == "parameter"]

    def rows(self, query):
        try:
            return self.database.execute(query).fetchall()
        except sqlite3.Error as error:
            raise BadStore(f"{self.path}: {error}, expected the results of `vitsim sweep`")

    def done(self, names):
        """The values of columns of the points that are done."""
        quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
        return self.rows(f"SELECT {quoted} FROM points WHERE status = 'done' ORDER BY id")

    def objectives(self):
        """Those of the sweep, else few cycles and few PEs, of which there are numbers."""
        text = dict(self.rows("SELECT key, value FROM sweep")).get("objectives") or "[]"
        try:
            listed = [(key, goal) for key, goal in json.loads(text)]
            if not all(isinstance(key, str) and goal in ("min", "max") for key, goal in listed):
                raise ValueError
        except (ValueError, TypeError, RecursionError):
            raise BadStore(f"{self.path}: objectives: got {text[:80]}, expected a list such as "
                           "[[\"totals.cycles\", \"min\"]]")
        listed = listed or [("totals.cycles", "min"), ("totals.pes", "min")]
        return [(key, goal) for key, goal in listed if key in self.columns]


def objectives_of(options, store):
    """Those of the command line, else of the store."""
    if not options.objective:
        return store.objectives()
    objectives = []
    for text in options.objective:
        key, _, goal = text.rpartition(":")
        if not key or goal not in ("min", "max"):
            raise BadObjective(f"--objective: got '{text}', expected KEY:min or KEY:max, such as "
                               "totals.cycles:min")
        if key not in store.columns:
            near = difflib.get_close_matches(key, store.columns, 1)
            meant = f" (did you mean '{near[0]}'?)" if near else ""
            raise BadObjective(f"--objective: got '{key}', expected a column of {store.path}"
                               f"{meant}")
        objectives.append((key, goal))
    return objectives


def is_number(value):
    return isinstance(value, (int, float)) and math.isfinite(value)


def number_text(value, _=None):
    for factor, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:.4g}{unit}"
    return f"{value:.4g}"


def value_text(value):
    if is_number(value):
        return f"{value:g}" if abs(value) < 1e6 else number_text(value)
    text = "".join(letter if letter.isprintable() else "?" for letter in str(value))
    return text if len(text) <= MOST_LETTERS else "…" + text[1 - MOST_LETTERS:]


def scale(axis, values):
    """Logarithmic where the values span much."""
    if min(values) > 0 and max(values) / min(values) >= 20:
        getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(FuncFormatter(number_text))


def label(objective):
    key, goal = objective
    return f"{value_text(key)} ({'small' if goal == 'min' else 'large'} is good)"


def front_of(points, goals):
    """The points that no other is better than, from the left."""
    signs = [1 if goal == "min" else -1 for goal in goals]
    front = []
    for point in sorted(points, key=lambda one: (signs[0] * one[0], signs[1] * one[1])):
        if not front or signs[1] * point[1] < signs[1] * front[-1][1]:
            front.append(point)
    return front


def front(store, objectives):
    """Points over the first two objectives: the second across, the first up, as in the report."""
    if len(objectives) < 2:
        raise BadStore(f"{store.path}: objectives: got {len(objectives)} of which there are "
                       "numbers, expected two (--objective names others)")
    up, across = objectives[:2]
    points = [row for row in store.done([across[0], up[0]]) if all(map(is_number, row))]
    if not points:
        raise BadStore(f"{store.path}: got no point with {across[0]} and {up[0]}, expected one")
    best = front_of(points, (across[1], up[1]))

    figure, axes = plt.subplots(figsize=(8.0, 5.0), layout="constrained")
    axes.set_title(f"Front of {len(points):,} points", fontsize=11, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(True, color="#e3e7ea", zorder=0)
    axes.plot(*zip(*points), "o", color=POINT, markersize=4, alpha=0.6, markeredgewidth=0,
              zorder=2, rasterized=len(points) > 5000, label="points")
    axes.plot(*zip(*best), "o-", color=FRONT, markersize=7, markeredgecolor="black", zorder=3,
              label=f"front ({len(best)})")
    axes.set(xlabel=label(across), ylabel=label(up))
    scale(axes.xaxis, [x for x, _ in points])
    scale(axes.yaxis, [y for _, y in points])
    axes.legend(frameon=False, fontsize=9)
    return figure


def means(rows, place, objective):
    """Each value in column `place` with the mean of column `objective` and the points."""
    sums = {}
    for row in rows:
        value, number = row[place], row[objective]
        if value is not None and is_number(number):
            entry = sums.setdefault(value, [0.0, 0])
            entry[0] += number
            entry[1] += 1
    order = sorted(sums, key=lambda value: (not is_number(value), value if is_number(value) else 0,
                                            str(value)))
    return [(value, sums[value][0] / sums[value][1], sums[value][1]) for value in order]


def effects(store, objectives):
    """A row of bars a parameter that varies, a column an objective."""
    if not objectives:
        raise BadStore(f"{store.path}: objectives: got none of which there are numbers, expected "
                       "one (--objective names others)")
    names = store.parameters
    rows = store.done(names + [key for key, _ in objectives])
    varying = [place for place in range(len(names))
               if len({row[place] for row in rows} - {None}) > 1][:MOST_PARAMETERS]
    tables = [[means(rows, place, len(names) + column) for column in range(len(objectives))]
              for place in varying]
    tables = [[table[:MOST_VALUES] for table in row] for row in tables]
    if not varying or not any(any(row) for row in tables):
        raise BadStore(f"{store.path}: got no parameter that varies over points that are done, "
                       "expected one")

    heights = [max(max(map(len, row)), 1) * 0.24 + 0.75 for row in tables]
    figure, grid = plt.subplots(len(varying), len(objectives), squeeze=False, layout="constrained",
                                figsize=(1.5 + 4.0 * len(objectives), sum(heights) + 0.4),
                                gridspec_kw={"height_ratios": heights})
    for place, row, line in zip(varying, tables, grid):
        for objective, table, axes in zip(objectives, row, line):
            axes.spines[["top", "right"]].set_visible(False)
            places = range(len(table))
            axes.barh(places, [mean for _, mean, _ in table], color=BAR, height=0.65)
            axes.set_yticks(places, [value_text(value) for value, _, _ in table], fontsize=8)
            axes.invert_yaxis()
            axes.tick_params(axis="x", labelsize=8)
            axes.xaxis.set_major_formatter(FuncFormatter(number_text))
            axes.margins(x=0.16)
            for y, (_, mean, count) in zip(places, table):
                axes.annotate(f"n={count:,}", (mean, y), xytext=(4, 0), fontsize=7, va="center",
                              textcoords="offset points", color="#555555")
            if axes is line[0]:
                axes.set_title(value_text(names[place]), fontsize=9, loc="left",
                               fontweight="bold")
            if row is tables[-1]:
                axes.set_xlabel(f"mean {value_text(objective[0])}", fontsize=9)
    return figure


PICTURES = {"front": front, "effects": effects}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", help="the SQLite file of `vitsim sweep`")
    parser.add_argument("--objective", action="append", metavar="KEY:min|max",
                        help="a number that is to be small or large, may be given several times; "
                        "those of the sweep where it is not")
    pictures.add_options(parser, FORMATS, PICTURES)
    return parser.parse_args()


def main():
    options = arguments()
    if matplotlib is None:
        print("plot_sweep: needs matplotlib; `tools/setup.sh --plots` installs it",
              file=sys.stderr)
        return BAD_USAGE
    # Names are text, whatever is in them.
    plt.rcParams.update({"svg.hashsalt": "vitsim", "text.parse_math": False})
    try:
        store = Store(options.store)
        objectives = objectives_of(options, store)
        figures = {name: PICTURES[name](store, objectives) for name in options.only or PICTURES}
    except (BadStore, BadObjective) as error:
        print(f"plot_sweep: {error}", file=sys.stderr)
        return BAD_STORE if isinstance(error, BadStore) else BAD_USAGE
    return pictures.write_all("plot_sweep", figures, options)


if __name__ == "__main__":
    sys.exit(main())
