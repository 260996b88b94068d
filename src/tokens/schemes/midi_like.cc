// midi-like: notes as messages, on and off, with time shifts between. After Oore et al. 2018
// (Performance RNN), with the program in each message and with bar lines kept.
//
//   message := [TIME_SHIFT] (on | off)
//   on      := PROGRAM PITCH|DRUM [VELOCITY]
//   off     := PROGRAM NOTE_OFF|DRUM_OFF
//
// At one time come all offs, then all ons, each by (program with drums last, pitch). In the compact
// layout PROGRAM is written only after a BAR or a TIME_SHIFT or where it changes, and nowhere in a
// hole's group. An off ends the first of the sounding notes of its pitch, so lengths are whole grid
// steps up to the longest; a note that a stream leaves sounding for longer is read as the longest.
//
// A note-off is in the bar in which it falls. After the last bar, or the bar of a hole's group, a
// TIME_SHIFT over the bar line begins a tail, in which sounding notes end and none begins.
#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include "tokens/schemes/scheme.h"

namespace sage {
namespace {

int longest_note(const Vocabulary& vocabulary) { return vocabulary.durations().back(); }

class MidiLikeReader {
 public:
  explicit MidiLikeReader(const TokenizerConfig& config)
      : compact_(config.layout == Layout::kCompact) {}

  void begin(const Frame& frame) {
    position_ = 0;
    tail_ = false;
    move(frame);
    due_ = Due::kMessage;
  }
  bool may_break() const { return due_ == Due::kMessage && !tail_; }
  bool may_close() const { return due_ == Due::kMessage && sounding_.empty(); }
  int position() const { return position_; }

  template <class Sink>
  void allowed(const Frame& frame, Sink& sink) const {
    if (due_ == Due::kVelocity) return sink.allow(Kind::kVelocity);
    const bool named = due_ == Due::kPitch;
    const bool implied = compact_ && program_ >= 0;
    if (!named && !(compact_ && frame.hole >= 0))
      sink.allow_in(Kind::kProgram, next_programs(frame, implied));
    if (named || implied) allow_on(frame, sink);
    if (!named) allow_shift(frame, sink);
    if (named || implied) allow_off(frame, sink);
  }

  ReadEvent push(const Frame& frame, TokenEvent token) {
    switch (token.kind) {
      case Kind::kTimeShift:
        shift(frame, token.value + 1);
        return {};
      case Kind::kProgram:
        program_ = token.value;
        due_ = Due::kPitch;
        return {};
      case Kind::kPitch:
      case Kind::kDrum:
        keep_order(/*on=*/true, token.value);
        sounding_.push_back({{frame.bar_start + position_}, program_, token.value});
        due_ = frame.vocabulary->velocity_bins() > 0 ? Due::kVelocity : Due::kMessage;
        return {};
      case Kind::kVelocity:
        sounding_.back().velocity = frame.vocabulary->velocity_of(token.value);
        due_ = Due::kMessage;
        return {};
      default:  // NOTE_OFF or DRUM_OFF
        keep_order(/*on=*/false, token.value);
        due_ = Due::kMessage;
        return release(frame, token.value);
    }
  }

 private:
  enum class Due : std::uint8_t { kMessage, kMessageAfterShift, kPitch, kVelocity };
  struct Sounding {
    Tick onset;
    int program;
    int pitch;
    std::uint8_t velocity = kDefaultVelocity;
    bool is(int p, int q) const { return program == p && pitch == q; }
  };
  struct Ended {
    Tick onset, end;
    int program;
    int pitch;
  };

  // -- transitions

  /// Time has advanced, or a bar begins: the order of messages starts again.
  void move(const Frame& frame) {
    ons_ = false;
    last_program_ = last_pitch_ = -1;
    program_ = compact_ ? frame.hole : -1;
  }
  void shift(const Frame& frame, int steps) {
    position_ += steps;
    tail_ = position_ >= frame.bar_length;
    move(frame);
    whole_shift_ = steps == frame.vocabulary->max_bar();
    due_ = Due::kMessageAfterShift;
  }
  void keep_order(bool on, int pitch) {
    ons_ = on;
    last_program_ = program_;
    last_pitch_ = pitch;
  }

  ReadEvent release(const Frame& frame, int pitch) {
    const auto note = std::find_if(sounding_.begin(), sounding_.end(),
                                   [&](const Sounding& s) { return s.is(program_, pitch); });
    ReadEvent event = event_of(ReadEvent::Type::kNote);
    event.onset = note->onset;
    event.duration = end_of(frame, *note) - note->onset;
    event.program = program_;
    event.pitch = static_cast<std::uint8_t>(pitch);
    event.velocity = note->velocity;
    if (frame.holed.has(program_))
      ended_.push_back({note->onset, note->onset + event.duration, program_, pitch});
    sounding_.erase(note);
    return event;
  }

  /// Now, or as soon as the longest note is over. The notes of a hole's group are written apart
  /// from those around them, so first in, first out is not the stream's order there: the end of the
  /// one read now is brought between those of the notes that begin before and after it.
  Tick end_of(const Frame& frame, const Sounding& note) const {
    Tick end = std::min(Tick{frame.bar_start + position_},
                        note.onset + Tick{longest_note(*frame.vocabulary)});
    if (frame.hole < 0) return end;
    for (const Ended& other : ended_) {
      if (!note.is(other.program, other.pitch)) continue;
      end = other.onset < note.onset ? std::max(end, other.end) : std::min(end, other.end);
    }
    return end;
  }

  // -- what may follow

  /// Whether a message of this program and pitch may follow the last one at this time.
  int lowest_off(int program) const {
    if (ons_ || program < last_program_) return 128;
    return program > last_program_ ? 0 : last_pitch_;
  }
  int lowest_on(int program) const {
    if (!ons_ || program > last_program_) return 0;
    return program < last_program_ ? 128 : last_pitch_ + 1;
  }

  /// Where a tail ends: notes that began within the bar are over then.
  int limit(const Frame& frame) const { return frame.bar_length + longest_note(*frame.vocabulary); }

  /// The notes that may end now. If time cannot advance, they must end in order.
  template <class Visit>
  void each_releasable(const Frame& frame, Visit visit) const {
    const auto before = [](const Sounding& a, const Sounding& b) {
      return std::tie(a.program, a.pitch) < std::tie(b.program, b.pitch);
    };
    if (position_ >= limit(frame)) {
      const auto first = std::min_element(sounding_.begin(), sounding_.end(), before);
      if (first != sounding_.end()) visit(*first);
      return;
    }
    for (const Sounding& note : sounding_)
      if (note.pitch >= lowest_off(note.program)) visit(note);
  }

  IndexSet next_programs(const Frame& frame, bool implied) const {
    IndexSet programs;
    if (!tail_) {
      programs = frame.open;
      if (ons_) programs.clear_below(last_pitch_ < 127 ? last_program_ : last_program_ + 1);
    }
    each_releasable(frame, [&](const Sounding& note) { programs.set(note.program); });
    if (implied) programs.reset(program_);
    return programs;
  }

  template <class Sink>
  void allow_on(const Frame& frame, Sink& sink) const {
    if (tail_ || !frame.open.has(program_)) return;
    sink.allow(program_ == kDrumProgram ? Kind::kDrum : Kind::kPitch, lowest_on(program_));
  }
  template <class Sink>
  void allow_off(const Frame& frame, Sink& sink) const {
    IndexSet pitches;
    each_releasable(frame, [&](const Sounding& note) {
      if (note.program == program_) pitches.set(note.pitch);
    });
    sink.allow_in(program_ == kDrumProgram ? Kind::kDrumOff : Kind::kNoteOff, pitches);
  }

  /// One shift covers any time within the bar, or past its end; only a tail may be longer than the
  /// longest one, and then begins with it.
  template <class Sink>
  void allow_shift(const Frame& frame, Sink& sink) const {
    if (due_ == Due::kMessageAfterShift && !(tail_ && whole_shift_)) return;
    if (!sounding_.empty())
      sink.allow(Kind::kTimeShift, 0, limit(frame) - position_);
    else if (!tail_ && frame.open.any())
      sink.allow(Kind::kTimeShift, 0, frame.bar_length - 1 - position_);
  }

  bool compact_;
  Due due_ = Due::kMessage;
  int position_ = 0;
  bool tail_ = false;                        // after the end of the bar
  bool whole_shift_ = false;                 // the last shift was the longest one
  bool ons_ = false;                         // the last message at this time was an on
  int last_program_ = -1, last_pitch_ = -1;  // of that message; -1 before the first
  int program_ = -1;                         // named or implied
  std::vector<Sounding> sounding_;           // by onset
  std::vector<Ended> ended_;                 // of programs with holes, since their first one
};

class MidiLikeWriter {
 public:
  MidiLikeWriter(const TokenizerConfig& config, TokenSink& sink)
      : compact_(config.layout == Layout::kCompact),
        velocity_(config.velocity),
        longest_shift_(sink.vocabulary().max_bar()),
        sink_(sink) {}

  void begin(const Span& span) {
    span_ = span;
    now_ = span.start;
    program_ = compact_ ? span.hole : -1;
  }
  void write(const Placed& placed) {
    const auto& [note, program] = placed;
    release_until(note->onset.count);
    advance(note->onset.count);
    message(program, program == kDrumProgram ? Kind::kDrum : Kind::kPitch, note->pitch);
    if (velocity_) sink_.put(Kind::kVelocity, sink_.vocabulary().velocity_bin(note->velocity));
    sounding_.push_back({(note->onset + note->duration).count, program, note->pitch});
    std::push_heap(sounding_.begin(), sounding_.end(), std::greater<>());
  }
  void end_bar() { release_until(span_.start + span_.length - 1); }
  void close() { release_until(INT64_MAX); }

 private:
  using End = std::tuple<std::int64_t, int, int>;  // time, program, pitch

  void release_until(std::int64_t time) {
    while (!sounding_.empty() && std::get<0>(sounding_.front()) <= time) {
      const auto [end, program, pitch] = sounding_.front();
      std::pop_heap(sounding_.begin(), sounding_.end(), std::greater<>());
      sounding_.pop_back();
      advance(end);
      message(program, program == kDrumProgram ? Kind::kDrumOff : Kind::kNoteOff, pitch);
    }
  }
  void advance(std::int64_t time) {
    while (now_ < time) {
      const std::int64_t steps = std::min<std::int64_t>(time - now_, longest_shift_);
      sink_.put(Kind::kTimeShift, static_cast<int>(steps) - 1);
      now_ += steps;
      program_ = compact_ ? span_.hole : -1;
    }
  }
  void message(int program, Kind kind, int pitch) {
    if (!compact_ || program != program_) sink_.put(Kind::kProgram, program);
    program_ = program;
    sink_.put(kind, pitch);
  }

  bool compact_, velocity_;
  int longest_shift_;
  TokenSink& sink_;
  Span span_;
  std::int64_t now_ = 0;
  int program_ = -1;
  std::vector<End> sounding_;  // a heap, the first to end in front
};

/// Gives the notes of each pitch of a track their ends in the order of their onsets; how many of
/// them change. Overlapping notes of a pitch are indistinguishable when they end.
std::size_t pair_first_in_first_out(std::vector<Note>& notes) {
  std::array<Tick, 128> last_end = {};
  IndexSet tangled;
  for (const Note& note : notes) {
    Tick& last = last_end[note.pitch];
    if (note.onset + note.duration < last) tangled.set(note.pitch);
    last = std::max(last, note.onset + note.duration);
  }
  std::size_t changed = 0;
  std::vector<Tick> ends;
  for (int pitch = tangled.next(0); pitch < IndexSet::kCapacity; pitch = tangled.next(pitch + 1)) {
    ends.clear();
    for (const Note& note : notes)
      if (note.pitch == pitch) ends.push_back(note.onset + note.duration);
    std::sort(ends.begin(), ends.end());
    auto end = ends.begin();
    for (Note& note : notes) {
      if (note.pitch != pitch) continue;
      const Tick duration = *end++ - note.onset;
      changed += duration != note.duration;
      note.duration = duration;
    }
  }
  return changed;
}

class MidiLike final : public Scheme<MidiLikeReader, MidiLikeWriter> {
 public:
  std::string_view name() const override { return "midi-like"; }
  KindSet kinds(const TokenizerConfig& config) const override {
    const KindSet kinds =
        structure_kinds() | KindSet{Kind::kProgram,   Kind::kPitch,   Kind::kDrum,
                                    Kind::kTimeShift, Kind::kNoteOff, Kind::kDrumOff};
    return config.velocity ? kinds | KindSet{Kind::kVelocity} : kinds;
  }
  bool ends_note(Kind kind, const TokenizerConfig& config) const override {
    if (kind == Kind::kNoteOff || kind == Kind::kDrumOff) return true;
    return config.velocity ? kind == Kind::kVelocity : kind == Kind::kPitch || kind == Kind::kDrum;
  }
  void canonicalise(Quantised& piece) const override {
    std::size_t changed = 0;
    for (Track& track : piece.score.tracks) changed += pair_first_in_first_out(track.notes);
    if (changed > 0)
      piece.warnings.push_back(std::to_string(changed) +
                               " overlapping notes of one pitch were given each other's ends: "
                               "first in, first out");
  }
};

}  // namespace

const Tokenization& midi_like_tokenization() {
  static const MidiLike scheme;
  return scheme;
}

}  // namespace sage
