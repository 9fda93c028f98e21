# SPDX-License-Identifier: Apache-2.0
# SystemC::systemc from Debian's package, which brings a pkg-config file and no CMake package.
find_package(PkgConfig REQUIRED)
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc)
add_library(vitsim_systemc INTERFACE)
add_library(SystemC::systemc ALIAS vitsim_systemc)
target_link_libraries(vitsim_systemc INTERFACE PkgConfig::SYSTEMC)
# Debian's library is a C++17 build and checks the standard of its users at link time; its
# interface is the same under C++20.
target_compile_definitions(vitsim_systemc INTERFACE SC_CPLUSPLUS=201703L)
