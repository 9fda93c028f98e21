# SPDX-License-Identifier: Apache-2.0
vitsim_test(timing_test
  SOURCES timing/array_test.cpp timing/gemm_test.cpp timing/row_unit_test.cpp timing/units_test.cpp
          timing/taylor_test.cpp timing/dram_bandwidth_test.cpp timing/bank_map_test.cpp
          timing/shared_work_test.cpp timing/scratchpad_port_test.cpp
          timing/earliest_transfers_test.cpp timing/earliest_rows_test.cpp
          timing/roofline_test.cpp
  USES vitsim::timing)
