#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles the kernels for 64-bit Arm with its vector instructions (NEON), and compares them there
# with their portable definitions, on an emulated processor. Not part of the build.
#
# usage: tools/check_neon.sh
#
# Needs the Debian package g++-aarch64-linux-gnu, else it does nothing; and to run what it has
# compiled qemu-user, else it only compiles.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/common.sh
source tools/common.sh

case ${1-} in
  '') ;;
  -h | --help) print_help tools/check_neon.sh && exit 0 ;;
  *) die "unknown argument '$1'; see tools/check_neon.sh --help" ;;
esac

compiler=aarch64-linux-gnu-g++
if ! command -v "$compiler" >/dev/null; then
  say "skipped: $compiler is not installed (Debian package g++-aarch64-linux-gnu)"
  exit 0
fi

flags=(-std=c++20 -O2 -ffp-contract=off -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  -Iinclude -Isrc/kernels -DFMT_HEADER_ONLY)
objects=build/neon
mkdir -p "$objects"
compiled=()
for source in src/kernels/*.cpp src/core/random.cpp tests/neon/check_neon.cpp; do
  object=$objects/$(basename -- "$source" .cpp).o
  "$compiler" "${flags[@]}" -c "$source" -o "$object"
  compiled+=("$object")
done
say "${#compiled[@]} sources compile for NEON."

"$compiler" -static "${compiled[@]}" -o "$objects/check_neon"
emulator=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || true)
if [[ -z $emulator ]]; then
  say "not run: qemu-aarch64 is not installed (Debian package qemu-user)"
  exit 0
fi
"$emulator" "$objects/check_neon"
