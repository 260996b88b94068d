// What goes wrong in music that machines write, as faults that a piece has or has not. Every one
// of them happens in real music as well, on purpose: a rate says something beside that of real
// pieces only. The limits are ones that few of the held-out pieces pass (docs/benchmark.md).
#include <algorithm>
#include <tuple>
#include <vector>

#include "base/nan.h"
#include "metrics/metric.h"
#include "score/playable_range.h"

namespace sage {
namespace {

constexpr std::size_t kLoopBars = 8;     // of nothing new: a stuck loop
constexpr std::size_t kLoopPeriod = 2;   // bars, the longest that is looked for
constexpr std::size_t kSilentBars = 2;   // in a row
constexpr std::size_t kLeavingBars = 8;  // in fewer, half of them say nothing of who has left
constexpr std::int64_t kDroneMeasures = 4;
constexpr std::size_t kFewNotes = 8;       // fewer say nothing of a part
constexpr double kOffGridShare = 0.1;      // of the drum notes
constexpr double kOutOfRangeShare = 0.05;  // of a part's notes
constexpr int kTimpani = 47,
              kFirstPercussive = 112;  // General MIDI programs that may stay on a note

double fault(bool found) { return found ? 1.0 : 0.0; }

std::size_t bar_of(const Piece& piece, Tick time) {
  const auto after = std::upper_bound(piece.bars.begin(), piece.bars.end(), time,
                                      [](Tick t, const Bar& bar) { return t < bar.start; });
  return static_cast<std::size_t>(std::max<std::ptrdiff_t>(after - piece.bars.begin(), 1)) - 1;
}

/// What starts in each bar: program, place in the bar, pitch.
using Onset = std::tuple<int, std::int64_t, int>;
std::vector<std::vector<Onset>> onsets_of(const Piece& piece) {
  std::vector<std::vector<Onset>> bars(piece.bars.size());
  for (const Track& track : piece.score.tracks)
    for (const Note& note : track.notes) {
      const std::size_t bar = bar_of(piece, note.onset);
      bars[bar].push_back(
          {track.program_or_drum(), (note.onset - piece.bars[bar].start).count, note.pitch});
    }
  for (auto& bar : bars) std::sort(bar.begin(), bar.end());
  return bars;
}

/// Whether some kLoopBars bars in a row, none of them silent, hold but one bar again and again, or
/// two in turn: the same onsets and pitches of all instruments. NaN for a shorter piece.
double stuck_loop(const Piece& piece) {
  if (piece.bars.size() < kLoopBars) return kNaN;
  const auto bars = onsets_of(piece);
  for (std::size_t period = 1; period <= kLoopPeriod; ++period) {
    std::size_t run = 0;  // bars up to here that can belong to a loop
    for (std::size_t i = 0; i < bars.size(); ++i) {
      if (bars[i].empty())
        run = 0;
      else if (run >= period && bars[i] == bars[i - period])
        ++run;
      else  // a loop may begin with any bars that are not silent
        run = std::min(run + 1, period);
      if (run >= kLoopBars) return 1;
    }
  }
  return 0;
}

/// Whether nothing sounds for kSilentBars bars in a row. Bars that were asked for and are not there
/// are silent.
double silent_bars(const Piece& piece) {
  std::vector<bool> sounds(std::max(piece.bars.size(), piece.asked.bars));
  for (const Track& track : piece.score.tracks)
    for (const Note& note : track.notes) {
      const Tick end = note.onset + std::max(note.duration, Tick{1});
      std::size_t bar = bar_of(piece, note.onset);
      do sounds[bar] = true;
      while (++bar < piece.bars.size() && piece.bars[bar].start < end);
    }
  std::size_t run = 0;
  for (const bool sounding : sounds) {
    run = sounding ? 0 : run + 1;
    if (run >= kSilentBars) return 1;
  }
  return fault(note_count(piece.score) == 0);
}

/// Whether a pitched note lasts kDroneMeasures bars or longer. NaN for a shorter piece.
double endless_note(const Piece& piece) {
  const Tick longest = piece.measure * kDroneMeasures;
  if (piece.end() < longest) return kNaN;
  for (const Track& track : piece.score.tracks)
    if (!track.is_drum && std::any_of(track.notes.begin(), track.notes.end(),
                                      [&](const Note& n) { return n.duration >= longest; }))
      return 1;
  return 0;
}

/// Whether a part of at least kFewNotes notes has but one pitch. Drums, timpani and General MIDI's
/// percussive programs and sound effects may. NaN without such a part.
double one_note_part(const Piece& piece) {
  double found = kNaN;
  for (const Track& track : piece.score.tracks) {
    if (track.is_drum || track.program == kTimpani || track.program >= kFirstPercussive ||
        track.notes.size() < kFewNotes)
      continue;
    const bool one = std::all_of(track.notes.begin(), track.notes.end(), [&](const Note& n) {
      return n.pitch == track.notes.front().pitch;
    });
    if (one) return 1;
    found = 0;
  }
  return found;
}

/// Whether more than kOffGridShare of the drum notes start on neither a sixteenth nor a triplet of
/// one (a sixth of a quarter) of their bar. NaN with fewer than kFewNotes drum notes.
double drums_off_grid(const Piece& piece) {
  const std::int64_t quarter = piece.score.ticks_per_quarter;
  double notes = 0, off = 0;
  for (const Track& track : piece.score.tracks) {
    if (!track.is_drum) continue;
    for (const Note& note : track.notes) {
      const std::int64_t place = (note.onset - piece.bars[bar_of(piece, note.onset)].start).count;
      notes += 1;
      if (place * 4 % quarter != 0 && place * 6 % quarter != 0) off += 1;
    }
  }
  return notes < kFewNotes ? kNaN : fault(off > kOffGridShare * notes);
}

/// Whether more than kOutOfRangeShare of an instrument's notes lie outside what it can play. NaN
/// without notes.
double out_of_range(const Piece& piece) {
  double found = kNaN;
  for (const Track& track : piece.score.tracks) {
    if (track.notes.empty()) continue;
    const PitchRange range = playable_range(track.program_or_drum());
    const auto outside = static_cast<double>(
        std::count_if(track.notes.begin(), track.notes.end(),
                      [&](const Note& note) { return !range.holds(note.pitch); }));
    if (outside > kOutOfRangeShare * static_cast<double>(track.notes.size())) return 1;
    found = 0;
  }
  return found;
}

/// Whether an instrument that was asked for begins no note at `from` or later.
double silent_from(const Piece& piece, Tick from) {
  return fault(std::any_of(piece.asked.programs.begin(), piece.asked.programs.end(), [&](int p) {
    return std::none_of(piece.score.tracks.begin(), piece.score.tracks.end(),
                        [&](const Track& track) {
                          return track.program_or_drum() == p && !track.notes.empty() &&
                                 track.notes.back().onset >= from;
                        });
  }));
}

/// Whether an instrument that was asked for plays no note. NaN where none was asked for.
double silent_instrument(const Piece& piece) {
  return piece.asked.programs.empty() ? kNaN : silent_from(piece, Tick{0});
}

/// Whether an instrument that was asked for begins no note in the latter half of the bars, those
/// that were asked for and are missing among them. NaN for fewer than kLeavingBars bars.
double lost_instrument(const Piece& piece) {
  const std::size_t bars = std::max(piece.bars.size(), piece.asked.bars);
  if (piece.asked.programs.empty() || bars < kLeavingBars) return kNaN;
  const std::size_t half = bars / 2;
  return silent_from(piece, half < piece.bars.size() ? piece.bars[half].start : piece.end());
}

constexpr Metric rate(std::string_view name, std::string_view title, std::string_view definition,
                      Invariance invariance, double (*of)(const Piece&)) {
  return {name, title, "1", definition, invariance, of, Reading::kRate};
}

}  // namespace

const MetricFamily& failures_metric() {
  static constexpr Metric kMetrics[] = {
      rate("stuck_loop", "Stuck loop",
           "eight bars in a row with the onsets and pitches of one bar, or of two in turn",
           Invariance::kTransposition, stuck_loop),
      rate("silent_bars", "Silent bars",
           "two bars or more in a row in which nothing sounds; missing bars are silent",
           Invariance::kTransposition, silent_bars),
      rate("endless_note", "Endless note", "a pitched note of four bars or more",
           Invariance::kTransposition, endless_note),
      rate("one_note_part", "One-note part",
           "a pitched part of eight notes or more with one pitch; timpani may",
           Invariance::kTransposition, one_note_part),
      rate("drums_off_grid", "Drums off the grid",
           "more than a tenth of the drum notes on neither a sixteenth nor a triplet of one",
           Invariance::kTransposition, drums_off_grid),
      rate("out_of_range", "Out of range",
           "an instrument with more than a twentieth of its notes outside its playable range",
           Invariance::kNone, out_of_range),
      rate("silent_instrument", "Silent instrument",
           "an instrument that was asked for and plays nothing", Invariance::kTransposition,
           silent_instrument),
      rate(
          "lost_instrument", "Lost instrument",
          "an instrument that was asked for and begins no note in the latter half of eight bars or "
          "more",
          Invariance::kTransposition, lost_instrument),
  };
  static constexpr MetricFamily kFamily = {"failures", kMetrics};
  return kFamily;
}

}  // namespace sage
