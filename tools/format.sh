#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formats all C++ files with clang-format 14, by the rules in .clang-format.
#
# usage: tools/format.sh [--check]
#
#   --check  changes nothing, and fails where a file is not formatted
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/common.sh
source tools/common.sh

# Other versions lay out some code differently.
find_clang_format() {
  local name
  for name in clang-format-14 clang-format; do
    if [[ $("$name" --version 2>/dev/null) == *"version 14."* ]]; then
      say "$name"
      return
    fi
  done
  die "needs clang-format 14; tools/setup.sh --ci installs it"
}

folders=()
for folder in include src tests benchmarks; do
  if [[ -d $folder ]]; then folders+=("$folder"); fi
done
clang_format=$(find_clang_format)
mapfile -d '' -t files < <(find "${folders[@]}" -type f \( -name '*.h' -o -name '*.cpp' \) -print0)
if ((${#files[@]} == 0)); then
  die "found no C++ files"
fi

case ${1-} in
  '')
    "$clang_format" -i -- "${files[@]}"
    say "${#files[@]} files are formatted."
    ;;
  --check)
    "$clang_format" --dry-run --Werror -- "${files[@]}" ||
      die "some files are not formatted; tools/format.sh formats them"
    say "All ${#files[@]} files are formatted."
    ;;
  -h | --help) print_help tools/format.sh ;;
  *) die "unknown argument '$1'; see tools/format.sh --help" ;;
esac
