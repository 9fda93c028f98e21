#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that vitsim needs and that are not installed yet.
#
# usage: tools/setup.sh [--tests] [--plots] [--ci] [--list]
#
#   (nothing)  what building and running the simulator takes
#   --tests    and the test libraries, and a browser for the pages
#   --plots    and what tools/plot_run.py and plot_sweep.py draw with
#   --ci       and all of these, with the formatter and the linter
#   --list     only prints the packages, one a line
#
# With VITSIM_SKIP_SETUP=1 in the environment it does nothing, for systems where these things come
# from elsewhere.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/common.sh
source tools/common.sh

build_packages=(
  g++ cmake ninja-build ccache pkg-config git  # compiler and build tools
  libsystemc-dev                               # the simulation kernel
  libeigen3-dev                                # the float32 reference network
  libyaml-cpp-dev nlohmann-json3-dev           # configurations and reports
  libcli11-dev libfmt-dev                      # command line and messages
  libhwy-dev                                   # vector instructions
  libzstd-dev libxxhash-dev zlib1g-dev         # traces and timelines
  libsqlitecpp-dev                             # results of sweeps
  libjs-chart.js                               # charts in their report
)
test_packages=(
  libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev
  chromium                             # pages as they are seen
  slurmctld slurmd slurm-client munge  # a cluster of one machine
  sqlite3 python3-pandas               # what docs/sweeps.md shows
)
plot_packages=(python3-matplotlib)
lint_packages=(
  clang clang-format clang-tidy python3
  g++-aarch64-linux-gnu qemu-user  # the kernels on another processor
)

packages=()
missing=()

choose_packages() {
  local tests=0 plots=0 lint=0 list=0 argument
  for argument in "$@"; do
    case $argument in
      --tests) tests=1 ;;
      --plots) plots=1 ;;
      --ci) tests=1 plots=1 lint=1 ;;
      --list) list=1 ;;
      -h | --help) print_help tools/setup.sh && exit 0 ;;
      *) die "unknown argument '$argument'; see tools/setup.sh --help" ;;
    esac
  done
  packages=("${build_packages[@]}")
  if ((tests)); then packages+=("${test_packages[@]}"); fi
  if ((plots)); then packages+=("${plot_packages[@]}"); fi
  if ((lint)); then packages+=("${lint_packages[@]}"); fi
  if ((list)); then
    printf '%s\n' "${packages[@]}"
    exit 0
  fi
}

require_apt() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "This system has no apt-get. vitsim is developed on Debian 12 and needs there:" >&2
    say "  ${packages[*]}" >&2
    say "Install their counterparts, then call again with VITSIM_SKIP_SETUP=1 set." >&2
    exit 1
  fi
}

find_missing() {
  local installed package
  # dpkg-query fails where a name is unknown to it, and still lists the others.
  # shellcheck disable=SC2016  # dpkg-query expands the fields
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null) || true
  for package in "${packages[@]}"; do
    grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
  done
}

install_missing() {
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "these packages are missing, and installing them takes root or sudo: ${missing[*]}"
    as_root=(sudo)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get -qq -o DPkg::Lock::Timeout=120)

  say "${#missing[@]} of the ${#packages[@]} packages that vitsim needs are missing; installing them."
  run "${apt[@]}" update || say "apt-get update failed; trying with the package lists at hand" >&2
  run "${apt[@]}" install -y --no-install-recommends "${missing[@]}" ||
    die "could not install: ${missing[*]}"
}

choose_packages "$@"
if [[ ${VITSIM_SKIP_SETUP:-0} == 1 ]]; then
  exit 0
fi
require_apt
find_missing
if ((${#missing[@]})); then
  install_missing
fi
say "All ${#packages[@]} packages that vitsim needs are installed."
