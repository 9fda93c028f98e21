# SPDX-License-Identifier: Apache-2.0
vitsim_test(config_test
  SOURCES config/load_config_test.cpp config/config_message_test.cpp config/override_test.cpp
          config/hostile_yaml_test.cpp config/check_test.cpp config/partition_layout_test.cpp
          config/load_model_test.cpp config/check_dram_test.cpp
          config/describe_test.cpp config/documentation_test.cpp
  USES vitsim::core vitsim::config nlohmann_json::nlohmann_json)
