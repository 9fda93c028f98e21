// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "vitsim/sweep/store.h"

namespace vitsim::sweep {

/// As what the tables of a store are written.
enum class ExportFormat {
  kCsv,   ///< RFC 4180: a row of names, rows that end with CR LF; what is absent is empty
  kJson,  ///< an array of objects, one a line; what is absent, or no finite number, is null
};

/// Takes the next piece of the text.
using Write = std::function<void(std::string_view)>;

/// A row a point: id, status, message, wall_seconds, peak_rss_bytes, then every column of the
/// store. Memory does not grow with the points.
void export_points(const Store& store, ExportFormat format, const Write& write);

/// A row a layer of each point: point, layer, and what LayerResult has.
void export_layers(const Store& store, ExportFormat format, const Write& write);

}  // namespace vitsim::sweep
