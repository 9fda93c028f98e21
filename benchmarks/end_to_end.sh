#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whole runs, checks on: simulated cycles, wall time, cycles a second, peak memory.
#
# usage: benchmarks/end_to_end.sh [--check exact|none] [MODEL...]
#
# MODEL is a name in models/; without one deit_tiny, deit_small and deit_base, with random weights.
# Needs build/release/vitsim (tools/quickstart.sh makes it). Figures of one run each: these differ from
# run to run by some percent, more on a shared machine.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
program=build/release/vitsim
check=exact
models=()
while (($#)); do
  case $1 in
    --check) check=$2 && shift ;;
    -h | --help) sed -n '3,10s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) models+=("$1") ;;
  esac
  shift
done
((${#models[@]})) || models=(deit_tiny deit_small deit_base)
[[ -x $program ]] || { echo "$0: there is no $program; run tools/quickstart.sh" >&2 && exit 2; }

# figure KEY: the number behind "KEY" in a report
figure() { sed -n "s/^ *\"$1\": \([0-9.e+-]*\),\{0,1\}$/\1/p" <<<"$2" | head -n 1; }

printf '%-12s %-16s %14s %9s %12s %10s\n' model machine cycles 'wall s' cycles/s 'peak MB'
for model in "${models[@]}"; do
  for config in edge_16x16 softmax_64x64; do
    report=$("$program" run -c "configs/$config.yaml" -m "models/$model.yaml" -w random:1 \
      --check "$check" --json -)
    printf '%-12s %-16s %14d %9.2f %12.0f %10.0f\n' "$model" "$config" \
      "$(figure cycles_per_image "$report")" "$(figure wall_seconds "$report")" \
      "$(figure simulated_cycles_per_second "$report")" \
      "$(($(figure peak_rss_bytes "$report") / 1000000))"
  done
done
