# SPDX-License-Identifier: Apache-2.0
# PkgConfig::XXHASH from Debian's package, which brings a pkg-config file and no CMake package.
find_package(PkgConfig REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
