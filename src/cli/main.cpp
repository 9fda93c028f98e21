// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <new>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/interrupt.h"
#include "vitsim/sim/version.h"

#include "commands.h"
#include "usage.h"

/// The SystemC library refers to it; this program has a main() of its own.
extern "C" int sc_main(int /*argc*/, char* /*argv*/[]) { return 0; }

namespace vitsim::cli {
namespace {

int fail(ExitCode code, const std::string& message) {
  fmt::print(stderr, "vitsim: error: {}\n", message);
  return static_cast<int>(code);
}

int run(int argc, char** argv) {
  Context context{std::chrono::steady_clock::now(), {}};
  CLI::App app("Cycle-accurate, value-exact simulator of Vision Transformer accelerators",
               "vitsim");
  app.set_version_flag("--version", fmt::format("vitsim {}", sim::version()));
  add_run_command(app, context);
  add_gemm_command(app, context);
  add_attention_command(app, context);
  add_compare_command(app, context);
  add_calibrate_command(app, context);
  add_config_command(app, context);
  add_estimate_command(app, context);
  add_program_command(app, context);
  add_map_command(app, context);
  add_trace_command(app, context);
  add_sweep_command(app, context);
  app.footer("\n`vitsim COMMAND --help` describes a command and has examples.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return fail(ExitCode::kBadConfig, usage_message(app, error));
  }
  if (!context.action) {
    return fail(ExitCode::kBadConfig, missing_command(app));
  }
  return static_cast<int>(context.action());
}

}  // namespace
}  // namespace vitsim::cli

int main(int argc, char** argv) {
  using vitsim::ExitCode;
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  vitsim::catch_interrupts();
  try {
    return vitsim::cli::run(argc, argv);
  } catch (const vitsim::Error& error) {
    return vitsim::cli::fail(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return vitsim::cli::fail(ExitCode::kSimulationFailed, "out of memory");
  } catch (const std::exception& error) {
    return vitsim::cli::fail(ExitCode::kSimulationFailed,
                             fmt::format("internal error, please report it: {}", error.what()));
  }
}
