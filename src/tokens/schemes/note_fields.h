// The fields of a note after its position, in the schemes with note lengths:
// PROGRAM, PITCH|DRUM, [VELOCITY], DURATION. Reader and writer.
//
// Within a position programs are in their order (Frame::after), and pitches ascend within one. In
// the compact layout PROGRAM is written only where it changes within a position, and nowhere in a
// hole's group, which names it.
#pragma once

#include <algorithm>

#include "tokens/schemes/skeleton_reader.h"
#include "tokens/schemes/skeleton_writer.h"

namespace sage {

inline KindSet note_field_kinds(const TokenizerConfig& config) {
  const KindSet kinds = {Kind::kProgram, Kind::kPitch, Kind::kDrum, Kind::kDuration};
  return config.velocity ? kinds | KindSet{Kind::kVelocity} : kinds;
}

class NoteFieldsReader {
 public:
  explicit NoteFieldsReader(bool compact) : compact_(compact) {}

  /// The next note has another position than the last one.
  void move(const Frame& frame) {
    program_ = compact_ ? frame.hole : -1;
    pitch_ = -1;
  }
  /// Whether a note has started and is not complete.
  bool pending() const { return due_ != Due::kNote; }
  /// Whether one more note fits at this position.
  bool fits(const Frame& frame) const { return next_programs(frame).any(); }

  /// The first field of one more note at this position.
  template <class Sink>
  void allow_first(const Frame& frame, Sink& sink) const {
    if (!compact_) return sink.allow_in(Kind::kProgram, next_programs(frame));
    if (frame.hole < 0) sink.allow_in(Kind::kProgram, frame.after(program_));
    if (program_ >= 0 && frame.open.has(program_)) allow_pitch(sink);
  }
  /// Precondition: pending().
  template <class Sink>
  void allow_rest(const Frame& frame, Sink& sink) const {
    if (due_ == Due::kPitch) return allow_pitch(sink);
    const bool velocity = due_ == Due::kVelocity && frame.vocabulary->velocity_bins() > 0;
    sink.allow(velocity ? Kind::kVelocity : Kind::kDuration);
  }

  /// `position` is in grid steps from the start of the bar.
  ReadEvent push(const Frame& frame, TokenEvent token, int position) {
    switch (token.kind) {
      case Kind::kProgram:
        if (token.value != program_) pitch_ = -1;
        program_ = token.value;
        due_ = Due::kPitch;
        return {};
      case Kind::kVelocity:
        velocity_ = frame.vocabulary->velocity_of(token.value);
        due_ = Due::kDuration;
        return {};
      case Kind::kDuration:
        due_ = Due::kNote;
        return note(frame, token.value, position);
      default:  // PITCH or DRUM
        pitch_ = token.value;
        velocity_ = kDefaultVelocity;
        due_ = Due::kVelocity;
        return {};
    }
  }

 private:
  enum class Due : std::uint8_t { kNote, kPitch, kVelocity, kDuration };

  /// Of one more note here: the last one's too, as long as there is a higher pitch.
  IndexSet next_programs(const Frame& frame) const {
    IndexSet programs = frame.after(program_);
    if (program_ >= 0 && pitch_ < 127 && frame.open.has(program_)) programs.set(program_);
    return programs;
  }

  template <class Sink>
  void allow_pitch(Sink& sink) const {
    sink.allow(program_ == kDrumProgram ? Kind::kDrum : Kind::kPitch, pitch_ + 1);
  }

  ReadEvent note(const Frame& frame, int duration, int position) const {
    ReadEvent event = event_of(ReadEvent::Type::kNote);
    event.onset = {frame.bar_start + position};
    event.duration = {frame.vocabulary->durations()[static_cast<std::size_t>(duration)]};
    event.program = program_;
    event.pitch = static_cast<std::uint8_t>(pitch_);
    event.velocity = velocity_;
    return event;
  }

  bool compact_;
  Due due_ = Due::kNote;
  int program_ = -1, pitch_ = -1;  // of the last note at this position; the hole's, if implied
  std::uint8_t velocity_ = kDefaultVelocity;
};

class NoteFieldsWriter {
 public:
  NoteFieldsWriter(bool compact, TokenSink& sink)
      : compact_(compact), velocity_(sink.vocabulary().velocity_bins() > 0), sink_(sink) {}

  /// See NoteFieldsReader::move.
  void move(const Span& span) { program_ = compact_ ? span.hole : -1; }
  void write(const Placed& placed) {
    const auto& [note, program] = placed;
    const Vocabulary& vocabulary = sink_.vocabulary();
    if (!compact_ || program != program_) sink_.put(Kind::kProgram, program);
    sink_.put(program == kDrumProgram ? Kind::kDrum : Kind::kPitch, note->pitch);
    if (velocity_) sink_.put(Kind::kVelocity, vocabulary.velocity_bin(note->velocity));
    sink_.put(Kind::kDuration,
              vocabulary.duration_index(static_cast<double>(note->duration.count)));
    program_ = program;
  }

 private:
  bool compact_, velocity_;
  TokenSink& sink_;
  int program_ = -1;
};

}  // namespace sage
