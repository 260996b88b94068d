// remi+: BAR, [TIME_SIGNATURE], [TEMPO], [HOLE PROGRAM]..., then notes as POSITION, PROGRAM,
// PITCH|DRUM, [VELOCITY], DURATION in the order (position, program with drums last, pitch). After
// von Ruette et al. 2022 (FIGARO), with a header of programs and with holes for infilling.
//
//   piece := BOS program* START bar* [fill] EOS
//   bar   := BAR [TIME_SIGNATURE] [TEMPO] (HOLE PROGRAM)* note*
//   fill  := FILL (BAR PROGRAM note*)+ END_FILL          one group a hole, in the order of the
//   holes
//
// In the full layout each note has all its attributes. In the compact one POSITION stands only
// where it changes, PROGRAM only after a POSITION or where it changes; a filled hole has just the
// one PROGRAM.
#include <algorithm>
#include <vector>

#include "tokens/tokenization.h"

namespace sage {
namespace {

// ----------------------------------------------------------------------------------------------
// writer

class Writer {
 public:
  Writer(const TokenizerConfig& config, const Vocabulary& vocabulary)
      : compact_(config.layout == Layout::kCompact), vocabulary_(vocabulary) {}

  std::vector<TokenId> write(const Quantised& piece, const EncodeOptions& options) {
    gather(piece);
    put(Kind::kBos);
    if (options.header)
      for (const Track& track : piece.score.tracks) put(Kind::kProgram, track.program_or_drum());
    put(Kind::kStart);
    auto note = notes_.begin();
    auto hole = options.holes.begin();
    std::vector<Group> groups;
    for (std::size_t b = 0; b < piece.bars.size(); ++b) {
      const Bar& bar = piece.bars[b];
      head(piece.score, bar);
      const auto first_hole = hole;
      for (; hole != options.holes.end() && hole->bar == static_cast<int>(b); ++hole) {
        put(Kind::kHole);
        put(Kind::kProgram, hole->program);
        groups.push_back({hole->program, bar.start, {}});
      }
      const std::size_t bar_groups = groups.size() - static_cast<std::size_t>(hole - first_hole);
      Cursor cursor;
      for (; note != notes_.end() && note->note.onset < bar.end(); ++note) {
        const auto group =
            std::find_if(groups.begin() + static_cast<std::ptrdiff_t>(bar_groups), groups.end(),
                         [&](const Group& g) { return g.program == note->program; });
        if (group != groups.end())
          group->notes.push_back(*note);
        else
          put_note(*note, bar.start, cursor);
      }
    }
    if (!groups.empty()) put(Kind::kFill);
    for (const Group& group : groups) {
      put(Kind::kBar);
      put(Kind::kProgram, group.program);
      Cursor cursor;
      cursor.hole_program = group.program;
      for (const Placed& placed : group.notes) put_note(placed, group.start, cursor);
    }
    if (!groups.empty()) put(Kind::kEndFill);
    if (options.end) put(Kind::kEos);
    return std::move(ids_);
  }

 private:
  struct Placed {
    Note note;
    int program;
  };
  struct Group {  // a hole's notes
    int program;
    Tick start;  // of its bar
    std::vector<Placed> notes;
  };
  struct Cursor {
    int hole_program = -1;  // of the group being written
    std::int64_t position = -1;
    int program = -1;
  };

  void put(Kind kind, int value = 0) { ids_.push_back(vocabulary_.id(kind, value)); }

  void gather(const Quantised& piece) {
    for (const Track& track : piece.score.tracks)
      for (const Note& note : track.notes) notes_.push_back({note, track.program_or_drum()});
    std::sort(notes_.begin(), notes_.end(), [](const Placed& a, const Placed& b) {
      return std::tie(a.note.onset, a.program, a.note.pitch) <
             std::tie(b.note.onset, b.program, b.note.pitch);
    });
  }

  void head(const Score& score, const Bar& bar) {
    put(Kind::kBar);
    if (meter_ < score.meters.size() && score.meters[meter_].time == bar.start)
      put(Kind::kTimeSignature, *vocabulary_.meter_index(score.meters[meter_++].meter));
    if (tempo_ < score.tempos.size() && score.tempos[tempo_].time == bar.start)
      put(Kind::kTempo, vocabulary_.tempo_index(score.tempos[tempo_++].us_per_quarter));
  }

  void put_note(const Placed& placed, Tick bar_start, Cursor& cursor) {
    const auto& [note, program] = placed;
    const std::int64_t position = (note.onset - bar_start).count;
    const bool moved = position != cursor.position;
    if (moved || !compact_) put(Kind::kPosition, static_cast<int>(position));
    const bool say_program = cursor.hole_program < 0 && (moved || program != cursor.program);
    if (say_program || !compact_) put(Kind::kProgram, program);
    put(program == kDrumProgram ? Kind::kDrum : Kind::kPitch, note.pitch);
    if (vocabulary_.velocity_bins() > 0)
      put(Kind::kVelocity, vocabulary_.velocity_bin(note.velocity));
    put(Kind::kDuration, vocabulary_.duration_index(static_cast<double>(note.duration.count)));
    cursor.position = position;
    cursor.program = program;
  }

  bool compact_;
  const Vocabulary& vocabulary_;
  std::vector<TokenId> ids_;
  std::vector<Placed> notes_;
  std::size_t meter_ = 0, tempo_ = 0;  // next change to be written
};

// ----------------------------------------------------------------------------------------------
// reader

class Reader final : public EventReader {
 public:
  Reader(const TokenizerConfig& config, const Vocabulary& vocabulary)
      : compact_(config.layout == Layout::kCompact), vocabulary_(&vocabulary) {}

  std::unique_ptr<EventReader> clone() const override { return std::make_unique<Reader>(*this); }

  ReadEvent push(TokenId id) override {
    TokenMask mask;
    allowed(mask);
    if (!mask.allows(id)) return of(ReadEvent::Type::kIllegal);
    const auto [kind, value] = vocabulary_->event(id);
    switch (kind) {
      case Kind::kBos:
        state_ = State::kHeader;
        break;
      case Kind::kStart:
        state_ = State::kStarted;
        break;
      case Kind::kBar:
        return begin_bar();
      case Kind::kTimeSignature:
        return change_meter(value);
      case Kind::kTempo:
        return change_tempo(value);
      case Kind::kHole:
        state_ = State::kHole;
        break;
      case Kind::kPosition:
        if (value != position_) program_ = pitch_ = -1;
        position_ = value;
        state_ = compact_ && filling_ ? State::kProgram : State::kPosition;
        if (compact_ && filling_) program_ = holes_[filled_].program;
        break;
      case Kind::kProgram:
        choose_program(value);
        break;
      case Kind::kPitch:
      case Kind::kDrum:
        pitch_ = value;
        velocity_ = kDefaultVelocity;
        state_ = State::kPitch;
        break;
      case Kind::kVelocity:
        velocity_ = vocabulary_->velocity_of(value);
        state_ = State::kVelocity;
        break;
      case Kind::kDuration:
        return end_note(value);
      case Kind::kFill:
        filling_ = true;
        filled_ = 0;
        state_ = State::kFill;
        break;
      case Kind::kEndFill:
        state_ = State::kFilled;
        break;
      case Kind::kEos:
        state_ = State::kEnd;
        return of(ReadEvent::Type::kEnd);
      case Kind::kPad:
        break;  // never allowed
    }
    return of(ReadEvent::Type::kNothing);
  }

  // Ranges are added in the order of ids, that is of kinds.
  void allowed(TokenMask& mask) const override {
    mask.clear();
    switch (state_) {
      case State::kBegin:
        return allow(mask, Kind::kBos);
      case State::kHeader:
        allow(mask, Kind::kStart);
        return allow(mask, Kind::kProgram, program_ + 1);
      case State::kStarted:
        allow(mask, Kind::kEos);
        return allow(mask, Kind::kBar);
      case State::kBar:
      case State::kMeter:
      case State::kTempo:
      case State::kHoleProgram:
        return allow_head(mask);
      case State::kHole:
        return allow(mask, Kind::kProgram, last_hole_ + 1);
      case State::kPosition:
        return allow_program(mask);
      case State::kProgram:
        return allow(mask, program_ == kDrumProgram ? Kind::kDrum : Kind::kPitch, pitch_ + 1);
      case State::kPitch:
        if (vocabulary_->velocity_bins() > 0) return allow(mask, Kind::kVelocity);
        return allow(mask, Kind::kDuration);
      case State::kVelocity:
        return allow(mask, Kind::kDuration);
      case State::kNote:
        return allow_after_note(mask);
      case State::kFill:
        return allow(mask, Kind::kBar);
      case State::kFillBar:
        return allow(mask, Kind::kProgram, holes_[filled_].program, holes_[filled_].program + 1);
      case State::kFillProgram:
        allow_end_of_bar(mask);
        return allow(mask, Kind::kPosition, 0, bar_length_);
      case State::kFilled:
        return allow(mask, Kind::kEos);
      case State::kEnd:
        return;
    }
  }

  void restrict_programs(const ProgramSet& programs) override { programs_ = programs; }

  int bars_begun() const override { return bars_; }
  Tick now() const override { return {bar_start_ + std::max(position_, 0)}; }

 private:
  // What was read last. The three head states and kHoleProgram stand before the first note of a
  // bar.
  enum class State : std::uint8_t {
    kBegin,
    kHeader,
    kStarted,
    kBar,
    kMeter,
    kTempo,
    kHole,
    kHoleProgram,
    kPosition,
    kProgram,
    kPitch,
    kVelocity,
    kNote,
    kFill,
    kFillBar,
    kFillProgram,
    kFilled,
    kEnd
  };
  struct OpenHole {
    std::int64_t bar_start;
    int bar_length;
    int program;
  };

  static ReadEvent of(ReadEvent::Type type) {
    ReadEvent event;
    event.type = type;
    return event;
  }

  // -- transitions

  ReadEvent begin_bar() {
    position_ = program_ = pitch_ = -1;
    if (filling_) {
      if (state_ != State::kFill) ++filled_;
      bar_start_ = holes_[filled_].bar_start;
      bar_length_ = holes_[filled_].bar_length;
      state_ = State::kFillBar;
      return of(ReadEvent::Type::kNothing);
    }
    bar_start_ += bar_length_;
    ++bars_;
    last_hole_ = -1;
    closed_.reset();
    state_ = State::kBar;
    ReadEvent event = of(ReadEvent::Type::kBar);
    event.onset = {bar_start_};
    return event;
  }

  ReadEvent change_meter(int value) {
    meter_ = value;
    state_ = State::kMeter;
    ReadEvent event = of(ReadEvent::Type::kMeter);
    event.onset = {bar_start_};
    event.meter = vocabulary_->meters()[static_cast<std::size_t>(value)];
    bar_length_ = vocabulary_->bar_steps(event.meter);
    return event;
  }

  ReadEvent change_tempo(int value) {
    tempo_ = value;
    state_ = State::kTempo;
    ReadEvent event = of(ReadEvent::Type::kTempo);
    event.onset = {bar_start_};
    event.us_per_quarter = vocabulary_->tempos()[static_cast<std::size_t>(value)];
    return event;
  }

  void choose_program(int value) {
    switch (state_) {
      case State::kHeader:
        program_ = value;
        return;
      case State::kHole:
        holes_.push_back({bar_start_, bar_length_, value});
        last_hole_ = value;
        closed_.set(static_cast<std::size_t>(value));
        state_ = State::kHoleProgram;
        return;
      case State::kFillBar:
        state_ = State::kFillProgram;
        return;
      default:
        if (value != program_) pitch_ = -1;
        program_ = value;
        state_ = State::kProgram;
    }
  }

  ReadEvent end_note(int value) {
    state_ = State::kNote;
    ReadEvent event = of(ReadEvent::Type::kNote);
    event.onset = {bar_start_ + position_};
    event.duration = {vocabulary_->durations()[static_cast<std::size_t>(value)]};
    event.program = program_;
    event.pitch = static_cast<std::uint8_t>(pitch_);
    event.velocity = velocity_;
    return event;
  }

  // -- what may follow

  /// The values low..high-1 of a kind; all from low on without high.
  void allow(TokenMask& mask, Kind kind, int low = 0, int high = INT32_MAX) const {
    const IdRange all = vocabulary_->range(kind);
    mask.add(all.begin + low, high == INT32_MAX ? all.end : all.begin + high);
  }

  /// Whether notes of this program may be written in this bar, outside of its holes.
  bool is_open(int program) const {
    return programs_[static_cast<std::size_t>(program)] &&
           !closed_[static_cast<std::size_t>(program)];
  }

  /// Whether a note of a program >= low may be written here.
  bool has_program(int low) const {
    if (filling_) return low <= holes_[filled_].program;
    while (low < kProgramCount && !is_open(low)) ++low;
    return low < kProgramCount;
  }

  /// Programs >= low that may be written here: the hole's own while filling, else all but the bar's
  /// holes.
  void allow_programs_from(TokenMask& mask, int low) const {
    if (filling_) {
      const int program = holes_[filled_].program;
      if (low <= program) allow(mask, Kind::kProgram, program, program + 1);
      return;
    }
    for (int program = low; program < kProgramCount; ++program)
      if (is_open(program)) allow(mask, Kind::kProgram, program, program + 1);
  }

  /// After POSITION. In the full layout it may repeat the place of the last note; then so may
  /// PROGRAM.
  void allow_program(TokenMask& mask) const {
    allow_programs_from(mask, pitch_ < 127 ? std::max(program_, 0) : program_ + 1);
  }

  void allow_head(TokenMask& mask) const {
    const bool meter_due = state_ == State::kBar && meter_ < 0;
    const bool tempo_due = !meter_due && tempo_ < 0;
    if (meter_due) return allow(mask, Kind::kTimeSignature);
    if (tempo_due) return allow(mask, Kind::kTempo);
    allow_eos(mask);
    if (last_hole_ < kProgramCount - 1) allow(mask, Kind::kHole);
    allow_next_bar(mask);
    if (state_ == State::kBar) allow_all_but(mask, Kind::kTimeSignature, meter_);
    if (state_ == State::kBar || state_ == State::kMeter) allow_all_but(mask, Kind::kTempo, tempo_);
    if (has_program(0)) allow(mask, Kind::kPosition, 0, bar_length_);
  }

  void allow_all_but(TokenMask& mask, Kind kind, int value) const {
    allow(mask, kind, 0, value);
    allow(mask, kind, value + 1);
  }

  void allow_after_note(TokenMask& mask) const {
    allow_end_of_bar(mask);
    const bool higher = pitch_ < 127;              // another note of this program here
    const bool later = has_program(program_ + 1);  // a note of a later program here
    if (compact_) {
      allow(mask, Kind::kPosition, position_ + 1, bar_length_);
      if (!filling_) allow_programs_from(mask, program_ + 1);
      if (higher) allow(mask, program_ == kDrumProgram ? Kind::kDrum : Kind::kPitch, pitch_ + 1);
    } else {
      allow(mask, Kind::kPosition, higher || later ? position_ : position_ + 1, bar_length_);
    }
  }

  /// EOS, FILL, END_FILL or BAR, whichever may end a bar (or a hole's group) here. In two steps,
  /// because the id of HOLE lies between them.
  void allow_end_of_bar(TokenMask& mask) const {
    allow_eos(mask);
    allow_next_bar(mask);
  }
  void allow_eos(TokenMask& mask) const {
    if (holes_.empty()) allow(mask, Kind::kEos);
  }
  void allow_next_bar(TokenMask& mask) const {
    const bool more = !filling_ || filled_ + 1 < holes_.size();
    if (!filling_ && !holes_.empty()) allow(mask, Kind::kFill);
    if (!more) allow(mask, Kind::kEndFill);
    if (more) allow(mask, Kind::kBar);
  }

  bool compact_;
  const Vocabulary* vocabulary_;
  State state_ = State::kBegin;
  int bars_ = 0;
  std::int64_t bar_start_ = 0;
  int bar_length_ = 0;
  int meter_ = -1, tempo_ = -1;                    // in force; -1 before the first
  int position_ = -1, program_ = -1, pitch_ = -1;  // of the last note, within position and program
  std::uint8_t velocity_ = kDefaultVelocity;
  std::vector<OpenHole> holes_;
  ProgramSet programs_ = ProgramSet().set();  // that may be written at all
  ProgramSet closed_;                         // programs with a hole in this bar
  int last_hole_ = -1;                        // program of the bar's last hole
  bool filling_ = false;
  std::size_t filled_ = 0;  // the hole being filled
};

class RemiPlus final : public Tokenization {
 public:
  std::string_view name() const override { return "remi+"; }
  std::vector<TokenId> write(const Quantised& piece, const TokenizerConfig& config,
                             const Vocabulary& vocabulary,
                             const EncodeOptions& options) const override {
    return Writer(config, vocabulary).write(piece, options);
  }
  std::unique_ptr<EventReader> reader(const TokenizerConfig& config,
                                      const Vocabulary& vocabulary) const override {
    return std::make_unique<Reader>(config, vocabulary);
  }
};

}  // namespace

const Tokenization& remi_plus_tokenization() {
  static const RemiPlus scheme;
  return scheme;
}

}  // namespace sage
