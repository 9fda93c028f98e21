#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the C++ files with clang-tidy, by the rules in .clang-tidy.
#
# usage: tools/tidy.sh [--all] [-j N] [FILE...]
#
#   (nothing)  files that changed since they were last clean, and those that include such a file
#   --all      every file, also those known to be clean
#   -j N       checks N files at once (default: one a processor)
#   FILE...    only these files and those that include them
#
# What was clean is remembered in ${XDG_CACHE_HOME:-~/.cache}/vitsim-tidy, by content, so it holds
# for all branches and clones.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/common.sh
source tools/common.sh

for argument in "$@"; do
  case $argument in
    -h | --help) print_help tools/tidy.sh && exit 0 ;;
  esac
done
for program in clang-tidy clang++ python3; do
  command -v "$program" >/dev/null || die "needs $program; tools/setup.sh --ci installs it"
done

# clang-tidy needs the flags of each file, not a build. Always anew, as files may have been added.
mkdir -p build
cmake --preset tidy >build/tidy.log 2>&1 || { cat build/tidy.log >&2 && die "cannot configure"; }
exec python3 tools/tidy.py --build build/tidy "$@"
