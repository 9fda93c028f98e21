#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds vitsim and runs a small Vision Transformer on a 64 x 64 systolic array: 200 images, every
# value computed and checked, with a report of the cycles.
#
# usage: tools/quickstart.sh
#
# From a fresh clone on Debian 12 this is all that is needed. Each command is printed before it
# runs, so that you can repeat it; what was done before is not done again.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/common.sh
source tools/common.sh

case ${1-} in
  '') ;;
  -h | --help) print_help tools/quickstart.sh && exit 0 ;;
  *) die "unknown argument '$1'; see tools/quickstart.sh --help" ;;
esac

build() {
  # Without the tests, which need more packages; tools/test.sh adds them to the same folder.
  if is_configured release; then
    configure release
  else
    configure release VITSIM_TESTS=OFF
  fi
  run cmake --build --preset release --target vitsim
}

simulate() {
  run build/release/vitsim run -c configs/softmax_64x64.yaml -m models/shapes10_vit.yaml \
    -i models/data/shapes10_test200.bin -o build/quickstart
}

say "In $PWD:"
tools/setup.sh
build
simulate
say
say "The report is in $PWD/build/quickstart:"
say "  report.html  to look at"
say "  report.json  the same for programs"
say "  layers.csv   the cycles of each layer"
say "Next: build/release/vitsim --help lists the commands, configs/ holds more machines."
