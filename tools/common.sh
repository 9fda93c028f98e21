# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the scripts in tools/ share. To be sourced, from the root of the repository.

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2
  exit 1
}

# Runs a command after printing it in a form that can be pasted into a shell.
run() {
  printf '\n$'
  printf ' %q' "$@"
  printf '\n'
  "$@"
}

jobs_at_once() { nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2; }

# print_help <script>: the comment block at its top.
print_help() { sed -n '/^# SPDX/d; /^#!/d; /^#/!q; s/^# \{0,1\}//p' "$1"; }

is_configured() {
  local preset=$1
  [[ -f build/$preset/build.ninja && ! CMakePresets.json -nt build/$preset/build.ninja ]]
}

# configure <preset> [OPTION=ON|OFF]...
# Configures build/<preset> unless that has been done with these options; ninja sees to changes in
# CMake files by itself.
configure() {
  local preset=$1 option cached=build/$1/CMakeCache.txt
  local definitions=() missing=0
  shift
  is_configured "$preset" || missing=1
  for option in "$@"; do
    definitions+=("-D$option")
    grep -qsx "${option%%=*}:BOOL=${option#*=}" "$cached" || missing=1
  done
  if ((missing)); then
    run cmake --preset "$preset" "${definitions[@]}"
  fi
}
