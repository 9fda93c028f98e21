# SPDX-License-Identifier: Apache-2.0
vitsim_test(trace_test
  SOURCES trace/file_test.cpp trace/hostile_file_test.cpp trace/tile_hash_test.cpp trace/comparison_test.cpp
  USES vitsim::trace)
