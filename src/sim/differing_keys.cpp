// SPDX-License-Identifier: Apache-2.0
#include "differing_keys.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "vitsim/core/text.h"

namespace vitsim::sim {
namespace {

using Json = nlohmann::ordered_json;

/// Hashes tell what files hold.
constexpr std::array<std::string_view, 3> kLeftOut{"/name", "/weights", "/scales"};

std::string value_of(const Json& flat, const std::string& key) {
  const auto found = flat.find(key);
  return found == flat.end() ? "nothing" : printable(found->dump());
}

}  // namespace

std::vector<DifferingKey> differing_keys(const Json& before, const Json& after) {
  const Json flat_before = before.flatten();
  const Json flat_after = after.flatten();
  std::set<std::string> keys;
  for (const Json* side : {&flat_before, &flat_after}) {
    for (const auto& entry : side->items()) {
      keys.insert(entry.key());
    }
  }
  std::vector<DifferingKey> differing;
  for (const std::string& key : keys) {
    DifferingKey one{key.substr(1), value_of(flat_before, key), value_of(flat_after, key)};
    if (one.before != one.after && std::ranges::find(kLeftOut, key) == kLeftOut.end()) {
      std::ranges::replace(one.name, '/', '.');
      one.name = printable(one.name);
      differing.push_back(std::move(one));
    }
  }
  return differing;
}

}  // namespace vitsim::sim
