#include "tokens/bpe/boundary.h"

#include <algorithm>

namespace sage {

// The one place that knows kinds; a new kind declares here what it is and how it advances time.
Segmenter::Rule Segmenter::rule_of(TokenEvent event, int grid) {
  const auto note = [](Time time, int steps) {
    return Rule{.role = Role::kNote, .time = time, .steps = static_cast<std::int16_t>(steps)};
  };
  switch (event.kind) {
    case Kind::kPad:
      return {.role = Role::kPad};
    case Kind::kEos:
      return {.role = Role::kAlone};
    case Kind::kBos:
      return {.role = Role::kBegin};
    case Kind::kStart:
      return {.role = Role::kStart};
    case Kind::kHole:
      return {.role = Role::kHole};
    case Kind::kFill:
      return {.role = Role::kFill};
    case Kind::kEndFill:
      return {.role = Role::kEndFill};
    case Kind::kBar:
      return {.role = Role::kBar};
    case Kind::kTimeSignature:
    case Kind::kTempo:
      return {.role = Role::kHead};
    case Kind::kProgram:
      return {.role = Role::kProgram};
    case Kind::kPosition:
      return note(Time::kSet, event.value);
    case Kind::kTimeShift:
      return note(Time::kAdd, event.value + 1);
    case Kind::kBeat:
      return note(Time::kSet, event.value * grid);
    case Kind::kSubBeat:
      return note(Time::kSetInQuarter, event.value);
    case Kind::kPitch:
    case Kind::kDrum:
    case Kind::kNoteOff:
    case Kind::kDrumOff:
    case Kind::kVelocity:
    case Kind::kDuration:
    case Kind::kNote:
    case Kind::kMetrical:
      return note(Time::kKeep, 0);
  }
  return {};
}

Segmenter::Segmenter(const Tokenization& tokenization, const TokenizerConfig& config,
                     const Vocabulary& vocabulary, Boundary boundary)
    : grid_(vocabulary.grid()), boundary_(boundary) {
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    const TokenEvent event = vocabulary.event(id);
    Rule rule = rule_of(event, grid_);
    rule.ends_note = tokenization.ends_note(event.kind, config);
    rules_.push_back(rule);
  }
}

/// The state of one scan.
class Segmenter::Cutter {
 public:
  Cutter(const Segmenter& segmenter, std::vector<std::uint32_t>& ends)
      : boundary_(segmenter.boundary_), grid_(segmenter.grid_), ends_(ends) {
    ends_.clear();
  }

  /// The token at index i.
  void take(std::uint32_t i, const Rule& rule) {
    if (is_of_note(rule.role)) {
      if (!in_note_) note_begin_ = i;
      in_note_ = true;
      move(rule);
      if (rule.ends_note) end_note();
    } else {
      end_note();
      take_frame(i, rule.role);
    }
  }

  void finish(std::uint32_t size) {
    end_note();
    cut(size);
  }

 private:
  /// PROGRAM occurs among notes and elsewhere, PAD within compound notes and after other tokens.
  bool is_of_note(Role role) const {
    return role == Role::kNote || (role == Role::kProgram && place_ == Place::kMusic) ||
           (role == Role::kPad && in_note_);
  }

  enum class Place : std::uint8_t { kMusic, kHeader, kHole };  // the context of a PROGRAM
  static constexpr int kHead = -1;                             // no note's place

  void cut(std::uint32_t i) {
    if (i == last_cut_) return;
    ends_.push_back(i);
    last_cut_ = i;
  }

  void move(const Rule& rule) {
    switch (rule.time) {
      case Time::kKeep:
        return;
      case Time::kSet:
        time_ = rule.steps;
        return;
      case Time::kAdd:
        time_ += rule.steps;
        return;
      case Time::kSetInQuarter:
        time_ += rule.steps - time_ % grid_;
    }
  }

  /// Only the end of a note determines its onset, and so whether it joins the word before it.
  void end_note() {
    if (!in_note_) return;
    in_note_ = false;
    int stretch = kHead;
    switch (boundary_) {
      case Boundary::kNone:
      case Boundary::kBar:
        return;  // whatever is not a frame joins
      case Boundary::kBeat:
        stretch = time_ / grid_;
        break;
      case Boundary::kPosition:
        stretch = time_;
        break;
      case Boundary::kNote:
        return cut(note_begin_);
    }
    if (stretch != stretch_) cut(note_begin_);
    stretch_ = stretch;
  }

  /// A token outside of notes.
  void take_frame(std::uint32_t i, Role role) {
    if (role == Role::kHead) return;
    if (role == Role::kBar) {
      if (boundary_ != Boundary::kNone) cut(i);
      place_ = filling_ ? Place::kHole : Place::kMusic;
      time_ = 0;
      stretch_ = kHead;
      return;
    }
    cut(i);
    cut(i + 1);
    if (role == Role::kBegin) place_ = Place::kHeader;
    if (role == Role::kHole) place_ = Place::kHole;
    if (role == Role::kStart) place_ = Place::kMusic;
    if (role == Role::kProgram && place_ == Place::kHole) place_ = Place::kMusic;
    if (role == Role::kFill || role == Role::kEndFill) filling_ = role == Role::kFill;
  }

  Boundary boundary_;
  int grid_;
  std::vector<std::uint32_t>& ends_;
  std::uint32_t last_cut_ = 0;
  std::uint32_t note_begin_ = 0;
  bool in_note_ = false;
  bool filling_ = false;
  Place place_ = Place::kMusic;
  int time_ = 0;         // in the bar, in grid steps
  int stretch_ = kHead;  // the beat or position whose notes the open word holds
};

void Segmenter::words(std::span<const std::uint16_t> ids, std::vector<std::uint32_t>& ends) const {
  Cutter cutter(*this, ends);
  const auto size = static_cast<std::uint32_t>(ids.size());
  for (std::uint32_t i = 0; i < size; ++i) cutter.take(i, rules_[ids[i]]);
  cutter.finish(size);
}

}  // namespace sage
