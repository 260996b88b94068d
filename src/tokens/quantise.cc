#include "tokens/quantise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "score/meter_text.h"

namespace sage {
namespace {

// Bar lines are on sixteenth notes, which every grid contains; notes never move for
// them.
constexpr int kSixteenths = 4;                          // a quarter note
constexpr std::int64_t kLongestBar = 12 * kSixteenths;  // three whole notes

/// A meter for a bar of this many sixteenths (1..48), with the largest beat that fits.
Meter spell(std::int64_t sixteenths) {
  int denominator = 16;
  while (denominator > 4 && sixteenths % 2 == 0) {
    sixteenths /= 2;
    denominator /= 2;
  }
  return {static_cast<std::uint8_t>(sixteenths), static_cast<std::uint8_t>(denominator)};
}

/// The bars that one notated bar of a meter becomes: itself, where the vocabulary has it; else
/// pieces that it does have, cut at quarter notes.
struct BarShape {
  struct Part {
    std::int64_t sixteenths;
    Meter meter;
  };
  std::vector<Part> parts;
};

BarShape shape_of(Meter meter, const Vocabulary& vocabulary) {
  if (vocabulary.meter_index(meter)) {
    const std::int64_t length = meter.numerator * 16 / meter.denominator;
    return {{{length, meter}}};
  }
  const std::int64_t length = std::max<std::int64_t>(
      1, rescale(meter.numerator, std::max<int>(meter.denominator, 1), 4 * kSixteenths));
  const std::int64_t count = (length + kLongestBar - 1) / kLongestBar;
  BarShape shape;
  std::int64_t rest = length;
  for (std::int64_t i = count; i > 0; --i) {
    // An even share in whole quarters, rounded up; the last part takes what is left.
    const std::int64_t quarters = (rest + i * kSixteenths - 1) / (i * kSixteenths);
    const std::int64_t part = i == 1 ? rest : std::min(quarters * kSixteenths, rest);
    shape.parts.push_back({part, spell(part)});
    rest -= part;
  }
  return shape;
}

struct MeterAt {
  std::int64_t sixteenth;
  Meter meter;
};

/// The meter map on the raster of sixteenths, from 0 on, one change a place.
std::vector<MeterAt> meters_on_raster(const Score& score) {
  std::vector<MeterAt> changes = {{0, Meter{}}};
  for (const MeterChange& change : score.meters) {
    const auto place =
        rescale(std::max<std::int64_t>(change.time.count, 0), score.ticks_per_quarter, kSixteenths);
    if (place == changes.back().sixteenth)
      changes.back().meter = change.meter;
    else
      changes.push_back({place, change.meter});
  }
  return changes;
}

/// Bars up to the sixteenth `last`; the final one is cut there, or extends past it.
Result<std::vector<Bar>> lay_bars(const Score& score, const Vocabulary& vocabulary,
                                  std::int64_t last, bool cut, std::size_t max_bars,
                                  std::vector<std::string>& warnings) {
  const std::int64_t unit = vocabulary.grid() / kSixteenths;  // grid steps a sixteenth
  const std::vector<MeterAt> changes = meters_on_raster(score);
  std::vector<Bar> bars;
  std::int64_t place = 0;  // in sixteenths
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::int64_t change = i + 1 < changes.size() ? changes[i + 1].sixteenth : INT64_MAX;
    const std::int64_t end = std::min(change, last);
    if (place >= end) continue;
    const BarShape shape = shape_of(changes[i].meter, vocabulary);
    if (shape.parts.size() > 1 || shape.parts[0].meter != changes[i].meter)
      warnings.push_back("meter " + meter_text(changes[i].meter) + " is written as " +
                         (shape.parts.size() == 1
                              ? meter_text(shape.parts[0].meter)
                              : std::to_string(shape.parts.size()) + " bars from " +
                                    meter_text(shape.parts[0].meter) + " on"));
    const std::int64_t next = cut ? end : change;
    for (std::size_t part = 0; place < end; part = (part + 1) % shape.parts.size()) {
      auto [length, meter] = shape.parts[part];
      if (length > next - place) {
        length = next - place;
        meter = spell(length);
      }
      if (bars.size() >= max_bars)
        return fail(ErrorCode::kLimit,
                    "the piece has more than " + std::to_string(max_bars) + " bars");
      bars.push_back({{place * unit}, {length * unit}, meter});
      place += length;
    }
  }
  return bars;
}

void write_meters(const std::vector<Bar>& bars, Score& out) {
  for (const Bar& bar : bars)
    if (out.meters.empty() || out.meters.back().meter != bar.meter)
      out.meters.push_back({bar.start, bar.meter});
}

/// One tempo a bar: the binned mean, so that bars keep their length in seconds.
void write_tempos(const Score& score, const std::vector<Bar>& bars, const Vocabulary& vocabulary,
                  Score& out) {
  const TempoMap map(score);
  const auto seconds_at = [&](Tick step) {
    return map.seconds_at({rescale(step.count, vocabulary.grid(), score.ticks_per_quarter)});
  };
  for (const Bar& bar : bars) {
    const double quarters = static_cast<double>(bar.length.count) / vocabulary.grid();
    const double mean = (seconds_at(bar.end()) - seconds_at(bar.start)) * 1e6 / quarters;
    const auto tempo = vocabulary.tempos()[static_cast<std::size_t>(vocabulary.tempo_index(mean))];
    if (out.tempos.empty() || out.tempos.back().us_per_quarter != tempo)
      out.tempos.push_back({bar.start, tempo});
  }
}

/// Sorts by onset and pitch. A track that was in order is nearly so on the grid, and then insertion
/// takes one pass; it gives way to a real sort as soon as it moves more than a few notes each.
void sort_notes(std::vector<Note>& notes) {
  const auto before = [](const Note& a, const Note& b) {
    return a.onset != b.onset ? a.onset < b.onset : a.pitch < b.pitch;
  };
  std::size_t budget = 8 * notes.size();
  for (std::size_t i = 1; i < notes.size(); ++i) {
    const Note note = notes[i];
    std::size_t place = i;
    for (; place > 0 && before(note, notes[place - 1]); --place) notes[place] = notes[place - 1];
    notes[place] = note;
    if (i - place > budget) return std::sort(notes.begin(), notes.end(), before);
    budget -= i - place;
  }
}

/// Sorts, and keeps one note of a pitch at a position: the longest and loudest.
void merge_unisons(std::vector<Note>& notes) {
  sort_notes(notes);
  std::size_t kept = 0;
  for (const Note& note : notes) {
    if (kept > 0 && notes[kept - 1].onset == note.onset && notes[kept - 1].pitch == note.pitch) {
      notes[kept - 1].duration = std::max(notes[kept - 1].duration, note.duration);
      notes[kept - 1].velocity = std::max(notes[kept - 1].velocity, note.velocity);
    } else {
      notes[kept++] = note;
    }
  }
  notes.resize(kept);
}

}  // namespace

std::vector<Meter> listed_meters(Meter meter, const Vocabulary& vocabulary) {
  std::vector<Meter> meters;
  for (const BarShape::Part& part : shape_of(meter, vocabulary).parts) meters.push_back(part.meter);
  return meters;
}

Result<Quantised> quantise(const Score& score, const Vocabulary& vocabulary,
                           const QuantiseOptions& options) {
  const int grid = vocabulary.grid();
  Quantised out;
  out.score.ticks_per_quarter = grid;

  const std::int64_t unit = grid / kSixteenths;
  std::int64_t end = 0;  // in sixteenths; 0: where the notes end
  if (options.end)
    end = std::max<std::int64_t>(1,
                                 rescale(options.end->count, score.ticks_per_quarter, kSixteenths));

  std::array<std::vector<Note>, kProgramCount> by_program;
  std::int64_t last_step = -1;
  std::int64_t shortened = 0;
  // What is rounded to the longest one is not called shortened.
  const int longest_length = vocabulary.durations().back();
  const double longest =
      vocabulary.has(Kind::kDuration) ? 1.125 * longest_length : longest_length + 0.5;
  for (const Track& track : score.tracks) {
    auto& notes = by_program[static_cast<std::size_t>(track.program_or_drum())];
    notes.reserve(notes.size() + track.notes.size());
    for (const Note& note : track.notes) {
      std::int64_t onset = rescale(note.onset.count, score.ticks_per_quarter, grid);
      if (end > 0) onset = std::min(onset, end * unit - 1);
      const double exact =
          static_cast<double>(note.duration.count) * grid / score.ticks_per_quarter;
      if (exact > longest) ++shortened;
      const int length = vocabulary.nearest_length(exact);
      const std::uint8_t velocity = vocabulary.velocity_of(vocabulary.velocity_bin(note.velocity));
      notes.push_back({{onset}, {length}, note.pitch, velocity});
      last_step = std::max(last_step, onset);
    }
  }
  if (last_step < 0) return out;
  if (shortened > 0)
    out.warnings.push_back(std::to_string(shortened) + " notes longer than " +
                           std::to_string(vocabulary.durations().back() / grid) +
                           " quarters were shortened to that");

  auto bars = lay_bars(score, vocabulary, end > 0 ? end : last_step / unit + 1, end > 0,
                       options.max_bars, out.warnings);
  if (!bars) return tl::unexpected(bars.error());
  out.bars = *std::move(bars);
  write_meters(out.bars, out.score);
  write_tempos(score, out.bars, vocabulary, out.score);
  for (int program = 0; program < kProgramCount; ++program) {
    auto& notes = by_program[static_cast<std::size_t>(program)];
    if (notes.empty()) continue;
    merge_unisons(notes);
    Track track;
    track.is_drum = program == kDrumProgram;
    track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
    track.notes = std::move(notes);
    out.score.tracks.push_back(std::move(track));
  }
  return out;
}

}  // namespace sage
