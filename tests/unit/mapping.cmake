# SPDX-License-Identifier: Apache-2.0
vitsim_test(mapping_test
  SOURCES mapping/allocator_test.cpp mapping/hazards_test.cpp mapping/mapper_test.cpp
          mapping/program_checker_test.cpp mapping/program_text_test.cpp
          mapping/residency_test.cpp mapping/tiling_test.cpp
          ${PROJECT_SOURCE_DIR}/tests/support/program_checker.cpp
          ${PROJECT_SOURCE_DIR}/tests/support/random_case.cpp
  USES vitsim::mapping vitsim::reference)
