#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Draws what `vitsim run` reports about memory and time.

From report.json it makes roofline, occupancy, bandwidth, stalls and traffic, a picture each.
Needs matplotlib: `tools/setup.sh --plots` installs that of Debian, for /usr/bin/python3.

Exit codes: 0 done; 2 bad usage, or no matplotlib; 3 the report is missing, foreign or incomplete; 5 a picture cannot
be written.
"""

import argparse
import json
import math
import os
import sys

import pictures

try:
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FuncFormatter
except ImportError:
    matplotlib = None

SCHEMA = "vitsim.run/1"
FORMATS = ("png", "svg")
BAD_REPORT = 3

# Colours by what they mean, as in report.html.
LIMIT = "#c8504b"
READ, WRITTEN = "#4878a8", "#e8883a"
BUSY, IDLE = "#4878a8", "#eceff1"
OCCUPIED = "#5aa469"
PALETTE = ["#4878a8", "#e8883a", "#5aa469", "#c8504b", "#8a6fb0", "#8c6b5d", "#d98cb3", "#7f8c8d",
           "#b8b13f", "#3fa9b8", "#2f4b6e", "#d4b483", "#9bbf85", "#1b998b", "#e0b0d5", "#4b6043"]
WAITS = ["#f3c9a0", "#f0e2a8", "#bcd3ea", "#e6bcd0", "#d5c7e8", "#bfe0c8", "#d9d2c5", "#a9dadd",
         "#f4b9b4", "#cfd99a", "#c3b3a7"]
CAUSES = ["#e8883a", "#c8504b", "#8a6fb0", "#5e4b8b", "#8c6b5d", "#5aa469", "#2e7d4f", "#b8b13f",
          "#2b8a99", "#7f8c8d"]
TENSORS_SHOWN = 12


class BadReport(Exception):
    """The report is not what it should be: where, what was found, what was expected."""


class Report:
    """A report and the file it came from; a key that is missing is an error that names it."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path, encoding="utf-8") as file:
                self.content = json.load(file)
        except OSError as error:
            raise BadReport(f"{path}: {error.strerror}, expected the report.json of `vitsim run`")
        except (ValueError, RecursionError) as error:
            raise BadReport(f"{path}: is no JSON ({error}), expected the report.json of "
                            "`vitsim run`")
        schema = self.content.get("schema") if isinstance(self.content, dict) else None
        if schema != SCHEMA:
            raise BadReport(f"{path}: schema: got {json.dumps(schema)}, expected \"{SCHEMA}\", "
                            "the report.json of `vitsim run`")

    def get(self, *keys, kind=(int, float)):
        """The value under `keys`; `kind` is the type or types that it must have."""
        value = self.content
        for depth, key in enumerate(keys):
            where = ".".join(map(str, keys[:depth + 1]))
            if not isinstance(value, dict) or key not in value:
                raise BadReport(f"{self.path}: {where}: missing, expected in a report of this "
                                "vitsim (run it again)")
            value = value[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise BadReport(f"{self.path}: {'.'.join(map(str, keys))}: got {json.dumps(value)[:40]}"
                            f", expected {kind_name(kind)}")
        return value

    def rows(self, *keys):
        """A list of objects."""
        rows = self.get(*keys, kind=list)
        for row in rows:
            if not isinstance(row, dict):
                raise BadReport(f"{self.path}: {'.'.join(keys)}: expected a list of objects")
        return rows

    def field(self, row, key, where, kind=(int, float)):
        """A value of one of rows()."""
        if key not in row or not isinstance(row[key], kind):
            raise BadReport(f"{self.path}: {where}[].{key}: got {json.dumps(row.get(key))[:40]}, "
                            f"expected {kind_name(kind)}")
        return row[key]

    def numbers(self, *keys):
        """A list of numbers."""
        values = self.get(*keys, kind=list)
        if not all(isinstance(value, (int, float)) for value in values):
            raise BadReport(f"{self.path}: {'.'.join(keys)}: expected a list of numbers")
        return values


def kind_name(kind):
    names = {int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object",
             type(None): "null"}
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(dict.fromkeys(names[one] for one in kinds))


def kind_of(layer):
    """A layer's name without its block: blocks.3.mlp.fc1 is mlp.fc1."""
    parts = layer.split(".")
    return ".".join(parts[2:]) if parts[0] == "blocks" and len(parts) > 2 else layer


def kind_of_tensor(tensor):
    """A tensor's name without block and head."""
    parts = kind_of(tensor).split(".")
    return ".".join(parts[:-1]) if len(parts) > 1 and parts[-1].isdigit() else ".".join(parts)


def bytes_text(count):
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024 or unit == "GiB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1024
    return None


def words(name):
    return name.replace("_", " ")


def title(report):
    config = report.get("files", "config", kind=str)
    return f"{report.get('model', 'name', kind=str)} on {os.path.basename(config)}"


def new_picture(report, what, width=9.0, height=5.0):
    figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
    axes.set_title(f"{what}: {title(report)}", fontsize=11, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def spread(heights, gap):
    """The same heights, moved upwards as far as it takes to be `gap` apart."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    placed = list(heights)
    for before, index in zip(order, order[1:]):
        placed[index] = max(placed[index], placed[before] + gap)
    return placed


def roofline(report):
    """Layers of one kind, and the image, under what DRAM and the array allow."""
    peak = report.get("roofline", "peak_operations_per_cycle")
    bandwidth = report.get("roofline", "peak_bytes_per_cycle", kind=(int, float, type(None)))
    points = {}
    for row in report.rows("roofline", "layers"):
        name = kind_of(report.field(row, "name", "roofline.layers", str))
        operations = report.field(row, "operations", "roofline.layers")
        rate = report.field(row, "operations_per_cycle", "roofline.layers")
        sums = points.setdefault(name, [0, 0, 0.0])
        sums[0] += operations
        sums[1] += report.field(row, "dram_bytes", "roofline.layers")
        sums[2] += operations / rate if rate > 0 else 0.0
    image = report.get("roofline", "image", kind=dict)
    points["one image"] = [
        report.field(image, "operations", "roofline.image"),
        report.field(image, "dram_bytes", "roofline.image"),
        report.get("totals", "cycles_per_image"),
    ]
    points = {name: (ops / dram if dram else math.inf, ops / cycles)
              for name, (ops, dram, cycles) in points.items() if ops and cycles}

    figure, axes = new_picture(report, "Roofline", height=5.5)
    finite = [x for x, _ in points.values() if math.isfinite(x)]
    if bandwidth:
        finite.append(peak / bandwidth)
    low = min(finite, default=1.0) / 2
    high = max(finite, default=10.0) * 3
    axes.set(xscale="log", yscale="log", xlim=(low, high),
             xlabel="operations a DRAM byte", ylabel="operations a cycle",
             ylim=(min([y for _, y in points.values()] + [peak]) / 2, peak * 2))
    ridge = peak / bandwidth if bandwidth else low
    axes.plot([max(ridge, low), high], [peak, peak], color=LIMIT, linewidth=2)
    axes.annotate(f"array: {peak:,.0f} a cycle", (high, peak), xytext=(-4, 5),
                  textcoords="offset points", ha="right", color=LIMIT, fontsize=9)
    if bandwidth:
        axes.plot([low, ridge], [low * bandwidth, peak], color=LIMIT, linewidth=2)
        start = max(low, axes.get_ylim()[0] / bandwidth)
        middle = math.sqrt(start * ridge)
        axes.annotate(f"DRAM: {bandwidth:g} bytes a cycle", (middle, middle * bandwidth),
                      xytext=(10, -12), textcoords="offset points", color=LIMIT, fontsize=9)
    axes.grid(True, which="major", color="#e3e7ea", zorder=0)
    # Labels stand in a column at the right, so that none lies on another.
    figure.canvas.draw()
    log_low, log_high = (math.log10(value) for value in axes.get_ylim())
    names = list(points)
    heights = [(math.log10(points[name][1]) - log_low) / (log_high - log_low) for name in names]
    for index, (name, height) in enumerate(zip(names, spread(heights, 0.047))):
        x, y = points[name]
        whole = name == "one image"
        axes.plot(min(x, high), y, "o", markersize=9 if whole else 7, zorder=3,
                  color="black" if whole else PALETTE[index % len(PALETTE)])
        axes.annotate(name, (min(x, high), y), xytext=(1.02, height), textcoords="axes fraction",
                      va="center", fontsize=9, fontweight="bold" if whole else "normal",
                      annotation_clip=False,
                      arrowprops={"arrowstyle": "-", "color": "#b8c0c6", "linewidth": 0.6})
    return figure


def windows(report):
    """Where the windows begin, in thousands of cycles, and how long each is, in cycles."""
    length = report.get("timeline", "window_cycles")
    cycles = report.get("timeline", "cycles")
    count = len(report.numbers("timeline", "scratchpad_occupied_bytes"))
    if length <= 0 or count != math.ceil(cycles / length):
        raise BadReport(f"{report.path}: timeline: got {count} windows of {length} cycles, "
                        f"expected as many as make {cycles} cycles")
    edges = [min(i * length, cycles) for i in range(count + 1)]
    return [edge / 1000 for edge in edges], [b - a for a, b in zip(edges, edges[1:])]


def over_time(report, axes, edges):
    axes.set(xlabel="thousands of cycles", xlim=(0, edges[-1]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.set_ylim(bottom=0)
    note = f"means of {report.get('timeline', 'window_cycles'):,} cycles"
    axes.annotate(note, (0, 1), xycoords="axes fraction", xytext=(4, -4), va="top",
                  textcoords="offset points", fontsize=8, color="#777777")


def occupancy(report):
    """Bytes of the scratchpad that hold something of use."""
    edges, _ = windows(report)
    values = [bytes / 1024 for bytes in report.numbers("timeline", "scratchpad_occupied_bytes")]
    capacity = report.get("timeline", "scratchpad_bytes") / 1024
    most = report.get("timeline", "scratchpad_most_occupied_bytes") / 1024
    figure, axes = new_picture(report, "Scratchpad in use", height=3.6)
    axes.stairs(values, edges, fill=True, color=OCCUPIED)
    axes.axhline(capacity, color=LIMIT, linestyle="--", linewidth=1)
    axes.annotate(f"size: {capacity:,.0f} KiB; occupied at most {most:,.1f} KiB",
                  (edges[-1], capacity), xytext=(-2, 4), textcoords="offset points", ha="right",
                  color=LIMIT, fontsize=9)
    over_time(report, axes, edges)
    axes.set(ylabel="occupied, KiB", ylim=(0, capacity * 1.15))
    return figure


def bandwidth(report):
    """Bytes a cycle between DRAM and the chip, under the peak."""
    edges, lengths = windows(report)
    rates = {}
    for name in ("dram_read_bytes", "dram_write_bytes"):
        amounts = report.numbers("timeline", name)
        if len(amounts) != len(lengths):
            raise BadReport(f"{report.path}: timeline.{name}: got {len(amounts)} windows, expected "
                            f"{len(lengths)}")
        rates[name] = [amount / length for amount, length in zip(amounts, lengths)]
    both = [sum(pair) for pair in zip(*rates.values())]
    peak = report.get("roofline", "peak_bytes_per_cycle", kind=(int, float, type(None)))
    figure, axes = new_picture(report, "DRAM bandwidth", height=3.6)
    axes.stairs(both, edges, fill=True, color=WRITTEN, label="written")
    axes.stairs(rates["dram_read_bytes"], edges, fill=True, color=READ, label="read")
    top = max(both, default=0) or 1
    if peak:
        top = max(top, peak)
        axes.axhline(peak, color=LIMIT, linestyle="--", linewidth=1)
        axes.annotate(f"peak: {peak:g} bytes a cycle", (edges[-1], peak), xytext=(-2, 4),
                      textcoords="offset points", ha="right", color=LIMIT, fontsize=9)
    over_time(report, axes, edges)
    axes.set(ylabel="bytes a cycle", ylim=(0, top * 1.15))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)
    return figure


def stalls(report):
    """What each unit did in all cycles of an image."""
    cycles = report.get("totals", "cycles_per_image")
    units = {name: unit for name, unit in report.get("units", kind=dict).items()
             if isinstance(unit, dict) and "busy_cycles" in unit}
    if cycles <= 0 or not units:
        raise BadReport(f"{report.path}: units: expected units with busy_cycles in an image of "
                        "some cycles")
    causes = {}
    for name in units:
        for cause, count in report.get("units", name, "stall_cycles", kind=dict).items():
            causes[cause] = causes.get(cause, 0) + count
    causes = sorted(causes, key=lambda cause: (cause.startswith("wait_"), -causes[cause]))
    own = [cause for cause in causes if not cause.startswith("wait_")]
    waits = [cause for cause in causes if cause.startswith("wait_")]
    colours = {cause: CAUSES[i % len(CAUSES)] for i, cause in enumerate(own)}
    colours |= {cause: WAITS[i % len(WAITS)] for i, cause in enumerate(waits)}

    figure, axes = new_picture(report, "What each unit does", height=1.6 + 0.45 * len(units))
    names = list(units)[::-1]
    left = [0.0] * len(names)

    def add(label, colour, counts):
        nonlocal left
        shares = [100 * count / cycles for count in counts]
        axes.barh([words(name) for name in names], shares, left=left, color=colour, label=label,
                  height=0.7)
        left = [a + b for a, b in zip(left, shares)]

    add("busy", BUSY, [report.get("units", name, "busy_cycles") for name in names])
    for cause in causes:
        add(words(cause), colours[cause],
            [units[name]["stall_cycles"].get(cause, 0) for name in names])
    axes.barh([words(name) for name in names], [100 - done for done in left], left=left,
              color=IDLE, label="idle", height=0.7)
    axes.set(xlabel=f"% of {cycles:,} cycles", xlim=(0, 100))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8)
    return figure


def traffic(report):
    """The tensors that move most, of all blocks and heads, with what must cross of them."""
    kinds = {}
    for row in report.rows("traffic"):
        name = kind_of_tensor(report.field(row, "tensor", "traffic", str))
        sums = kinds.setdefault(name, [0, 0, 0])
        for index, key in enumerate(("compulsory_bytes", "read_bytes", "write_bytes")):
            sums[index] += report.field(row, key, "traffic")
    kinds = {name: sums for name, sums in kinds.items() if sums[1] + sums[2] > 0}
    shown = sorted(kinds, key=lambda name: -(kinds[name][1] + kinds[name][2]))[:TENSORS_SHOWN]
    actual = report.get("totals", "dram_traffic", "actual_bytes")
    must = report.get("totals", "dram_traffic", "compulsory_bytes")
    images = max(report.get("images"), 1)

    what = (f"DRAM traffic of an image, {bytes_text(actual / images)} where "
            f"{bytes_text(must / images)} must cross")
    figure, axes = new_picture(report, what, height=1.4 + 0.42 * max(len(shown), 1))
    names = shown[::-1]
    mib = [[kinds[name][index] / 2**20 for name in names] for index in range(3)]
    places = range(len(names))
    axes.barh([y - 0.18 for y in places], mib[1], height=0.36, color=READ, label="read")
    axes.barh([y - 0.18 for y in places], mib[2], left=mib[1], height=0.36, color=WRITTEN,
              label="written")
    axes.barh([y + 0.18 for y in places], mib[0], height=0.36, color="#2f7d4f", label="must cross")
    axes.set_yticks(list(places), names)
    axes.set(xlabel="MiB, all blocks and heads together")
    axes.legend(loc="lower right", frameon=False, fontsize=9)
    return figure


PICTURES = {"roofline": roofline, "occupancy": occupancy, "bandwidth": bandwidth, "stalls": stalls,
            "traffic": traffic}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", help="the report.json of `vitsim run -o DIR` or `--json FILE`")
    pictures.add_options(parser, FORMATS, PICTURES)
    return parser.parse_args()


def main():
    options = arguments()
    if matplotlib is None:
        print("plot_run: needs matplotlib; `tools/setup.sh --plots` installs it", file=sys.stderr)
        return 2
    plt.rcParams["svg.hashsalt"] = "vitsim"
    try:
        report = Report(options.report)
        figures = {name: PICTURES[name](report) for name in options.only or PICTURES}
    except BadReport as error:
        print(f"plot_run: {error}", file=sys.stderr)
        return BAD_REPORT
    return pictures.write_all("plot_run", figures, options)


if __name__ == "__main__":
    sys.exit(main())
