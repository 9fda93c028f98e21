# SPDX-License-Identifier: Apache-2.0
vitsim_test(mapping_test
  SOURCES mapping/allocator_test.cpp mapping/chains_test.cpp mapping/dma_channel_test.cpp
          mapping/estimate_test.cpp mapping/hazards_test.cpp mapping/mapper_test.cpp
          mapping/occupancy_test.cpp mapping/operand_walk_test.cpp mapping/packing_test.cpp
          mapping/partitions_test.cpp mapping/program_checker_test.cpp
          mapping/program_text_test.cpp mapping/random_case_test.cpp mapping/residency_test.cpp
          mapping/search_test.cpp mapping/tiling_test.cpp mapping/traffic_test.cpp
          mapping/mapping_file_test.cpp mapping/mapping_refusal_test.cpp
          mapping/mapping_edits_test.cpp
          ${PROJECT_SOURCE_DIR}/tests/support/cramped_case.cpp
          ${PROJECT_SOURCE_DIR}/tests/support/program_checker.cpp
          ${PROJECT_SOURCE_DIR}/tests/support/random_case.cpp
          ${PROJECT_SOURCE_DIR}/tests/support/random_dram.cpp
  USES vitsim::mapping vitsim::reference)
