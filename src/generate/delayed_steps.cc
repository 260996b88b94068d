#include "generate/delayed_steps.h"

#include <algorithm>

namespace sage {

DelayedSteps::DelayedSteps(const EventReader& reader, int fields)
    : fields_(static_cast<std::size_t>(fields)), ahead_(reader.clone()), before_(reader.clone()) {
  begun_.reserve(fields_ + 1);
}

void DelayedSteps::copy_row(std::size_t row, std::span<TokenId> to) const {
  for (std::size_t field = 0; field < fields_; ++field)
    to[field] = row < field ? kPadId : steps_[(row - field) * fields_ + field];
}

void DelayedSteps::start(std::span<const TokenId> complete) {
  const std::size_t first = begun_.empty() ? steps_.size() : begun_.front().index;
  steps_.erase(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(first));
  steps_.insert(steps_.begin(), complete.begin(), complete.end());
  for (Begun& step : begun_) step.index += complete.size() - first;
}

bool DelayedSteps::read(const Begun& step) {
  const auto ids = std::span(steps_).subspan(step.index, step.chosen);
  return std::all_of(ids.begin(), ids.end(), [&](TokenId id) {
    return ahead_->push(id).type != ReadEvent::Type::kIllegal;
  });
}

void DelayedSteps::assume_rest(const Begun& step) {
  for (std::size_t field = step.chosen; field < fields_; ++field) {
    ahead_->allowed(mask_);
    if (!mask_.empty() &&
        ahead_->push(mask_.ranges().front().begin).type != ReadEvent::Type::kIllegal)
      continue;
    ahead_->copy_from(*before_);
    return;
  }
}

}  // namespace sage
