// A feel applied to a score.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/normal.h"
#include "base/random.h"
#include "feel/feel.h"
#include "feel/place.h"
#include "score/loudness.h"
#include "score/timeline.h"
#include "score/transform.h"

namespace sage {
namespace {

constexpr int kFinest = 480;  // ticks a quarter that deviations need
constexpr int kFirstBass = 32, kLastBass = 39;
constexpr double kPitchedAccent = 0.5;  // of the drums', which pitched parts do not copy
constexpr double kMostShift = 0.1;      // of a quarter; a note stays on its side of its neighbours

/// More ticks a quarter, the same music.
void refine(Score& score, int factor) {
  const auto scale = [&](auto& events) {
    for (auto& event : events) event.time = event.time * factor;
  };
  score.ticks_per_quarter *= factor;
  for (Track& track : score.tracks) {
    for (Note& note : track.notes) {
      note.onset = note.onset * factor;
      note.duration = note.duration * factor;
    }
    scale(track.controls);
    scale(track.bends);
    scale(track.pressures);
  }
  scale(score.tempos);
  scale(score.meters);
  scale(score.keys);
  scale(score.texts);
}

bool is_compound(const Meter& meter) { return meter.denominator >= 8 && meter.numerator % 3 == 0; }

class Applying {
 public:
  Applying(Score& score, const Feel& feel, const FeelOptions& options, std::vector<Bar> bars)
      : score_(score),
        feel_(feel),
        from_(options.from),
        places_(score.ticks_per_quarter, std::move(bars), feel.offbeat),
        tempo_(score),
        random_(options.seed) {
    swing_ = swings(feel.offbeat) && has_straight_eighths();
  }

  void run() {
    draw_deviations();
    for (Track& track : score_.tracks) {
      const bool flat = has_flat_velocities(track);
      for (Note& note : track.notes)
        if (note.onset >= from_) play(note, voice_of(track, note), accent_of(track, flat));
      end_before_the_next(track, from_);
    }
    normalise(score_);
  }

 private:
  static DrumVoice voice_of(const Track& track, const Note& note) {
    if (track.is_drum) return drum_voice_of(note.pitch);
    const bool bass = track.program >= kFirstBass && track.program <= kLastBass;
    return bass ? DrumVoice::kKick : DrumVoice::kHat;
  }
  static double accent_of(const Track& track, bool flat) {
    return !flat ? 0.0 : track.is_drum ? 1.0 : kPitchedAccent;
  }

  /// More notes in the middle of a quarter than on its last third.
  bool has_straight_eighths() const {
    std::size_t straight = 0, triplets = 0;
    for (const Track& track : score_.tracks)
      for (const Note& note : track.notes) {
        const double share = places_.of(note.onset).share;
        straight += std::abs(share - 0.5) < 0.02;
        triplets += std::abs(share - 2.0 / 3) < 0.02;
      }
    return straight > triplets;
  }

  /// Straight time as swung time, within its quarter.
  Tick swung(Tick time) const {
    const Bar& bar = places_.bar_of(time);
    if (!swing_ || is_compound(bar.meter)) return time;
    const std::int64_t quarter = score_.ticks_per_quarter;
    const std::int64_t ticks = (time - bar.start).count;
    const double share = static_cast<double>(ticks % quarter) / static_cast<double>(quarter);
    const double moved =
        share < 0.5 ? share * 2 * feel_.offbeat : 1 - (1 - share) * 2 * (1 - feel_.offbeat);
    return bar.start +
           Tick{ticks / quarter * quarter + std::lround(moved * static_cast<double>(quarter))};
  }

  /// One deviation for each voice and onset, in standard deviations, each like the one before.
  void draw_deviations() {
    std::map<Tick, std::uint32_t> voices;  // bit v: a note of voice v
    for (const Track& track : score_.tracks)
      for (const Note& note : track.notes)
        if (note.onset >= from_)
          voices[note.onset] |= 1u << static_cast<unsigned>(voice_of(track, note));
    std::array<double, kDrumVoiceCount> state = {};
    const double fresh = std::sqrt(1 - feel_.steady * feel_.steady);
    for (const auto& [onset, set] : voices)
      for (unsigned voice = 0; voice < kDrumVoiceCount; ++voice) {
        if ((set >> voice & 1) == 0) continue;
        state[voice] =
            std::clamp(feel_.steady * state[voice] + fresh * standard_normal(random_), -2.0, 2.0);
        deviations_[{onset, voice}] = state[voice];
      }
  }

  void play(Note& note, DrumVoice voice, double accent) {
    const FeelCell& cell = feel_.cell(voice, places_.of(note.onset).slot);
    const double deviation = deviations_.at({note.onset, static_cast<unsigned>(voice)});
    const double quarter_ms = tempo_.tempo_at(note.onset) / 1e3;
    const double late = (cell.late_ms + cell.spread_ms * deviation) / quarter_ms;
    const Tick end = swung(note.onset + note.duration), onset = swung(note.onset);
    const Tick shift{
        std::lround(std::clamp(late, -kMostShift, kMostShift) * score_.ticks_per_quarter)};
    note.onset = std::max(onset + shift, std::max(from_, Tick{0}));
    note.duration = std::max(end - onset, Tick{1});
    if (accent > 0) note.velocity = accented(note.velocity, cell, accent, random_);
  }

  /// A note that would sound into the next one of its pitch ends there.
  static void end_before_the_next(Track& track, Tick from) {
    std::stable_sort(track.notes.begin(), track.notes.end());
    std::array<Note*, 128> last = {};
    for (Note& note : track.notes) {
      Note*& before = last[note.pitch & 127];
      if (before != nullptr && before->onset >= from && before->onset < note.onset &&
          before->onset + before->duration > note.onset)
        before->duration = note.onset - before->onset;
      before = &note;
    }
  }

  Score& score_;
  const Feel& feel_;
  Tick from_;
  Places places_;
  TempoMap tempo_;
  Random random_;
  bool swing_ = false;
  std::map<std::pair<Tick, unsigned>, double> deviations_;
};

}  // namespace

void apply_feel(Score& score, const Feel& feel, const FeelOptions& options) {
  FeelOptions fine = options;
  if (score.ticks_per_quarter < kFinest) {
    const int factor = (kFinest + score.ticks_per_quarter - 1) / score.ticks_per_quarter;
    refine(score, factor);
    fine.from = options.from * factor;
  }
  auto bars = bars_of(score, end_of(score));
  if (!bars || bars->empty()) return;
  Applying(score, feel, fine, *std::move(bars)).run();
}

}  // namespace sage
