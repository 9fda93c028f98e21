# SPDX-License-Identifier: Apache-2.0
# What of sim works on reports alone is compiled here by itself: unit tests do not link SystemC.
vitsim_test(sim_test
  SOURCES sim/layer_name_test.cpp sim/comparison_test.cpp
          ${PROJECT_SOURCE_DIR}/src/sim/layer_name.cpp ${PROJECT_SOURCE_DIR}/src/sim/comparison.cpp
  USES vitsim::core nlohmann_json::nlohmann_json)
