# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy over those files that are not known to be clean. Called by tools/tidy.sh.

A file is known to be clean by a hash of all that its result depends on: its compile command, the
rules, clang-tidy's version, and the content of the file and of all files of this repository that
it includes, directly or not. Hashes of clean files are kept as empty files in the cache.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path.cwd()
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.MULTILINE)
DIAGNOSTIC = re.compile(r"^(?=\S[^\n]*:\d+:\d+: (?:warning|error): )", re.MULTILINE)


class Unit:
    """A source file with the command that compiles it."""

    def __init__(self, entry):
        self.path = Path(entry["directory"], entry["file"]).resolve()
        self.command = entry["command"].replace(str(ROOT), ".")
        self.include_dirs = include_dirs(entry)

    @property
    def name(self):
        return str(self.path.relative_to(ROOT))


def include_dirs(entry):
    """The directories of this repository in which the command looks for headers."""
    words = iter(shlex.split(entry["command"]))
    found = []
    for word in words:
        match = re.match(r"-(?:I|isystem|iquote)(.*)", word)
        if match:
            path = Path(entry["directory"], match[1] or next(words)).resolve()
            if path.is_relative_to(ROOT):
                found.append(path)
    return found


class Files:
    """Contents and includes of files, each read once."""

    def __init__(self):
        self._contents = {}
        self._names = {}

    def content(self, path):
        if path not in self._contents:
            self._contents[path] = path.read_bytes()
        return self._contents[path]

    def included_names(self, path):
        if path not in self._names:
            text = self.content(path).decode(errors="replace")
            self._names[path] = INCLUDE.findall(text)
        return self._names[path]

    def closure(self, unit):
        """The unit's file and all files of this repository that it includes, sorted."""
        seen = {unit.path}
        pending = [unit.path]
        while pending:
            path = pending.pop()
            for name in self.included_names(path):
                for directory in [path.parent, *unit.include_dirs]:
                    header = (directory / name).resolve()
                    if header.is_file():
                        if header.is_relative_to(ROOT) and header not in seen:
                            seen.add(header)
                            pending.append(header)
                        break
        return sorted(seen)


def hash_of(unit, closure, files, rules):
    digest = hashlib.sha256()
    parts = [rules, unit.command.encode()]
    for path in closure:
        parts += [str(path.relative_to(ROOT)).encode(), files.content(path)]
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()


def cache_directory():
    base = os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", "/tmp"), ".cache")
    return Path(base, "vitsim-tidy")


def remember(cache, key):
    try:
        cache.mkdir(parents=True, exist_ok=True)
        (cache / key).touch()
    except OSError:
        pass  # checked again the next time


def check(unit, build):
    """Returns clang-tidy's exit status, its findings and the seconds that it took."""
    start = time.monotonic()
    result = subprocess.run(
        ["clang-tidy", "--quiet", "-p", build, str(unit.path)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    output = result.stdout
    if result.returncode != 0 and not output.strip():
        output = result.stderr
    return result.returncode, output, time.monotonic() - start


def read_units(build):
    entries = json.loads(Path(build, "compile_commands.json").read_text())
    units = {}
    for entry in entries:
        unit = Unit(entry)
        if unit.path.is_relative_to(ROOT) and not unit.path.is_relative_to(ROOT / "build"):
            units.setdefault(unit.path, unit)
    return [units[path] for path in sorted(units)]


def files_in_no_target(units):
    known = {unit.path for unit in units}
    return [path.relative_to(ROOT) for folder in ("src", "tests")
            for path in sorted((ROOT / folder).rglob("*.cpp")) if path not in known]


def rules_for(path):
    """The .clang-tidy files that hold for `path`: the root's and those of the folders between."""
    folders = [folder for folder in reversed(path.parents) if folder.is_relative_to(ROOT)]
    return b"".join((folder / ".clang-tidy").read_bytes() for folder in folders
                    if (folder / ".clang-tidy").is_file())


def choose(units, options, cache):
    """The units to check, each with its hash."""
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    wanted = {Path(name).resolve() for name in options.files}
    files = Files()
    chosen = []
    for unit in units:
        closure = files.closure(unit)
        if wanted and wanted.isdisjoint(closure):
            continue
        key = hash_of(unit, closure, files, version + rules_for(unit.path))
        if options.all or not (cache / key).exists():
            chosen.append((unit, key))
    return chosen


def check_all(chosen, options, cache):
    """Returns the names of the units with findings."""
    failed = []
    printed = set()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(check, unit, options.build): (unit, key) for unit, key in chosen}
        try:
            for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
                unit, key = futures[future]
                status, output, seconds = future.result()
                verdict = "clean" if status == 0 else "FINDINGS"
                print(f"[{done}/{len(chosen)}] {unit.name}: {verdict}, {seconds:.1f} s")
                if status == 0:
                    remember(cache, key)
                else:
                    failed.append(unit.name)
                    # A finding in a header comes up once for each file that includes it.
                    news = [text for text in DIAGNOSTIC.split(output) if text not in printed]
                    printed.update(news)
                    print("".join(news).replace(f"{ROOT}/", ""), end="")
                sys.stdout.flush()
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    return sorted(failed)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tools/tidy.sh")
    parser.add_argument("--build", required=True, help="folder with compile_commands.json")
    parser.add_argument("--all", action="store_true", help="also files known to be clean")
    parser.add_argument("-j", "--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("files", nargs="*", help="only these files and those that include them")
    return parser.parse_args()


def main():
    options = parse_arguments()
    for name in options.files:
        if not Path(name).is_file():
            sys.exit(f"tidy.sh: there is no file '{name}' (names are relative to the repository)")
    cache = cache_directory()
    units = read_units(options.build)
    for path in files_in_no_target(units):
        print(f"{path}: error: belongs to no CMake target, so nothing compiles or checks it")
    lost = len(files_in_no_target(units))

    chosen = choose(units, options, cache)
    print(f"clang-tidy: {len(chosen)} of {len(units)} files to check", flush=True)
    failed = check_all(chosen, options, cache)
    if failed or lost:
        sys.exit("clang-tidy: findings in " + (", ".join(failed) or "the list of sources"))
    print("clang-tidy: no findings")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
