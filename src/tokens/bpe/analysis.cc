#include "tokens/bpe/analysis.h"

namespace sage {
namespace {

constexpr int kUnsaid = -1;

bool is_time(Kind kind) { return attribute_of(kind) == Attribute::kPosition; }

/// What a note, or in midi-like a message, is about.
bool is_pitch(Kind kind) { return attribute_of(kind) == Attribute::kPitch; }
bool is_drum(Kind kind) { return kind == Kind::kDrum || kind == Kind::kDrumOff; }

/// Walks through an expansion and tracks the known time and instrument.
class Anatomist {
 public:
  explicit Anatomist(const Tokenizer& tokenizer)
      : tokenizer_(tokenizer), compact_(tokenizer.config().layout == Layout::kCompact) {}

  void read(TokenEvent event) {
    const auto [kind, value] = event;
    result_.attributes |=
        static_cast<std::uint8_t>(1U << static_cast<unsigned>(attribute_of(kind)));
    if (kind == Kind::kPad) return;  // within compound notes
    const bool of_note = kind == Kind::kNote || kind == Kind::kMetrical;
    if (attribute_of(kind) == Attribute::kStructure && !of_note) {
      if (kind == Kind::kBar && anything_) result_.crosses_bar = true;
      if (in_note_ || ended_) many_ = true;       // what follows is another bar's
      if (kind == Kind::kBar) time_said_ = true;  // position and program start again
    } else {
      read_note_part(kind, value);
    }
    anything_ = true;
  }

  MergeAnatomy finish() {
    using Shape = MergeAnatomy::Shape;
    result_.crosses_note = many_;
    result_.shape = many_              ? Shape::kNotes
                    : ended_ && begun_ ? Shape::kWholeNote
                    : parts_           ? Shape::kFragment
                                       : Shape::kHead;
    return result_;
  }

 private:
  static bool differs(int said, int value) { return said != kUnsaid && said != value; }

  void read_note_part(Kind kind, int value) {
    if (ended_) many_ = true;
    if (is_time(kind)) read_time(kind, value);
    if (kind == Kind::kProgram) {
      // In the compact layout a program after a note, with no time between, is a different one.
      const bool changed = compact_ && ended_ && !time_said_;
      if (changed || differs(program_, value)) result_.crosses_instrument = true;
      program_ = value;
    }
    if (is_pitch(kind)) {
      begun_ = true;
      (is_drum(kind) ? drums_ : pitched_) = true;
      if (drums_ && pitched_) result_.crosses_instrument = true;
    }
    parts_ = in_note_ = true;
    if (tokenizer_.tokenization().ends_note(kind, tokenizer_.config())) {
      ended_ = true;
      in_note_ = time_said_ = false;
    }
  }

  void read_time(Kind kind, int value) {
    time_said_ = true;
    if (kind == Kind::kTimeShift && ended_) result_.crosses_position = true;
    if (kind == Kind::kPosition) {
      const bool moved = compact_ ? ended_ : differs(position_, value);
      if (moved) result_.crosses_position = true;
      position_ = value;
    }
    if (kind == Kind::kBeat) {
      if (differs(beat_, value)) result_.crosses_position = true;
      beat_ = value;
    }
    if (kind == Kind::kSubBeat) {
      if (differs(sub_beat_, value)) result_.crosses_position = true;
      sub_beat_ = value;
    }
  }

  const Tokenizer& tokenizer_;
  bool compact_;
  MergeAnatomy result_;
  bool anything_ = false, parts_ = false;  // any token; any part of a note
  bool in_note_ = false, begun_ = false;   // within one now; its pitch is known
  bool ended_ = false, many_ = false;      // one is complete; there is more than one
  bool time_said_ = false;                 // since the last note's end
  int program_ = kUnsaid, position_ = kUnsaid, beat_ = kUnsaid, sub_beat_ = kUnsaid;
  bool pitched_ = false, drums_ = false;  // notes started
};

}  // namespace

std::string_view shape_name(MergeAnatomy::Shape shape) {
  static constexpr std::array<std::string_view, kShapeCount> kNames = {"bar head", "fragment",
                                                                       "whole note", "notes"};
  return kNames[static_cast<std::size_t>(shape)];
}

MergeAnatomy anatomy(std::span<const std::uint16_t> expansion, const Tokenizer& tokenizer) {
  Anatomist anatomist(tokenizer);
  for (const TokenId id : expansion) anatomist.read(tokenizer.vocabulary().event(id));
  return anatomist.finish();
}

void MergeComposition::add(const MergeAnatomy& one, std::uint64_t times) {
  total += times;
  shapes[static_cast<std::size_t>(one.shape)] += times;
  crosses_note += one.crosses_note ? times : 0;
  crosses_position += one.crosses_position ? times : 0;
  crosses_bar += one.crosses_bar ? times : 0;
  crosses_instrument += one.crosses_instrument ? times : 0;
  attribute_sets[one.attributes] += times;
}

std::string describe_attributes(unsigned attributes) {
  std::string text;
  for (int a = 0; a < kAttributeCount; ++a)
    if ((attributes >> a & 1U) != 0)
      text += (text.empty() ? "" : " + ") + std::string(attribute_name(static_cast<Attribute>(a)));
  return text;
}

}  // namespace sage
