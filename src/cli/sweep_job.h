// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/sweep/point_hash.h"
#include "vitsim/sweep/runner.h"
#include "vitsim/sweep/space.h"
#include "vitsim/sweep/spec.h"

namespace vitsim::cli {

/// What is to be run for a point of a sweep: its files and keys are read, and what is wrong with
/// them is the job's problem.
sweep::Job sweep_job(const sweep::Spec& spec, const sweep::Point& point, sweep::PointHash& hash);

}  // namespace vitsim::cli
