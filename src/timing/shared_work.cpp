// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/shared_work.h"

#include <algorithm>

namespace vitsim::timing {

void SharedWork::add(std::int64_t from, std::int64_t work) {
  // What begins no later is done before this; what begins later is not.
  std::size_t behind = count_;
  while (behind > 0 && starts_[behind - 1].from > from) {
    --behind;
  }
  for (std::size_t i = 0; i < behind; ++i) {
    starts_[i].end += work;
  }
  const std::int64_t later =
      behind < count_ ? starts_[behind].end - starts_[behind].from : std::int64_t{0};
  const Start added{from, from + work + later};
  if (behind == 0 || added.end > starts_[behind - 1].end) {
    std::copy_backward(starts_.begin() + static_cast<std::ptrdiff_t>(behind),
                       starts_.begin() + static_cast<std::ptrdiff_t>(count_),
                       starts_.begin() + static_cast<std::ptrdiff_t>(count_) + 1);
    starts_[behind] = added;
    ++count_;
  }
  // Later ones that have been overtaken never matter again.
  std::size_t kept = behind;
  for (std::size_t i = behind; i < count_; ++i) {
    if (kept == 0 || starts_[i].end > starts_[kept - 1].end) {
      starts_[kept++] = starts_[i];
    }
  }
  count_ = kept;
  if (count_ > kKept) {
    std::copy(starts_.begin() + 1, starts_.end(), starts_.begin());
    --count_;
  }
}

}  // namespace vitsim::timing
