#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whole runs, checks on: simulated cycles, wall and processor time, cycles a second of wall time, peak memory.
#
# usage: benchmarks/end_to_end.sh [--check exact|none] [--cores LIST|all] [MODEL...]
#
# MODEL is a name in models/; without one deit_tiny, deit_small and deit_base, with random weights, on
# arrays of 16 x 16, 64 x 64 and 128 x 128; then products alone: an array that streams in a machine, and
# both forms of the array by itself. Runs stay on processor core 0 unless --cores says otherwise.
# Needs build/release/vitsim (tools/quickstart.sh makes it). Figures of one run each: these differ from
# run to run by some percent, more on a shared machine.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
program=build/release/vitsim
check=exact
cores=0
models=()
while (($#)); do
  case $1 in
    --check) check=$2 && shift ;;
    --cores) cores=$2 && shift ;;
    -h | --help) sed -n '3,12s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) models+=("$1") ;;
  esac
  shift
done
all=0
((${#models[@]})) || { models=(deit_tiny deit_small deit_base) && all=1; }
[[ -x $program ]] || { echo "$0: there is no $program; run tools/quickstart.sh" >&2 && exit 2; }

pin=()
[[ $cores == all ]] || pin=(taskset -c "$cores")
report=$(mktemp)
messages=$(mktemp)
trap 'rm -f "$report" "$messages"' EXIT

# figure KEY: the first number behind "KEY" in the report
figure() { sed -n "s/^ *\"$1\": \([0-9.e+-]*\),\{0,1\}$/\1/p" "$report" | head -n 1; }

# measure WHAT MACHINE ARGUMENT...: runs it and prints a line
measure() {
  local what=$1 machine=$2 processor TIMEFORMAT='%U %S'
  shift 2
  processor=$({ time "${pin[@]}" "$program" "$@" --check "$check" --json "$report" --quiet 2>"$messages"; } 2>&1) ||
    { echo "$0: $program $* failed:" >&2 && cat "$messages" >&2 && exit 1; }
  awk -v what="$what" -v machine="$machine" -v cycles="$(figure cycles)" \
    -v wall="$(figure wall_seconds)" -v processor="$processor" \
    -v bytes="$(figure peak_rss_bytes)" 'BEGIN {
      split(processor, used, " ")
      printf "%-12s %-32s %12d %8.2f %8.2f %11d %8d\n", what, machine, cycles, wall,
             used[1] + used[2], cycles / wall, bytes / 1000000
    }'
}

printf '%-12s %-32s %12s %8s %8s %11s %8s\n' what machine cycles 'wall s' 'proc. s' cycles/s 'peak MB'
large=(--set accelerator.pe_array.rows=128 --set accelerator.pe_array.cols=128
  --set accelerator.post_processor.lanes=128 --set accelerator.scratchpad.size_kib=512
  --set accelerator.scratchpad.banks=32 --set accelerator.dram.bytes_per_cycle=51.2)
for model in "${models[@]}"; do
  job=(-m "models/$model.yaml" -w random:1)
  measure "$model" 'edge_16x16' run -c configs/edge_16x16.yaml "${job[@]}"
  measure "$model" 'softmax_64x64' run -c configs/softmax_64x64.yaml "${job[@]}"
  measure "$model" 'softmax_64x64 at 128 x 128' run -c configs/softmax_64x64.yaml "${job[@]}" "${large[@]}"
done
((all)) || exit 0

product=(gemm -c configs/softmax_64x64.yaml --m 4000 --k 640 --n 640)
measure 'streaming' 'softmax_64x64, ideal DRAM' "${product[@]}" --set accelerator.dram.kind=ideal
for form in wavefront register; do
  for dataflow in weight_stationary output_stationary; do
    measure "${dataflow%_stationary}" "64 x 64 alone, $form" "${product[@]}" --ideal-memory \
      --set "accelerator.pe_array.model=$form" --set "accelerator.pe_array.dataflow=$dataflow"
  done
done
