# SPDX-License-Identifier: Apache-2.0
vitsim_test(kernels_test
  SOURCES kernels/add_test.cpp kernels/gemm_test.cpp kernels/int_exp_test.cpp
          kernels/layer_norm_test.cpp kernels/multiply_add_test.cpp kernels/post_process_test.cpp
          kernels/requantize_test.cpp
          kernels/shiftgelu_test.cpp kernels/shiftmax_test.cpp
          kernels/taylor_test.cpp kernels/taylor_attention_test.cpp
          kernels/vector_exp_test.cpp
  USES vitsim::kernels rapidcheck_gtest)
