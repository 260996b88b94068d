// Steps that are written with the delay pattern: field s of a step is chosen s rows after its
// first, so up to S - 1 steps are begun at a time, and a field is chosen while the steps before its
// own are not complete.
//
// The grammar judges complete steps. For a step whose predecessors are not complete it judges as if
// their missing fields were the lowest it allows, which leave most room for what follows. What was
// said on that assumption may turn out unsayable: such a step is dropped, for the reader never sees
// it; the model, which does not know, goes on.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "nn/output_spec.h"
#include "tokens/reader.h"

namespace sage {

class DelayedSteps {
 public:
  /// `reader` stands behind complete steps; it is only copied. `fields` is S.
  DelayedSteps(const EventReader& reader, int fields);

  /// The steps from the last start() on, (steps, S), kPadId where a field is not chosen yet.
  std::span<const TokenId> steps() const { return steps_; }
  std::size_t rows() const { return steps_.size() / fields_; }
  /// Row `row` of shift_fields(steps()). Precondition: row < rows().
  void copy_row(std::size_t row, std::span<TokenId> to) const;

  /// From here on the steps are these, complete ones, and the ones that are being written.
  void start(std::span<const TokenId> complete);

  /// The steps that are not complete. Not counted: those dropped.
  bool idle() const { return begun_.empty(); }
  std::size_t dropped() const { return dropped_; }

  /// Chooses the fields of the next row, the oldest step's first, by `choose(field, mask, reader)`,
  /// where the mask is not empty and `reader` stands before the field; its answer must be in the
  /// mask. `begin`: a step begins with this row. Returns the step that the row completes, which
  /// `reader` then accepts, or nothing. Precondition: `reader` has accepted the ones before.
  template <class Choose>
  std::span<const TokenId> write_row(const EventReader& reader, bool begin, Choose&& choose);

 private:
  struct Begun {
    std::size_t index;       // of its first id in steps_
    std::size_t chosen = 0;  // fields
    bool dropped = false;
  };

  /// Gives the fields chosen so far to the reader that looks ahead; false where one is illegal.
  bool read(const Begun& step);
  /// Completes a step for that reader.
  void assume_rest(const Begun& step);

  std::size_t fields_;
  std::vector<TokenId> steps_;
  std::vector<Begun> begun_;  // the oldest first, at most S
  std::size_t dropped_ = 0;
  std::unique_ptr<EventReader> ahead_, before_;  // behind and before the step at hand
  TokenMask mask_;
};

template <class Choose>
std::span<const TokenId> DelayedSteps::write_row(const EventReader& reader, bool begin,
                                                 Choose&& choose) {
  if (begin) begun_.push_back({steps_.size()});
  steps_.insert(steps_.end(), fields_, kPadId);
  ahead_->copy_from(reader);
  for (Begun& step : begun_) {
    before_->copy_from(*ahead_);
    bool legal = !step.dropped && read(step);
    if (legal) {
      ahead_->allowed(mask_);
      legal = !mask_.empty();
    }
    if (legal) {
      const TokenId id = choose(static_cast<int>(step.chosen), mask_, *ahead_);
      steps_[step.index + step.chosen] = id;
      legal = ahead_->push(id).type != ReadEvent::Type::kIllegal;
    }
    ++step.chosen;
    if (!legal) {
      dropped_ += !step.dropped;
      step.dropped = true;
      ahead_->copy_from(*before_);
    } else {
      assume_rest(step);
    }
  }
  if (begun_.empty() || begun_.front().chosen < fields_) return {};
  const Begun done = begun_.front();
  begun_.erase(begun_.begin());
  if (done.dropped) return {};
  return std::span(steps_).subspan(done.index, fields_);
}

}  // namespace sage
