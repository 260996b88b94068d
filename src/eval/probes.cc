#include "eval/probes.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/random.h"
#include "metrics/listening.h"
#include "score/transform.h"

namespace sage {
namespace {

constexpr int kGrid = 480;
constexpr int kBars = 16;
constexpr Tick kBar{4 * kGrid};
constexpr int kProbes = 16;

constexpr std::array<int, 7> kMajor = {0, 2, 4, 5, 7, 9, 11};

/// The semitones of a degree (0: the tonic) of a major scale, in any octave.
int major(int degree) {
  const int octave = (degree + 70) / 7 - 10;
  return 12 * octave + kMajor[static_cast<std::size_t>(degree - 7 * octave)];
}

struct Voice {
  int program;
  std::vector<Note> notes;
};

Score score_of(const std::vector<Voice>& voices) {
  Score score;
  score.ticks_per_quarter = kGrid;
  score.tempos = {{Tick{}, 500'000}};
  score.meters = {{Tick{}, {4, 4}}};
  for (const Voice& voice : voices) {
    Track track;
    track.program = static_cast<std::uint8_t>(voice.program);
    track.notes = voice.notes;
    score.tracks.push_back(std::move(track));
  }
  normalise(score);
  return score;
}

/// Rhythms of a bar, in eighths.
constexpr std::array<std::array<int, 6>, 6> kRhythms = {
    {{2, 2, 2, 2}, {3, 1, 2, 2}, {2, 1, 1, 2, 2}, {2, 2, 1, 1, 2}, {4, 2, 2}, {1, 1, 2, 1, 1, 2}}};

/// A tune in a major key: mostly steps, some leaps, between the D above middle C's and two octaves
/// higher. No bar is like an earlier one.
std::vector<Note> melody(Random& random, int key) {
  std::vector<Note> notes;
  std::vector<std::vector<std::pair<int, int>>> bars;  // (degree, eighths)
  int degree = 7;
  while (bars.size() < kBars) {
    std::vector<std::pair<int, int>> bar;
    for (const int eighths : kRhythms[random.below(kRhythms.size())]) {
      if (eighths == 0) break;
      const std::uint32_t draw = random.below(10);
      const int size = draw < 7 ? 1 : draw < 9 ? 2 : 4;
      degree += random.below(2) == 0 ? size : -size;
      if (degree < 3) degree += 4;
      if (degree > 14) degree -= 4;
      bar.push_back({degree, eighths});
    }
    if (std::find(bars.begin(), bars.end(), bar) == bars.end()) bars.push_back(std::move(bar));
  }
  Tick at;
  for (const auto& bar : bars)
    for (const auto& [step, eighths] : bar) {
      const Tick duration{eighths * kGrid / 2};
      notes.push_back({at, duration, static_cast<std::uint8_t>(60 + key + major(step))});
      at += duration;
    }
  return notes;
}

/// Pairs of instruments that play in unison.
constexpr std::array<std::pair<int, int>, 2> kPairs = {{{40, 73}, {68, 71}}};  // low, high program

std::vector<Probe> unisons() {
  std::vector<Probe> probes;
  for (const ProbeKind kind : {ProbeKind::kUnisonAbove, ProbeKind::kUnisonBelow})
    for (int i = 0; i < kProbes; ++i) {
      Random random(static_cast<std::uint64_t>(i));  // the same melody in both directions
      const auto notes = melody(random, i % 12 - 5);
      const auto [low, high] = kPairs[static_cast<std::size_t>(i) % kPairs.size()];
      const int asked = kind == ProbeKind::kUnisonAbove ? high : low;
      probes.push_back({std::string(to_string(kind)) + "-" + std::to_string(i + 1),
                        kind,
                        score_of({{low, notes}, {high, notes}}),
                        {HoleKind::kPart, 8, 4, {asked}, {}}});
    }
  return probes;
}

/// Progressions of four chords, by the degrees of their roots; triads of a major key.
constexpr std::array<std::array<int, 4>, 4> kProgressions = {
    {{0, 3, 4, 0}, {0, 5, 3, 4}, {0, 4, 5, 3}, {0, 1, 4, 0}}};

std::vector<Probe> roots() {
  constexpr int kFlute = 73, kBass = 33;
  constexpr std::array<int, 8> kFigure = {0, 2, 4, 7, 4, 2, 4, 2};  // degrees above the root
  std::vector<Probe> probes;
  for (int i = 0; i < kProbes; ++i) {
    const int key = (i / 4 * 3 + i % 4) % 12;  // four progressions in keys all around
    const auto& progression = kProgressions[static_cast<std::size_t>(i) % kProgressions.size()];
    Probe probe;
    std::vector<Note> flute, bass;
    for (int bar = 0; bar < kBars; ++bar) {
      const int root = progression[static_cast<std::size_t>(bar) % progression.size()];
      probe.roots.push_back((key + major(root)) % 12);
      for (std::size_t k = 0; k < kFigure.size(); ++k)
        flute.push_back({kBar * bar + Tick{kGrid / 2} * static_cast<std::int64_t>(k),
                         Tick{kGrid / 2},
                         static_cast<std::uint8_t>(60 + key + major(root + kFigure[k]))});
      for (const int half : {0, 1})
        bass.push_back({kBar * bar + Tick{2 * kGrid} * half, Tick{2 * kGrid},
                        static_cast<std::uint8_t>(36 + probe.roots.back())});
    }
    probe.name = std::string(to_string(ProbeKind::kRoots)) + "-" + std::to_string(i + 1);
    probe.kind = ProbeKind::kRoots;
    probe.score = score_of({{kFlute, flute}, {kBass, bass}});
    probe.hole = {HoleKind::kOthers, 0, kBars, {kBass}, kFlute};
    probes.push_back(std::move(probe));
  }
  return probes;
}

}  // namespace

std::string_view to_string(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::kUnisonAbove:
      return "unison-above";
    case ProbeKind::kUnisonBelow:
      return "unison-below";
    case ProbeKind::kRoots:
      return "roots";
  }
  return "";
}

std::string_view describe(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::kUnisonAbove:
      return "Unison, asked program above the kept one: share of notes with the kept part's onset "
             "and pitch (F1)";
    case ProbeKind::kUnisonBelow:
      return "Unison, asked program below the kept one";
    case ProbeKind::kRoots:
      return "Roots: share of strong beats with the bass on the root of a kept arpeggio";
  }
  return "";
}

std::vector<Probe> probes_of(HoleTask task) {
  return task == HoleTask::kInfill ? unisons() : roots();
}

Result<ProbeScore> score_probe(const Probe& probe, const Score& answer) {
  const auto expected = on_grid(probe.score);
  const auto written = on_grid(answer);
  if (!expected || !written) return tl::unexpected(expected ? written.error() : expected.error());
  const Piece part = in_hole(*written, probe.hole);
  if (probe.kind == ProbeKind::kRoots) {
    const RootShare share = root_share(part, probe.roots);
    return ProbeScore{probe.kind, share.on_root, share.chance};
  }
  // Chance: the same notes against the bars of the melody that stand before the hole.
  PieceHole before = probe.hole;
  before.first_bar -= before.bars;
  return ProbeScore{probe.kind, matches(part, in_hole(*expected, probe.hole)).pitch_share(),
                    matches(part, in_hole(*expected, before)).pitch_share()};
}

std::vector<ProbeSummary> summarise(const std::vector<ProbeScore>& scores,
                                    const BootstrapOptions& bootstrap) {
  std::vector<ProbeSummary> out;
  for (const ProbeKind kind :
       {ProbeKind::kUnisonAbove, ProbeKind::kUnisonBelow, ProbeKind::kRoots}) {
    std::vector<double> values, chances;
    for (const ProbeScore& score : scores) {
      if (score.kind != kind) continue;
      values.push_back(score.value);
      chances.push_back(score.chance);
    }
    if (!values.empty())
      out.push_back({kind, values.size(), bootstrap_mean(values, bootstrap),
                     bootstrap_mean(chances, bootstrap)});
  }
  return out;
}

}  // namespace sage
