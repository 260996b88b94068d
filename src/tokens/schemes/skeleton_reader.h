// The part of a reader that all schemes share: head of the piece, bars with their meters, tempi and
// holes, the filling of holes, the end. A scheme supplies the notes of a bar (or of a hole).
//
//   piece := BOS program* START bar* [fill] EOS
//   bar   := BAR [TIME_SIGNATURE] [TEMPO] (HOLE PROGRAM)* notes
//   fill  := FILL (BAR PROGRAM notes)+ END_FILL     one group a hole, in the order of the holes
//
// In a scheme with a stride every token named here is a separate step: PAD fills its other
// fields.
//
// `Notes` is a plain value class with
//   Notes(const TokenizerConfig&);
//   void begin(const Frame&);                              a bar, or a hole's group, begins
//   template <class Sink> void allowed(const Frame&, Sink&) const;    tokens of the notes part only
//   ReadEvent push(const Frame&, TokenEvent);              one of those
//   bool may_break() const;                                the next bar may come
//   bool may_close() const;                                ... and nothing sounds beyond
//   int position() const;                                  grid steps from the start of the bar
// It is compiled into the reader: no call in push() and allowed() is virtual but their own.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tokens/config.h"
#include "tokens/reader.h"
#include "tokens/schemes/grammar.h"
#include "tokens/schemes/program_order.h"

namespace sage {

inline ReadEvent event_of(ReadEvent::Type type) {
  ReadEvent event;
  event.type = type;
  return event;
}

/// Where notes are read: a bar, or the group of a hole.
struct Frame {
  const Vocabulary* vocabulary = nullptr;
  std::int64_t bar_start = 0;
  int bar_length = 0;
  int hole = -1;      // the program of the hole being filled, -1 in the bars themselves
  IndexSet open;      // whose notes may begin here: while filling, the hole's alone
  IndexSet holed;     // that have had a hole anywhere so far
  HeaderOrder order;  // lists nothing where programs ascend

  /// The open programs that come after `program` at a position; -1: all.
  IndexSet after(int program) const {
    IndexSet programs = open;
    order.remove_through(program, programs);
    return programs;
  }
};

template <class Notes>
class SkeletonReader final : public EventReader {
 public:
  SkeletonReader(const TokenizerConfig& config, const Vocabulary& vocabulary, int stride)
      : notes_(config), by_header_(config.order == ProgramOrder::kHeader), stride_(stride) {
    frame_.vocabulary = &vocabulary;
    for (int program = 0; program < kProgramCount; ++program) programs_.set(program);
  }

  std::unique_ptr<EventReader> clone() const override {
    return std::make_unique<SkeletonReader>(*this);
  }
  void copy_from(const EventReader& other) override {
    *this = static_cast<const SkeletonReader&>(other);
  }

  ReadEvent push(TokenId id) override {
    if (!frame_.vocabulary->contains(id)) return event_of(ReadEvent::Type::kIllegal);
    const TokenEvent token = frame_.vocabulary->event(id);
    Probe probe(token);
    say_allowed(probe);
    if (!probe.found()) return event_of(ReadEvent::Type::kIllegal);
    if (padding_ > 0) {
      --padding_;
      return {};
    }
    const bool structural = token.kind != Kind::kPad && token.kind <= Kind::kTempo;
    if (in_bar() && !structural) {
      state_ = State::kNotes;
      return notes_.push(frame_, token);
    }
    padding_ = stride_ - 1;
    return push_structure(token);
  }

  void allowed(TokenMask& mask) const override {
    MaskSink sink(mask, *frame_.vocabulary);
    say_allowed(sink);
  }

  void restrict_programs(const ProgramSet& programs) override {
    programs_.clear();
    for (int program = 0; program < kProgramCount; ++program)
      if (programs[static_cast<std::size_t>(program)]) programs_.set(program);
    if (frame_.hole < 0) open_programs();
  }

  int bars_begun() const override { return bars_; }
  Tick now() const override { return {frame_.bar_start + notes_.position()}; }

 private:
  // What was read last. Notes may begin in all states from kBar to kNotes.
  enum class State : std::uint8_t {
    kBegin,
    kHeader,
    kStarted,
    kHole,
    kBar,
    kMeter,
    kTempo,
    kHoleProgram,
    kNotes,
    kFill,
    kFillBar,
    kFilled,
    kEnd
  };
  struct OpenHole {
    std::int64_t bar_start;
    int bar_length;
    int program;
  };

  bool in_bar() const { return state_ >= State::kBar && state_ <= State::kNotes; }
  bool filling() const { return frame_.hole >= 0; }

  // -- transitions

  ReadEvent push_structure(TokenEvent token) {
    switch (token.kind) {
      case Kind::kBos:
        state_ = State::kHeader;
        break;
      case Kind::kStart:
        state_ = State::kStarted;
        break;
      case Kind::kBar:
        return begin_bar();
      case Kind::kTimeSignature:
        return change_meter(token.value);
      case Kind::kTempo:
        return change_tempo(token.value);
      case Kind::kHole:
        state_ = State::kHole;
        break;
      case Kind::kProgram:
        name_program(token.value);
        break;
      case Kind::kFill:
        filled_ = 0;
        state_ = State::kFill;
        break;
      case Kind::kEndFill:
        state_ = State::kFilled;
        break;
      case Kind::kEos:
        state_ = State::kEnd;
        return event_of(ReadEvent::Type::kEnd);
      default:
        break;  // the notes' own
    }
    return {};
  }

  ReadEvent begin_bar() {
    if (state_ == State::kFill || filling()) {
      const OpenHole& hole = holes_[filled_];
      frame_.bar_start = hole.bar_start;
      frame_.bar_length = hole.bar_length;
      frame_.hole = hole.program;
      frame_.open.clear();
      frame_.open.set(hole.program);
      state_ = State::kFillBar;
      return {};
    }
    frame_.bar_start += frame_.bar_length;
    ++bars_;
    last_program_ = -1;
    open_programs();
    notes_.begin(frame_);
    state_ = State::kBar;
    ReadEvent event = event_of(ReadEvent::Type::kBar);
    event.onset = {frame_.bar_start};
    return event;
  }

  ReadEvent change_meter(int value) {
    meter_ = value;
    state_ = State::kMeter;
    ReadEvent event = event_of(ReadEvent::Type::kMeter);
    event.onset = {frame_.bar_start};
    event.meter = frame_.vocabulary->meters()[static_cast<std::size_t>(value)];
    frame_.bar_length = frame_.vocabulary->bar_steps(event.meter);
    return event;
  }

  ReadEvent change_tempo(int value) {
    tempo_ = value;
    state_ = State::kTempo;
    ReadEvent event = event_of(ReadEvent::Type::kTempo);
    event.onset = {frame_.bar_start};
    event.us_per_quarter = frame_.vocabulary->tempos()[static_cast<std::size_t>(value)];
    return event;
  }

  /// In the header, after HOLE, or at the start of a hole's group.
  void name_program(int program) {
    if (state_ == State::kFillBar) {
      ++filled_;
      state_ = State::kNotes;
      return notes_.begin(frame_);
    }
    last_program_ = program;
    if (state_ == State::kHeader) {
      if (by_header_) frame_.order.list(program);
      return;
    }
    holes_.push_back({frame_.bar_start, frame_.bar_length, program});
    frame_.open.reset(program);
    frame_.holed.set(program);
    state_ = State::kHoleProgram;
  }

  void open_programs() {
    frame_.open = programs_;
    for (auto hole = holes_.rbegin(); hole != holes_.rend() && hole->bar_start == frame_.bar_start;
         ++hole)
      frame_.open.reset(hole->program);
  }

  // -- what may follow, in the order of ids, that is of kinds

  template <class Sink>
  void say_allowed(Sink& sink) const {
    if (padding_ > 0) return sink.allow(Kind::kPad);
    switch (state_) {
      case State::kBegin:
        return sink.allow(Kind::kBos);
      case State::kHeader:
        sink.allow(Kind::kStart);
        return say_header(sink);
      case State::kStarted:
        sink.allow(Kind::kEos);
        return sink.allow(Kind::kBar);
      case State::kHole:
        return sink.allow(Kind::kProgram, last_program_ + 1);
      case State::kBar:
      case State::kMeter:
      case State::kTempo:
      case State::kHoleProgram:
        return say_head(sink);
      case State::kNotes:
        say_eos(sink);
        say_next_bar(sink);
        return notes_.allowed(frame_, sink);
      case State::kFill:
        return sink.allow(Kind::kBar);
      case State::kFillBar:
        return sink.allow(Kind::kProgram, frame_.hole, frame_.hole + 1);
      case State::kFilled:
        return sink.allow(Kind::kEos);
      case State::kEnd:
        return;
    }
  }

  template <class Sink>
  void say_header(Sink& sink) const {
    if (!by_header_) return sink.allow(Kind::kProgram, last_program_ + 1);
    const IndexSet& listed = frame_.order.listed();
    for (int first = listed.next_gap(0); first < kProgramCount;) {
      const int end = std::min(listed.next(first), kProgramCount);
      sink.allow(Kind::kProgram, first, end);
      first = listed.next_gap(end);
    }
  }

  template <class Sink>
  void say_head(Sink& sink) const {
    const bool bare = state_ == State::kBar;
    if (bare && meter_ < 0) return sink.allow(Kind::kTimeSignature);
    if (tempo_ < 0) return sink.allow(Kind::kTempo);
    say_eos(sink);
    if (last_program_ < kProgramCount - 1) sink.allow(Kind::kHole);
    say_next_bar(sink);
    if (bare) say_all_but(sink, Kind::kTimeSignature, meter_);
    if (bare || state_ == State::kMeter) say_all_but(sink, Kind::kTempo, tempo_);
    notes_.allowed(frame_, sink);
  }

  template <class Sink>
  static void say_all_but(Sink& sink, Kind kind, int value) {
    sink.allow(kind, 0, value);
    sink.allow(kind, value + 1);
  }

  // What may end a bar or a group. In two steps, because the id of HOLE is between them.
  template <class Sink>
  void say_eos(Sink& sink) const {
    if (holes_.empty() && notes_.may_close()) sink.allow(Kind::kEos);
  }
  template <class Sink>
  void say_next_bar(Sink& sink) const {
    if (!filling()) {
      if (!holes_.empty() && notes_.may_close()) sink.allow(Kind::kFill);
      if (notes_.may_break()) sink.allow(Kind::kBar);
    } else if (notes_.may_close()) {
      sink.allow(filled_ < holes_.size() ? Kind::kBar : Kind::kEndFill);
    }
  }

  Frame frame_;
  Notes notes_;
  State state_ = State::kBegin;
  bool by_header_;  // programs are in the header's order
  int stride_;
  int padding_ = 0;  // PADs due
  int bars_ = 0;
  int meter_ = -1, tempo_ = -1;  // in force; -1 before the first
  int last_program_ = -1;        // of the header, or of the bar's holes
  IndexSet programs_;            // that may be written at all
  std::vector<OpenHole> holes_;
  std::size_t filled_ = 0;  // groups started
};

}  // namespace sage
