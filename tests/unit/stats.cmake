# SPDX-License-Identifier: Apache-2.0
vitsim_test(stats_test
  SOURCES stats/activity_test.cpp stats/array_waits_test.cpp stats/counters_test.cpp stats/pe_cycles_test.cpp
          stats/timeline_test.cpp
  USES vitsim::stats)
