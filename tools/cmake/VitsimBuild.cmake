# SPDX-License-Identifier: Apache-2.0
# How every target of vitsim is compiled, and vitsim_layer(), which declares one layer.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # pch_defines, time_macros: a precompiled header is a hit when what it was made from is unchanged.
  # CCACHE_BASEDIR: paths count relative to the source folder, so that other clones get hits.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${CCACHE_PROGRAM})
endif()

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(vitsim_options INTERFACE)
target_compile_features(vitsim_options INTERFACE cxx_std_20)
target_compile_options(vitsim_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -ffp-contract=off)  # tables and multipliers must not depend on the processor's fused operations
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 warns of its own std::string: https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651
  target_compile_options(vitsim_options INTERFACE -Wno-restrict)
endif()
if(VITSIM_WERROR)
  target_compile_options(vitsim_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CCACHE_PROGRAM)
  target_compile_options(vitsim_options INTERFACE -fpch-preprocess)
endif()
if(VITSIM_SANITIZE)
  target_compile_options(vitsim_options INTERFACE
    -fsanitize=${VITSIM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(vitsim_options INTERFACE -fsanitize=${VITSIM_SANITIZE})
endif()

# vitsim_layer(<name> SOURCES <file>... [USES <layer or library>...])
# A static library vitsim_<name> from src/<name>; what it may include is what it names in USES.
function(vitsim_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  add_library(vitsim_${name} STATIC ${ARG_SOURCES})
  add_library(vitsim::${name} ALIAS vitsim_${name})
  target_include_directories(vitsim_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(vitsim_${name} PUBLIC vitsim_options ${ARG_USES})
endfunction()
