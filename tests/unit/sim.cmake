# SPDX-License-Identifier: Apache-2.0
# What of sim works on reports alone is compiled here by itself: unit tests do not link SystemC.
set(sim_sources layer_name.cpp layer_rows.cpp memory_rows.cpp attention_times.cpp check_report.cpp comparison.cpp comparison_json.cpp comparison_table.cpp
                comparison_text.cpp number_text.cpp version.cpp)
list(TRANSFORM sim_sources PREPEND ${PROJECT_SOURCE_DIR}/src/sim/)
vitsim_test(sim_test
  SOURCES sim/layer_name_test.cpp sim/array_times_test.cpp sim/check_report_test.cpp
          sim/comparison_test.cpp sim/memory_rows_test.cpp ${sim_sources}
  USES vitsim::core vitsim::stats vitsim::timing vitsim::mapping nlohmann_json::nlohmann_json)
target_compile_definitions(sim_test PRIVATE VITSIM_VERSION="of the test")
target_include_directories(sim_test PRIVATE ${PROJECT_SOURCE_DIR}/src/sim)
