# SPDX-License-Identifier: Apache-2.0
vitsim_test(core_test
  SOURCES core/child_process_test.cpp core/child_pool_test.cpp core/divider_test.cpp core/external_test.cpp core/file_test.cpp core/matrix_test.cpp
          core/npy_test.cpp core/random_test.cpp
          core/safetensors_fuzz_test.cpp core/safetensors_test.cpp core/text_test.cpp
  USES vitsim::core)
