#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the benchmarks of kernels, array and search (Google Benchmark) and runs them.
#
# usage: benchmarks/run.sh [kernels|array|search] [ARGUMENT...]
#
# Arguments go to the programs, for instance --benchmark_filter=gemm or --benchmark_repetitions=5.
# Needs libbenchmark-dev (tools/setup.sh --tests installs it).
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/common.sh
source tools/common.sh

programs=(vitsim_benchmarks vitsim_array_benchmark vitsim_search_benchmark)
case ${1-} in
  -h | --help) print_help benchmarks/run.sh && exit 0 ;;
  kernels) programs=(vitsim_benchmarks) && shift ;;
  array) programs=(vitsim_array_benchmark) && shift ;;
  search) programs=(vitsim_search_benchmark) && shift ;;
esac

cmake --preset release -DVITSIM_BENCHMARKS=ON >/dev/null
cmake --build --preset release --target "${programs[@]}"
for program in "${programs[@]}"; do
  "build/release/benchmarks/$program" "$@"
done
