# SPDX-License-Identifier: Apache-2.0
vitsim_test(model_test
  SOURCES model/encoding_test.cpp model/quantize_test.cpp model/graph_test.cpp
          model/vit_graph_test.cpp model/integer_network_test.cpp model/gemm_topology_test.cpp
          model/operations_test.cpp model/row_kernels_test.cpp model/taylor_graph_test.cpp
          model/taylor_network_test.cpp model/released_graph_test.cpp
  USES vitsim::model vitsim::reference rapidcheck)
