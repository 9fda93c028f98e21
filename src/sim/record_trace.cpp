// SPDX-License-Identifier: Apache-2.0
#include "vitsim/config/describe.h"
#include "vitsim/model/integer_network.h"
#include "vitsim/sim/checker.h"
#include "vitsim/sim/trace_run.h"
#include "vitsim/sim/version.h"

#include "traced_run.h"

namespace vitsim::sim {
namespace {

TraceHeader header_of(const TraceJob& job, const TracedRun& run) {
  TraceHeader header;
  header.version = version();
  header.level = job.level;
  header.config = config::to_json(job.workload.config);
  header.model = config::to_json(job.workload.model);
  header.files = job.files;
  header.overrides = job.overrides;
  header.hashes = run.hashes();
  header.names = run.names();
  return header;
}

}  // namespace

RecordedTrace record_trace(const TraceJob& job, const std::filesystem::path& file) {
  TracedRun run(job);
  const model::IntegerResult expected =
      model::run_integer_network(run.graph(), job.workload.config.precision, run.input());
  Checker checker(run.graph());
  checker.begin_image(expected);
  trace::Writer writer(file, to_text(header_of(job, run)));
  RecordedTrace recorded;
  recorded.counts = run.simulate([&](const trace::Event& event) { writer.add(event); }, &checker);
  checker.end_image(run.machine(), run.program(), run.machine().timing());
  recorded.first_mismatch = checker.first_mismatch();
  if (recorded.first_mismatch.empty()) {
    writer.finish();
  }
  return recorded;
}

}  // namespace vitsim::sim
