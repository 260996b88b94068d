#include "generate/compose.h"

#include <algorithm>
#include <numeric>

#include "score/timeline.h"
#include "score/transform.h"

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

/// Everything before `end`, unmoved. Notes that start before it keep their whole length.
Score head_of(const Score& score, Tick end) {
  Score head = score;
  for (Track& track : head.tracks) {
    std::erase_if(track.notes, [&](const Note& note) { return note.onset >= end; });
    drop_from(track.controls, end);
    drop_from(track.bends, end);
    drop_from(track.pressures, end);
  }
  std::erase_if(head.tracks, [](const Track& track) { return track.notes.empty(); });
  drop_from(head.tempos, end);
  drop_from(head.meters, end);
  drop_from(head.keys, end);
  drop_from(head.texts, end);
  return head;
}

/// Cuts or extends the bars so that they end where the prompt does, and drops what starts later.
void fit_bars(Quantised& piece, std::int64_t end) {
  while (!piece.bars.empty() && piece.bars.back().start.count >= end) piece.bars.pop_back();
  while (piece.bars.back().end().count < end) {
    Bar next = piece.bars.back();
    next.start = next.end();
    piece.bars.push_back(next);
  }
  const Tick last = piece.bars.back().end();
  for (Track& track : piece.score.tracks)
    std::erase_if(track.notes, [&](const Note& note) { return note.onset >= last; });
  std::erase_if(piece.score.tracks, [](const Track& track) { return track.notes.empty(); });
  drop_from(piece.score.tempos, last);
  drop_from(piece.score.meters, last);
}

}  // namespace

Result<Prompt> cut_prompt(const Score& score, int bars, const Tokenizer& tokenizer) {
  if (note_count(score) == 0) return fail(ErrorCode::kInvalidArgument, "the prompt holds no notes");
  if (bars < 1) return fail(ErrorCode::kInvalidArgument, "the prompt must be at least one bar");
  const int grid = tokenizer.config().grid;
  Prompt prompt;
  prompt.score = score;
  // A file's quarter has at most 32,767 ticks; a finer one is left as it is and the join rounds.
  const int factor = grid / std::gcd(grid, score.ticks_per_quarter);
  if (score.ticks_per_quarter * factor < 32'768) refine(prompt.score, factor);

  auto all = bars_of(prompt.score, end_of(prompt.score));
  if (!all) return tl::unexpected(all.error());
  const auto last =
      std::min(static_cast<std::size_t>(bars), std::max<std::size_t>(all->size(), 1)) - 1;
  prompt.end = (*all)[last].end();
  prompt.meter = (*all)[last].meter;
  auto piece = tokenizer.quantise(prompt.score);
  if (!piece) return tl::unexpected(piece.error());
  prompt.piece = *std::move(piece);
  prompt.score = head_of(prompt.score, prompt.end);
  if (note_count(prompt.score) == 0)
    return fail(ErrorCode::kInvalidArgument,
                "the first " + std::to_string(bars) +
                    " bars of the prompt are silent; take more bars or another piece");
  const std::int64_t end = (prompt.end.count * grid + prompt.score.ticks_per_quarter / 2) /
                           prompt.score.ticks_per_quarter;
  fit_bars(prompt.piece, std::max<std::int64_t>(end, 1));
  return prompt;
}

Score join(const Prompt& prompt, const Score& generated) {
  Score out = prompt.score;
  const auto place = [&](Tick t) {
    return Tick{(t.count * out.ticks_per_quarter + generated.ticks_per_quarter / 2) /
                generated.ticks_per_quarter};
  };
  for (const Track& part : generated.tracks) {
    auto track = std::find_if(out.tracks.begin(), out.tracks.end(), [&](const Track& t) {
      return t.program_or_drum() == part.program_or_drum();
    });
    if (track == out.tracks.end()) {
      Track fresh;
      fresh.program = part.program;
      fresh.is_drum = part.is_drum;
      track = out.tracks.insert(out.tracks.end(), std::move(fresh));
    }
    for (const Note& note : part.notes)
      track->notes.push_back({place(note.onset),
                              place(note.onset + note.duration) - place(note.onset), note.pitch,
                              note.velocity});
  }
  for (const MeterChange& change : generated.meters)
    if ((out.meters.empty() ? Meter{} : out.meters.back().meter) != change.meter)
      out.meters.push_back({place(change.time), change.meter});
  for (const TempoChange& change : generated.tempos)
    if ((out.tempos.empty() ? kDefaultTempo : out.tempos.back().us_per_quarter) !=
        change.us_per_quarter)
      out.tempos.push_back({place(change.time), change.us_per_quarter});
  normalise(out);
  return out;
}

}  // namespace sage
