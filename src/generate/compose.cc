#include "generate/compose.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include "score/timeline.h"
#include "score/transform.h"
#include "score/validate.h"

namespace sage {
namespace {

/// Multiplies all times, so that the grid divides the quarter note exactly.
void refine(Score& score, int factor) {
  if (factor == 1) return;
  score.ticks_per_quarter *= factor;
  const auto stretch = [&](auto& items) {
    for (auto& item : items) item.time = item.time * factor;
  };
  for (Track& track : score.tracks) {
    for (Note& note : track.notes) {
      note.onset = note.onset * factor;
      note.duration = note.duration * factor;
    }
    stretch(track.controls);
    stretch(track.bends);
    stretch(track.pressures);
  }
  stretch(score.tempos);
  stretch(score.meters);
  stretch(score.keys);
  stretch(score.texts);
}

template <class Items>
void drop_from(Items& items, Tick end) {
  std::erase_if(items, [&](const auto& item) { return item.time >= end; });
}

template <class Items>
void drop_behind(Items& items, Tick end) {
  std::erase_if(items, [&](const auto& item) { return item.time > end; });
}

/// Brings a track's controllers to rest at `end`: what released them may lie beyond it.
void settle(Track& track, Tick end) {
  for (const std::uint8_t number : {1, 64, 66, 67}) {  // modulation; sustain, sostenuto, soft pedal
    const auto last = std::find_if(track.controls.rbegin(), track.controls.rend(),
                                   [&](const Control& c) { return c.number == number; });
    if (last != track.controls.rend() && last->value != 0)
      track.controls.push_back({end, number, 0});
  }
  if (!track.bends.empty() && track.bends.back().value != 0) track.bends.push_back({end, 0});
  const auto whole =
      std::find_if(track.pressures.rbegin(), track.pressures.rend(),
                   [](const Pressure& p) { return p.pitch == Pressure::kWholeChannel; });
  if (whole != track.pressures.rend() && whole->value != 0)
    track.pressures.push_back({end, Pressure::kWholeChannel, 0});
}

/// Everything before `end`, unmoved, and what stands exactly on it for all. Notes that start before
/// it keep their whole length; with a grid, before it on that too.
Score head_of(const Score& score, Tick end, std::optional<int> grid) {
  const auto step = [&](Tick t) {
    return grid ? rescale(t.count, score.ticks_per_quarter, *grid) : t.count;
  };
  Score head = score;
  for (Track& track : head.tracks) {
    std::erase_if(track.notes, [&](const Note& note) {
      return note.onset >= end || step(note.onset) >= step(end);
    });
    drop_from(track.controls, end);
    drop_from(track.bends, end);
    drop_from(track.pressures, end);
    settle(track, end);
  }
  std::erase_if(head.tracks, [](const Track& track) { return track.notes.empty(); });
  drop_behind(head.tempos, end);
  drop_behind(head.meters, end);
  drop_behind(head.keys, end);
  drop_from(head.texts, end);
  return head;
}

/// Finds out what tokens write for the meter at the end, and whether the file can keep its own.
void choose_meter(Prompt& prompt, const Bar& last, const Vocabulary& vocabulary) {
  const auto& changes = prompt.score.meters;
  const bool said = !changes.empty() && changes.back().time == prompt.end;
  const Meter meter = said ? changes.back().meter : last.meter;
  const std::vector<Meter> listed = listed_meters(meter, vocabulary);
  prompt.meter = prompt.file_meter = meter;
  prompt.listed = listed.front();
  prompt.listed_bars = static_cast<int>(listed.size());
  const bool alike = std::all_of(listed.begin(), listed.end(),
                                 [&](Meter meter) { return meter == listed.front(); });
  // Do so many listed bars last exactly as long as one of the file's?
  const bool exact =
      std::int64_t{prompt.listed.numerator} * prompt.listed_bars * meter.denominator ==
      std::int64_t{meter.numerator} * prompt.listed.denominator;
  if (!alike || !exact) {
    prompt.meter = prompt.listed;
    prompt.listed_bars = 1;
  }
  const bool whole = last.length.count * last.meter.denominator ==
                     std::int64_t{prompt.score.ticks_per_quarter} * 4 * last.meter.numerator;
  prompt.restate = (!whole && !said) || prompt.meter != meter;
}

}  // namespace

Result<std::vector<Bar>> bars_up_to(const Score& score, Tick end) {
  const Tick last_note = end_of(score);
  auto bars = bars_of(score, std::max(last_note, end));
  if (!bars) return bars_of(score, last_note);
  while (bars->size() > 1 && bars->back().end() > end && bars->back().start >= last_note)
    bars->pop_back();
  return bars;
}

Result<Prompt> cut_prompt(const Score& score, int bars, const Tokenizer& tokenizer, Tick end) {
  if (auto ok = validate(score); !ok) return tl::unexpected(ok.error());
  if (note_count(score) == 0) return fail(ErrorCode::kInvalidArgument, "the prompt holds no notes");
  if (bars < 1) return fail(ErrorCode::kInvalidArgument, "the prompt must be at least one bar");
  const int grid = tokenizer.config().grid;
  Prompt prompt;
  prompt.score = score;
  // A file's quarter has at most 32,767 ticks; a finer one is left as it is and the join rounds.
  const int factor = grid / std::gcd(grid, score.ticks_per_quarter);
  if (score.ticks_per_quarter * factor < 32'768) refine(prompt.score, factor);

  auto all =
      bars_up_to(prompt.score, end * (prompt.score.ticks_per_quarter / score.ticks_per_quarter));
  if (!all) return tl::unexpected(all.error());
  const auto last =
      std::min(static_cast<std::size_t>(bars), std::max<std::size_t>(all->size(), 1)) - 1;
  prompt.end = (*all)[last].end();
  prompt.whole = last + 1 == all->size();
  prompt.score =
      head_of(prompt.score, prompt.end, prompt.whole ? std::nullopt : std::optional(grid));
  if (note_count(prompt.score) == 0)
    return fail(ErrorCode::kInvalidArgument,
                (bars == 1 ? std::string("the prompt's first bar is")
                           : "the prompt's first " + std::to_string(bars) + " bars are") +
                    " silent; take more bars or another piece");
  choose_meter(prompt, (*all)[last], tokenizer.vocabulary());
  auto piece = tokenizer.quantise(prompt.score, {.end = prompt.end});
  if (!piece) return tl::unexpected(piece.error());
  prompt.piece = *std::move(piece);
  return prompt;
}

void untangle(std::vector<Note>& notes, std::size_t first) {
  std::array<Tick, 128> ends = {};
  for (std::size_t i = 0; i < notes.size(); ++i) {
    Note& note = notes[i];
    Tick& end = ends[note.pitch];
    if (i >= first && note.onset < end) note.duration = std::max(note.duration, end - note.onset);
    end = std::max(end, note.onset + note.duration);
  }
}

Track& track_for(Score& score, const Track& like) {
  const auto track = std::find_if(score.tracks.begin(), score.tracks.end(), [&](const Track& t) {
    return t.program_or_drum() == like.program_or_drum();
  });
  if (track != score.tracks.end()) return *track;
  Track fresh;
  fresh.program = like.program;
  fresh.is_drum = like.is_drum;
  return score.tracks.emplace_back(std::move(fresh));
}

Score join(const Prompt& prompt, const Score& generated) {
  Score out = prompt.score;
  const auto place = [&](Tick t) {
    return Tick{rescale(t.count, generated.ticks_per_quarter, out.ticks_per_quarter)};
  };
  for (const Track& part : generated.tracks) {
    Track& track = track_for(out, part);
    const std::size_t first = track.notes.size();
    for (const Note& note : part.notes)
      track.notes.push_back({place(note.onset),
                             place(note.onset + note.duration) - place(note.onset), note.pitch,
                             note.velocity});
    untangle(track.notes, first);
  }
  if (prompt.restate) out.meters.push_back({prompt.end, prompt.meter});
  for (const MeterChange& change : generated.meters) {
    // Several listed bars may stand for one of the file's; then the file keeps its own meter.
    const Meter meter = change.meter == prompt.listed ? prompt.meter : change.meter;
    if ((out.meters.empty() ? Meter{} : out.meters.back().meter) != meter)
      out.meters.push_back({place(change.time), meter});
  }
  for (const TempoChange& change : generated.tempos)
    if ((out.tempos.empty() ? kDefaultTempo : out.tempos.back().us_per_quarter) !=
        change.us_per_quarter)
      out.tempos.push_back({place(change.time), change.us_per_quarter});
  normalise(out);
  return out;
}

}  // namespace sage
