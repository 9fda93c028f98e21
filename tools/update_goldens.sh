#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Records the golden traces of tests/goldens anew, and prints what has changed, for the message of
# the commit. Traces that are the same stay as they are.
#
# usage: tools/update_goldens.sh [VITSIM]      build/release/vitsim where nothing is said
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/common.sh
source tools/common.sh

case ${1-} in
  -h | --help) print_help tools/update_goldens.sh && exit 0 ;;
esac
vitsim=${1:-build/release/vitsim}
[[ -x $vitsim ]] || die "$vitsim is not built; tools/quickstart.sh builds it"

readonly most_bytes=50000
readonly shapes=models/data/shapes10_test200.bin:0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# update <name> <configuration> <model> <image> [<option>...]
update() {
  local name=$1 config=$2 model=$3 image=$4
  local new=$work/$name.vtrc old=tests/goldens/$name.vtrc
  shift 4
  "$vitsim" trace record --quiet -c "configs/$config.yaml" -m "models/$model.yaml" -i "$image" \
    -o "$new" "$@"
  (($(stat -c %s "$new") < most_bytes)) ||
    die "$old would be $(stat -c %s "$new") bytes, and is to have less than $most_bytes"
  if [[ ! -e $old ]]; then
    say "$old: new"
  elif cmp -s "$old" "$new"; then
    return
  elif "$vitsim" trace diff "$old" "$new" >"$work/diff"; then
    say "$old: the same cycles and values, recorded in another way"
  else
    sed "s|$work/|new: |" "$work/diff"
    say
  fi
  cp "$new" "$old"
}

mkdir -p tests/goldens
update edge_16x16 edge_16x16 shapes10_vit "$shapes"
update row_wise_7x12x4 row_wise_7x12x4 shapes10_vit "$shapes"
update softmax_64x64 softmax_64x64 shapes10_vit "$shapes"
update softmax_64x64_beats softmax_64x64 shapes10_vit random:1 --level beats -w random:1 \
  --set model.depth=1
update softmax_64x64_cifar10 softmax_64x64 cifar10_vit random:1
update vitality vitality shapes10_vit_taylor "$shapes"
update vitality_cifar10 vitality cifar10_vit_taylor random:1
update vitality_released vitality_released shapes10_vit_taylor random:1 -w random:1 \
  --set attention=taylor_released
update vitality_released_softmax vitality_released shapes10_vit "$shapes"
update vitality_tuned vitality_tuned shapes10_vit_taylor "$shapes"
