# SPDX-License-Identifier: Apache-2.0
vitsim_test(reference_test
  SOURCES reference/attention_test.cpp reference/network_test.cpp reference/pytorch_test.cpp
          reference/weights_test.cpp reference/random_weights_test.cpp
          reference/calibration_test.cpp reference/scales_file_test.cpp
  USES vitsim::reference vitsim::model)
