# SPDX-License-Identifier: Apache-2.0
"""How tools/plot_*.py write what they drew."""

import os
import sys

DEFAULT_FORMATS = ("png", "svg")
CANNOT_WRITE = 5


def add_options(parser, formats, names):
    """Where pictures go, of which kind, and which of them."""
    parser.add_argument("-o", "--output", required=True, metavar="DIR",
                        help="where the pictures go; made where it is missing")
    parser.add_argument("--format", action="append", choices=formats,
                        help="of the pictures, may be given several times; png and svg where it "
                        "is not")
    parser.add_argument("--only", action="append", choices=list(names),
                        help="this picture alone, may be given several times")


def write(figure, path):
    """Beside the picture first, then in its place: nothing half-written is left."""
    beside = path + ".part"
    try:
        # No date: the same numbers give the same picture.
        metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
        kind = os.path.splitext(path)[1]
        figure.savefig(beside, format=kind[1:], dpi=110,
                       metadata=metadata.get(kind, {"Software": None}))
        os.replace(beside, path)
    except OSError:
        if os.path.exists(beside):
            os.remove(beside)
        raise


def write_all(program, figures, options):
    """Writes the figures, by name, and prints where each is; the exit code."""
    path = options.output
    try:
        os.makedirs(options.output, exist_ok=True)
        for name, figure in figures.items():
            for kind in dict.fromkeys(options.format or DEFAULT_FORMATS):
                path = os.path.join(options.output, f"{name}.{kind}")
                write(figure, path)
                print(path)
    except OSError as error:
        print(f"{program}: {path}: {error.strerror}, expected a place to write pictures to",
              file=sys.stderr)
        return CANNOT_WRITE
    return 0
