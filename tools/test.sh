#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds vitsim with its tests and runs them.
#
# usage: tools/test.sh [--preset NAME] [--only KIND] [--werror] [ctest arguments...]
#
#   --preset NAME  release (default), dev, or asan for Address- and UndefinedBehaviorSanitizer
#   --only KIND    builds and runs one folder of tests/: unit, module, property, golden, end_to_end
#   --werror       treats compiler warnings as errors
#
# All else goes to ctest, for instance: tools/test.sh -R PeArray
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/common.sh
source tools/common.sh

preset=release
kind=
options=(VITSIM_TESTS=ON)
ctest_arguments=()

parse() {
  while (($#)); do
    case $1 in
      --preset | --only)
        (($# > 1)) || die "$1 needs a value; see tools/test.sh --help"
        if [[ $1 == --preset ]]; then preset=$2; else kind=$2; fi
        shift
        ;;
      --werror) options+=(VITSIM_WERROR=ON) ;;
      -h | --help) print_help tools/test.sh && exit 0 ;;
      *) ctest_arguments+=("$1") ;;
    esac
    shift
  done
  if [[ -n $kind && ! -d tests/$kind ]]; then
    die "there is no folder tests/$kind"
  fi
}

build() {
  local targets=()
  if [[ -n $kind ]]; then
    targets=(--target vitsim "tests/$kind/all")
  fi
  configure "$preset" "${options[@]}"
  run cmake --build --preset "$preset" "${targets[@]}"
}

run_tests() {
  local selection=()
  if [[ -n $kind ]]; then
    selection=(-L "^$kind\$")
  fi
  run ctest --preset "$preset" --parallel "$(jobs_at_once)" --output-on-failure --no-tests=error \
    --output-junit "$PWD/build/$preset/tests.xml" "${selection[@]}" "${ctest_arguments[@]}"
}

parse "$@"
tools/setup.sh --tests
build
run_tests
