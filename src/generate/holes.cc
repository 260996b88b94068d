#include "generate/holes.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "score/timeline.h"
#include "score/transform.h"

namespace sage {
namespace {

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

}  // namespace

Result<PieceWithHoles> PieceWithHoles::create(const InfillRequest& request,
                                              const Tokenizer& tokenizer) {
  if (note_count(request.piece) == 0)
    return fail(ErrorCode::kInvalidArgument, "the piece holds no notes");
  PieceWithHoles holes(request, tokenizer);
  auto piece = cut_prompt(request.piece, std::numeric_limits<int>::max(), tokenizer, request.end);
  if (!piece) return tl::unexpected(piece.error());
  holes.piece_ = *std::move(piece);
  holes.request_.piece = {};
  if (auto ok = holes.choose_programs(); !ok) return tl::unexpected(ok.error());
  if (auto ok = holes.choose_bars(); !ok) return tl::unexpected(ok.error());
  holes.make_room();
  return holes;
}

bool PieceWithHoles::is_asked(int program) const {
  return std::binary_search(programs_.begin(), programs_.end(), program);
}

Result<void> PieceWithHoles::choose_programs() {
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
Result<void> PieceWithHoles::choose_bars() {
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
    return rescale(t.count, piece_.score.ticks_per_quarter, tokenizer_->config().grid);
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
void PieceWithHoles::make_room() {
  const auto& bars = piece_.piece.bars;
  const Tick from = bars[static_cast<std::size_t>(bars_.begin)].start;
  const Tick to = bars[static_cast<std::size_t>(bars_.end - 1)].end();
  for (const Track& track : piece_.piece.score.tracks) {
    const int program = track.program_or_drum();
    auto& notes = notes_[static_cast<std::size_t>(program)] = track.notes;
    if (is_asked(program))
      std::erase_if(notes, [&](const Note& note) { return is_within(note, from, to); });
  }
}

std::span<const Note> PieceWithHoles::notes_in(int program, BarRange range) const {
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
Quantised PieceWithHoles::window(BarRange range, const ProgramSet& hidden) const {
  const auto first = piece_.piece.bars.begin() + range.begin;
  Quantised out;
  out.bars.assign(first, piece_.piece.bars.begin() + range.end);
  const Tick from = out.bars.front().start, to = out.bars.back().end();
  out.score.ticks_per_quarter = tokenizer_->config().grid;
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
    if (!track.notes.empty() || is_asked(program)) out.score.tracks.push_back(std::move(track));
  }
  return out;
}

void PieceWithHoles::add(int program, std::span<const Note> notes) {
  for (auto* all :
       {&notes_[static_cast<std::size_t>(program)], &added_[static_cast<std::size_t>(program)]}) {
    all->insert(all->end(), notes.begin(), notes.end());
    std::stable_sort(all->begin(), all->end(), [](const Note& a, const Note& b) {
      return std::pair(a.onset, a.pitch) < std::pair(b.onset, b.pitch);
    });
  }
}

/// The piece in its own timing, with the new notes in place of the old ones.
Infilled PieceWithHoles::result() const {
  Infilled done;
  Score& out = done.score;
  out = piece_.score;
  const auto place = [&](Tick t) {
    return Tick{rescale(t.count, tokenizer_->config().grid, out.ticks_per_quarter)};
  };
  // Old notes leave where new ones were written: between the lines of the grid's bars.
  done.from = bar(bars_.begin).start;
  done.to = bar(bars_.end - 1).end();
  done.fresh.ticks_per_quarter = tokenizer_->config().grid;
  const Tick from = place(done.from), to = place(done.to);
  const Tick half{out.ticks_per_quarter / tokenizer_->config().grid / 2};  // of a grid step
  for (Track& track : out.tracks)
    if (is_asked(track.program_or_drum()))
      std::erase_if(track.notes,
                    [&](const Note& note) { return is_within(note, from - half, to - half); });
  for (int program = 0; program < kProgramCount; ++program) {
    if (added_[static_cast<std::size_t>(program)].empty()) continue;
    Track part;
    part.is_drum = program == kDrumProgram;
    part.program = static_cast<std::uint8_t>(part.is_drum ? 0 : program);
    part.notes = added_[static_cast<std::size_t>(program)];
    done.fresh.tracks.push_back(part);
    std::vector<Note> fresh;
    for (const Note& note : added_[static_cast<std::size_t>(program)])
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

}  // namespace sage
