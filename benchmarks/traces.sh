#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What recording and checking a trace costs, in medians of runs that take turns, and the size of the
# trace: recording over `vitsim run`, both of which compare values, and checking over
# `vitsim run --check none`, neither of which does.
#
# usage: benchmarks/traces.sh [MODEL [RUNS]]      deit_tiny and 5 where nothing is said
#
# Runs stay on processor core 0. Needs build/release/vitsim (tools/quickstart.sh makes it).
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
program=build/release/vitsim
case ${1-} in
  -h | --help) sed -n '3,11s/^# \{0,1\}//p' "$0" && exit 0 ;;
esac
model=${1:-deit_tiny}
runs=${2:-5}
[[ -x $program ]] || { echo "$0: there is no $program; run tools/quickstart.sh" >&2 && exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# measure NAME ARGUMENT...: adds the wall time of a run to those of this name
measure() {
  local name=$1 TIMEFORMAT=%R
  shift
  { time taskset -c 0 "$program" "$@" --quiet >/dev/null; } 2>>"$work/$name"
}
median() { sort -n "$work/$1" | awk '{ times[NR] = $1 } END { print times[int((NR + 1) / 2)] }'; }

printf '%-14s %-10s %8s %8s %10s %8s %10s\n' machine level 'run s' record 'bare run s' check bytes
for machine in softmax_64x64 edge_16x16; do
  job=(-c "configs/$machine.yaml" -m "models/$model.yaml" -w random:1)
  rm -f "$work"/*
  for ((i = 0; i < runs; ++i)); do
    measure run run "${job[@]}"
    measure bare run "${job[@]}" --check none
    for level in commands tiles beats; do
      measure "record_$level" trace record "${job[@]}" --level "$level" -o "$work/$level.vtrc"
      measure "check_$level" trace check "$work/$level.vtrc"
    done
  done
  for level in commands tiles beats; do
    awk -v machine="$machine" -v level="$level" -v run="$(median run)" -v bare="$(median bare)" \
      -v record="$(median "record_$level")" -v check="$(median "check_$level")" \
      -v bytes="$(stat -c %s "$work/$level.vtrc")" 'BEGIN {
        printf "%-14s %-10s %8.2f %7.2fx %10.2f %7.2fx %10d\n", machine, level, run, record / run,
               bare, check / bare, bytes
      }'
  done
done
