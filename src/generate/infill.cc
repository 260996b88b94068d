#include "generate/infill.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "generate/compose.h"
#include "generate/history.h"
#include "generate/picker.h"
#include "score/timeline.h"
#include "score/transform.h"
#include "tokens/score_builder.h"

namespace sage {
namespace {

constexpr int kMostBars = 16;             // written in one stretch
constexpr double kReadContext = 0.7;      // of the model's context, what stands around included
constexpr std::size_t kClosingSteps = 8;  // to end a note, and the piece

/// Bars of the piece on the grid: [begin, end).
struct Range {
  int begin = 0, end = 0;
};

class Infiller {
 public:
  Infiller(std::shared_ptr<const Engine> engine, const InfillRequest& request)
      : engine_(std::move(engine)),
        tokenizer_(engine_->tokenizer()),
        request_(request),
        picker_(engine_, request.sampler, request.seed, {.threads = request.threads}),
        generated_(tokenizer_.config().grid) {}

  Result<void> begin();
  Result<Infilled> run(const InfillCallback& callback);

 private:
  struct Stretch {
    Range holes, window;
    std::vector<TokenId> prefix;  // base ids up to FILL
  };

  Result<void> choose_programs();
  Result<void> choose_bars();
  void make_room();
  std::span<const Note> notes_in(int program, Range bars) const;
  Quantised window_of(Range bars, const ProgramSet& hidden) const;
  std::vector<TokenId> prefix_of(Range holes, Range window, const ProgramSet& hidden = {}) const;
  bool hide_one(int bar, ProgramSet& hidden) const;
  Result<Stretch> plan(int next) const;
  void write(const Stretch& stretch);
  TokenId next_token(const EventReader& reader, std::size_t groups_left, std::size_t group_begin,
                     const TokenHistory& history);
  bool is_new(const Note& note, Tick from, Tick to) const {
    return note.onset >= from && note.onset < to;
  }
  Infilled result() const;
  std::size_t capacity() const {  // base or merged tokens of a context
    return static_cast<std::size_t>(engine_->context() * tokenizer_.stride());
  }

  std::shared_ptr<const Engine> engine_;
  const Tokenizer& tokenizer_;
  InfillRequest request_;
  Picker picker_;
  Prompt piece_;
  std::vector<int> programs_;                           // to be written, ascending
  Tick from_, to_;                                      // in ticks of the piece
  Range bars_;                                          // the same on the grid
  std::array<std::vector<Note>, kProgramCount> notes_;  // all that is known, on the grid
  ScoreBuilder generated_;
};

Result<void> Infiller::begin() {
  if (auto ok = can_infill(*engine_); !ok) return ok;
  if (note_count(request_.piece) == 0)
    return fail(ErrorCode::kInvalidArgument, "the piece holds no notes");
  auto piece = cut_prompt(request_.piece, std::numeric_limits<int>::max(), tokenizer_);
  if (!piece) return tl::unexpected(piece.error());
  piece_ = *std::move(piece);
  if (auto ok = choose_programs(); !ok) return ok;
  if (auto ok = choose_bars(); !ok) return ok;
  make_room();
  return {};
}

Result<void> Infiller::choose_programs() {
  programs_ = request_.programs;
  if (programs_.empty())
    for (const Track& track : piece_.piece.score.tracks)
      programs_.push_back(track.program_or_drum());
  std::sort(programs_.begin(), programs_.end());
  programs_.erase(std::unique(programs_.begin(), programs_.end()), programs_.end());
  if (programs_.front() < 0 || programs_.back() >= kProgramCount)
    return fail(ErrorCode::kInvalidArgument, "programs are numbers from 0 to 128");
  return {};
}

/// The bars of the file as bars of the grid, of which several may stand for one.
Result<void> Infiller::choose_bars() {
  const auto all = bars_of(piece_.score, piece_.end);
  if (!all) return tl::unexpected(all.error());
  const auto count = static_cast<int>(all->size());
  if (request_.first_bar < 0 || request_.first_bar >= count || request_.bars < 0)
    return fail(ErrorCode::kInvalidArgument,
                "the piece has " + std::to_string(count) + " bars, and none of the ones asked for");
  const int last = request_.bars == 0
                       ? count
                       : std::min(count, request_.first_bar + std::min(request_.bars, count));
  const Tick from = (*all)[static_cast<std::size_t>(request_.first_bar)].start;
  const Tick to = (*all)[static_cast<std::size_t>(last - 1)].end();
  const auto on_grid = [&](Tick t) {
    return rescale(t.count, piece_.score.ticks_per_quarter, tokenizer_.config().grid);
  };
  const auto& bars = piece_.piece.bars;
  const auto begins = [&](Tick t) {  // the first bar whose middle lies behind t
    return static_cast<int>(std::find_if(bars.begin(), bars.end(),
                                         [&](const Bar& bar) {
                                           return 2 * bar.start.count + bar.length.count >
                                                  2 * on_grid(t);
                                         }) -
                            bars.begin());
  };
  bars_.begin = std::min(begins(from), static_cast<int>(bars.size()) - 1);
  // A very short bar of the file may be none on the grid: then the one that it lies in.
  bars_.end = std::max(begins(to), bars_.begin + 1);
  return {};
}

/// Takes what is to be written again out of the piece.
void Infiller::make_room() {
  const auto& bars = piece_.piece.bars;
  const Tick from = bars[static_cast<std::size_t>(bars_.begin)].start;
  const Tick to = bars[static_cast<std::size_t>(bars_.end - 1)].end();
  for (const Track& track : piece_.piece.score.tracks) {
    const int program = track.program_or_drum();
    auto& notes = notes_[static_cast<std::size_t>(program)] = track.notes;
    if (std::binary_search(programs_.begin(), programs_.end(), program))
      std::erase_if(notes, [&](const Note& note) { return is_new(note, from, to); });
  }
}

std::span<const Note> Infiller::notes_in(int program, Range range) const {
  const auto& bars = piece_.piece.bars;
  const auto& notes = notes_[static_cast<std::size_t>(program)];
  const auto first = [&](Tick time) {
    return std::lower_bound(notes.begin(), notes.end(), time,
                            [](const Note& note, Tick t) { return note.onset < t; });
  };
  return {first(bars[static_cast<std::size_t>(range.begin)].start),
          first(bars[static_cast<std::size_t>(range.end - 1)].end())};
}

/// Bars of the piece as a piece of their own, with all programs that are to be written.
Quantised Infiller::window_of(Range range, const ProgramSet& hidden) const {
  const auto first = piece_.piece.bars.begin() + range.begin;
  Quantised out;
  out.bars.assign(first, piece_.piece.bars.begin() + range.end);
  const Tick from = out.bars.front().start, to = out.bars.back().end();
  out.score.ticks_per_quarter = tokenizer_.config().grid;
  for (Bar& bar : out.bars) {
    bar.start = bar.start - from;
    if (out.score.meters.empty() || out.score.meters.back().meter != bar.meter)
      out.score.meters.push_back({bar.start, bar.meter});
  }
  for (const TempoChange& change : piece_.piece.score.tempos) {
    if (change.time >= to) break;
    if (change.time <= from) out.score.tempos.clear();
    out.score.tempos.push_back({std::max(change.time, from) - from, change.us_per_quarter});
  }
  for (int program = 0; program < kProgramCount; ++program) {
    Track track;
    track.is_drum = program == kDrumProgram;
    track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
    if (hidden[static_cast<std::size_t>(program)]) continue;
    for (const Note& note : notes_in(program, range))
      track.notes.push_back({note.onset - from, note.duration, note.pitch, note.velocity});
    if (!track.notes.empty() || std::binary_search(programs_.begin(), programs_.end(), program))
      out.score.tracks.push_back(std::move(track));
  }
  return out;
}

std::vector<TokenId> Infiller::prefix_of(Range holes, Range window,
                                         const ProgramSet& hidden) const {
  EncodeOptions options;
  for (int bar = holes.begin; bar < holes.end; ++bar)
    for (const int program : programs_) options.holes.push_back({bar - window.begin, program});
  auto ids = tokenizer_.write(window_of(window, hidden), options);
  const auto fill = std::find(ids.begin(), ids.end(), tokenizer_.vocabulary().id(Kind::kFill));
  ids.erase(fill + tokenizer_.stride(), ids.end());
  return ids;
}

/// Leaves the busiest instrument of a bar out of what the model reads; false where none is left.
bool Infiller::hide_one(int bar, ProgramSet& hidden) const {
  int busiest = -1;
  std::size_t most = 0;
  for (int program = 0; program < kProgramCount; ++program) {
    const std::size_t notes = notes_in(program, {bar, bar + 1}).size();
    if (hidden[static_cast<std::size_t>(program)] || notes <= most) continue;
    most = notes;
    busiest = program;
  }
  if (busiest >= 0) hidden.set(static_cast<std::size_t>(busiest));
  return busiest >= 0;
}

/// As many bars to write as the context has room for, with as much around them as fits: two bars
/// before for each one after.
Result<Infiller::Stretch> Infiller::plan(int next) const {
  const auto budget = static_cast<std::size_t>(kReadContext * static_cast<double>(capacity()));
  const int count = static_cast<int>(piece_.piece.bars.size());
  for (int bars = std::min(kMostBars, bars_.end - next); bars > 0; bars /= 2) {
    Stretch stretch{{next, next + bars}, {next, next + bars}, {}};
    // What is written there takes about as much room as what stands there, and its frame.
    const std::size_t holes = static_cast<std::size_t>(bars) * programs_.size();
    const std::size_t frame = 2 * holes * static_cast<std::size_t>(tokenizer_.stride());
    stretch.prefix = prefix_of(stretch.holes, stretch.window);
    if (bars > 1 && stretch.prefix.size() + 4 * frame > budget) continue;
    // A bar of an orchestra may be more than a context: then only some of it is read.
    ProgramSet hidden;
    const std::size_t least =
        frame + 2 * kClosingSteps * static_cast<std::size_t>(tokenizer_.stride());
    while (stretch.prefix.size() + least > capacity() && hide_one(next, hidden))
      stretch.prefix = prefix_of(stretch.holes, stretch.window, hidden);
    if (stretch.prefix.size() + least > capacity()) break;
    if (hidden.any()) return stretch;
    for (bool grows = true; grows;) {
      grows = false;
      for (const int side : {-2, 1}) {
        Range wider = stretch.window;
        if (side < 0)
          wider.begin = std::max(0, wider.begin + side);
        else
          wider.end = std::min(count, wider.end + side);
        if (wider.begin == stretch.window.begin && wider.end == stretch.window.end) continue;
        auto prefix = prefix_of(stretch.holes, wider);
        if (prefix.size() + 4 * frame > budget) continue;
        stretch.window = wider;
        stretch.prefix = std::move(prefix);
        grows = true;
      }
    }
    return stretch;
  }
  return fail(ErrorCode::kLimit, "the model's context of " + std::to_string(engine_->context()) +
                                     " is too short for " + std::to_string(programs_.size()) +
                                     " instruments at once; ask for fewer");
}

/// Ends the group where it has had its share of what room there is, else asks the model.
TokenId Infiller::next_token(const EventReader& reader, std::size_t groups_left,
                             std::size_t group_begin, const TokenHistory& history) {
  const auto stride = static_cast<std::size_t>(tokenizer_.stride());
  const std::size_t needed = stride * (2 * groups_left + kClosingSteps);
  const std::size_t room = capacity() - std::min(capacity(), history.size() + needed);
  const std::size_t share = 2 * room / (groups_left + 1);
  if (history.size() - group_begin >= share) {
    TokenMask mask;
    reader.allowed(mask);
    for (const Kind kind : {Kind::kBar, Kind::kEndFill})
      if (const TokenId id = tokenizer_.vocabulary().id(kind); mask.allows(id)) return id;
  }
  return picker_.pick(reader, history);
}

void Infiller::write(const Stretch& stretch) {
  const auto reader = tokenizer_.reader();
  TokenHistory history(tokenizer_);
  for (const TokenId id : stretch.prefix) reader->push(id);
  for (const TokenId id : tokenizer_.merge(stretch.prefix)) history.push(id);
  picker_.forget();
  const TokenId bar = tokenizer_.vocabulary().id(Kind::kBar);
  const Tick offset = piece_.piece.bars[static_cast<std::size_t>(stretch.window.begin)].start;
  std::size_t groups_left =
      static_cast<std::size_t>(stretch.holes.end - stretch.holes.begin) * programs_.size();
  std::size_t group_begin = history.size();
  for (bool ended = false; !ended;) {
    const TokenId id = next_token(*reader, groups_left, group_begin, history);
    history.push(id);
    for (const TokenId base : tokenizer_.expansion(id)) {
      ReadEvent event = reader->push(base);
      if (base == bar) {
        groups_left -= groups_left > 0;
        group_begin = history.size();
      }
      if (event.type == ReadEvent::Type::kEnd) ended = true;
      if (event.type != ReadEvent::Type::kNote) continue;
      event.onset = event.onset + offset;
      generated_.add(event);
      notes_[static_cast<std::size_t>(event.program)].push_back(
          {event.onset, event.duration, event.pitch, event.velocity});
    }
  }
  for (const int program : programs_) {
    auto& notes = notes_[static_cast<std::size_t>(program)];
    std::stable_sort(notes.begin(), notes.end(), [](const Note& a, const Note& b) {
      return std::pair(a.onset, a.pitch) < std::pair(b.onset, b.pitch);
    });
  }
}

/// New notes beside old ones of the same track, so that every old one keeps its time also for a
/// reader that pairs notes first in, first out: what begins while an old note of its pitch sounds
/// is left out, what would sound into one ends there.
std::vector<Note> fitted(std::vector<Note> fresh, const std::vector<Note>& old) {
  untangle(fresh, 0);
  std::array<std::vector<Note>, 128> of_pitch;
  for (const Note& note : old) of_pitch[note.pitch].push_back(note);
  for (auto& notes : of_pitch) std::sort(notes.begin(), notes.end());
  std::erase_if(fresh, [&](Note& note) {
    const auto& notes = of_pitch[note.pitch];
    const auto next =
        std::upper_bound(notes.begin(), notes.end(), note.onset,
                         [](Tick onset, const Note& other) { return onset < other.onset; });
    if (next != notes.end()) note.duration = std::min(note.duration, next->onset - note.onset);
    return next != notes.begin() && note.onset < std::prev(next)->onset + std::prev(next)->duration;
  });
  return fresh;
}

/// The piece in its own timing, with the new notes in place of the old ones.
Infilled Infiller::result() const {
  Infilled done;
  Score& out = done.score;
  out = piece_.score;
  const auto place = [&](Tick t) {
    return Tick{rescale(t.count, tokenizer_.config().grid, out.ticks_per_quarter)};
  };
  // Old notes leave where new ones were written: between the lines of the grid's bars.
  const Tick from = place(piece_.piece.bars[static_cast<std::size_t>(bars_.begin)].start);
  const Tick to = place(piece_.piece.bars[static_cast<std::size_t>(bars_.end - 1)].end());
  const Tick half{out.ticks_per_quarter / tokenizer_.config().grid / 2};  // of a grid step
  for (Track& track : out.tracks)
    if (std::binary_search(programs_.begin(), programs_.end(), track.program_or_drum()))
      std::erase_if(track.notes,
                    [&](const Note& note) { return is_new(note, from - half, to - half); });
  for (const Track& part : generated_.build().tracks) {
    std::vector<Note> fresh;
    for (const Note& note : part.notes)
      fresh.push_back({place(note.onset), place(note.onset + note.duration) - place(note.onset),
                       note.pitch, note.velocity});
    Track& track = track_for(out, part);
    fresh = fitted(std::move(fresh), track.notes);
    done.notes += fresh.size();
    track.notes.insert(track.notes.end(), fresh.begin(), fresh.end());
  }
  std::erase_if(out.tracks, [](const Track& track) { return track.notes.empty(); });
  normalise(out);
  return done;
}

Result<Infilled> Infiller::run(const InfillCallback& callback) {
  std::size_t stretches = 0;
  for (int next = bars_.begin; next < bars_.end;) {
    if (callback && !callback(next - bars_.begin, bars_.end - bars_.begin))
      return fail(ErrorCode::kInterrupted, "interrupted");
    const auto stretch = plan(next);
    if (!stretch) return tl::unexpected(stretch.error());
    write(*stretch);
    next = stretch->holes.end;
    ++stretches;
  }
  Infilled out = result();
  out.stretches = stretches;
  return out;
}

}  // namespace

Result<void> can_infill(const Engine& engine) {
  if (engine.model().output().shifted)
    return fail(ErrorCode::kUnsupported, "a model with delayed fields cannot fill holes");
  return {};
}

Result<Infilled> infill(std::shared_ptr<const Engine> engine, const InfillRequest& request,
                        const InfillCallback& callback) {
  if (auto ok = validate(request.sampler); !ok) return tl::unexpected(ok.error());
  Infiller infiller(std::move(engine), request);
  if (auto ok = infiller.begin(); !ok) return tl::unexpected(ok.error());
  return infiller.run(callback);
}

}  // namespace sage
