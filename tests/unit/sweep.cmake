# SPDX-License-Identifier: Apache-2.0
vitsim_test(sweep_test
  SOURCES sweep/expression_test.cpp sweep/space_test.cpp sweep/store_test.cpp sweep/pareto_test.cpp
          sweep/runner_test.cpp sweep/figures_test.cpp sweep/point_hash_test.cpp
          sweep/slurm_test.cpp sweep/collect_test.cpp
          sweep/export_test.cpp sweep/effects_test.cpp sweep/report_html_test.cpp
  USES vitsim::sweep SQLiteCpp)
