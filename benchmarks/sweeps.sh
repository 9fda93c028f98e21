#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What sweeps cost: two workers over one, a point of a sweep over a run by itself, 300 points of
# DeiT-Tiny, and 100,000 rows of results opened and reported.
#
# usage: benchmarks/sweeps.sh [workers|point|many|rows]      all of them where nothing is said
#
# Needs two processor cores, python3, and build/release/vitsim (tools/quickstart.sh makes it).
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
program=build/release/vitsim
case ${1-} in
  -h | --help) sed -n '3,9s/^# \{0,1\}//p' "$0" && exit 0 ;;
esac
[[ -x $program ]] || { echo "$0: there is no $program; run tools/quickstart.sh" >&2 && exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# spec NAME MODEL PARAMETERS: a sweep file
spec() {
  printf 'config: %s/configs/softmax_64x64.yaml\nmodel: %s/models/%s.yaml\nweights: random:1\n' \
    "$PWD" "$PWD" "$2" >"$work/$1.yaml"
  printf 'parameters: %s\n' "$3" >>"$work/$1.yaml"
}

# seconds COMMAND...: its wall time
seconds() {
  local TIMEFORMAT=%R
  { time "$@" >"$work/out" 2>&1; } 2>&1
}

# sweep NAME JOBS: the wall time of a sweep from nothing
sweep() {
  rm -f "$work/$1.sqlite"*
  seconds "$program" sweep "$work/$1.yaml" -o "$work/$1.sqlite" -j "$2" --quiet
}

workers() {
  spec workers deit_tiny \
    '{accelerator.pe_array.rows: [32, 48, 64, 96], accelerator.dram.bytes_per_cycle: [12.8, 25.6, 51.2]}'
  local i one two
  for ((i = 0; i < 3; ++i)); do
    one=$(sweep workers 1)
    two=$(sweep workers 2)
    awk -v one="$one" -v two="$two" \
      'BEGIN { printf "12 points of deit_tiny: -j 1 %.2f s, -j 2 %.2f s: %.2fx\n", one, two, one / two }'
  done
}

# The run's own time is what its report says: all that `vitsim run` does but starting.
point() {
  spec point shapes10_vit '{accelerator.pe_array.rows: {linear: [8, 64, 1]}}'
  local all own
  all=$(sweep point 1)
  own=$(for rows in $(seq 8 64); do
    "$program" run -c configs/softmax_64x64.yaml -m models/shapes10_vit.yaml -w random:1 \
      --check none --set "accelerator.pe_array.rows=$rows" --json - |
      python3 -c 'import json, sys; print(json.load(sys.stdin)["host"]["wall_seconds"])'
  done | awk '{ sum += $1 } END { print sum }')
  awk -v all="$all" -v own="$own" 'BEGIN {
    printf "57 points of shapes10_vit, -j 1: %.1f ms a point, of which runs take %.1f: %.1f ms overhead\n",
      1000 * all / 57, 1000 * own / 57, 1000 * (all - own) / 57 }'
}

many() {
  spec many deit_tiny '{accelerator.pe_array.rows: [32, 48, 64, 96, 128],
  accelerator.pe_array.cols: [32, 64, 96, 128], accelerator.scratchpad.size_kib: [64, 200, 512],
  accelerator.dram.bytes_per_cycle: [6.4, 12.8, 25.6, 38.4, 51.2]}'
  printf '300 points of deit_tiny, arrays of 32 to 128, -j 2: %s s\n' "$(sweep many 2)"
}

# A point of a real sweep, 100,000 times, each with other parameters and cycles.
rows() {
  spec rows shapes10_vit \
    '{accelerator.pe_array.rows: [64], accelerator.scratchpad.size_kib: [64], accelerator.dram.bytes_per_cycle: [6.4]}'
  sweep rows 1 >/dev/null
  python3 - "$work/rows.sqlite" <<'END'
import random, sqlite3, sys
random.seed(1)
store = sqlite3.connect(sys.argv[1])
names = [row[1] for row in store.execute("PRAGMA table_info(points)")]
one = dict(zip(names, store.execute("SELECT * FROM points").fetchone()))
def point(i):
    rows, size, rate = random.choice([16, 32, 64, 128]), 2 ** random.randint(5, 10), random.choice([6.4, 12.8, 25.6])
    return tuple({**one, "id": i, "hash": f"{i:016x}", "accelerator.pe_array.rows": rows,
                  "accelerator.scratchpad.size_kib": size, "accelerator.dram.bytes_per_cycle": rate,
                  "totals.pes": rows * 64,
                  "totals.cycles": int(1e8 / rows / size ** .2 / rate * random.uniform(.8, 1.2))}.values())
store.executemany(f"INSERT INTO points VALUES ({','.join('?' * len(names))})",
                  (point(i) for i in range(2, 100001)))
store.commit()
END
  printf '100,000 rows, %s MB: report %s s, CSV %s s\n' "$(($(stat -c %s "$work/rows.sqlite") / 1000000))" \
    "$(seconds "$program" sweep report "$work/rows.sqlite" -o "$work/rows.html")" \
    "$(seconds "$program" sweep export "$work/rows.sqlite" -o "$work/rows.csv")"
}

case ${1-} in
  workers | point | many | rows) "$1" ;;
  '') workers && point && many && rows ;;
  *) echo "$0: unknown argument '$1'; see $0 --help" >&2 && exit 2 ;;
esac
