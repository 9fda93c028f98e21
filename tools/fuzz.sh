#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lets libFuzzer invent trace files for the reader, under Address- and UndefinedBehaviorSanitizer.
#
# usage: tools/fuzz.sh [SECONDS]      60 where nothing is said
#
# Begins with the golden traces. Needs clang (tools/setup.sh --ci installs it). What it has learned stays in build/fuzz/corpus.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/common.sh
source tools/common.sh

case ${1-60} in
  -h | --help) print_help tools/fuzz.sh && exit 0 ;;
  *[!0-9]*) die "unknown argument '$1'; see tools/fuzz.sh --help" ;;
esac

mkdir -p build/fuzz/corpus
clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
  -Iinclude -Isrc/trace -DFMT_HEADER_ONLY \
  tests/fuzz/trace_reader_fuzz.cpp src/trace/*.cpp src/core/file.cpp src/core/text.cpp \
  -lzstd -lxxhash -o build/fuzz/trace_reader
# The harness adds the checksum itself.
mkdir -p build/fuzz/goldens
for golden in tests/goldens/*.vtrc; do
  head -c -8 "$golden" >"build/fuzz/goldens/$(basename -- "$golden")"
done
exec build/fuzz/trace_reader -max_total_time="${1-60}" -max_len=65536 \
  -artifact_prefix=build/fuzz/ build/fuzz/corpus build/fuzz/goldens
