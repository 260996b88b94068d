// Listening tests with a known right answer: small pieces made by rule, each with a hole that only
// a system that hears the kept part can fill.
//
// Unison (for infill): two instruments play one melody in unison for 16 bars; bars 9-12 of one of
// them are asked for again. The melody is a new one for each probe and never repeats a bar, so only
// the kept part tells what to write. Every melody is asked in both directions, for instruments
// whose program number is above and below the kept one's: a model that writes notes of one onset by
// program number hears the one and not the other.
//
// Roots (for accompaniment): a flute plays the chords of a progression as arpeggios, a bass is
// asked for. How often does it play the root on strong beats?
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "eval/corpus.h"
#include "eval/holes.h"
#include "score/score.h"
#include "statistics/statistics.h"

namespace sage {

enum class ProbeKind {
  kUnisonAbove,  // asked program number > kept one
  kUnisonBelow,
  kRoots,
};
std::string_view to_string(ProbeKind kind);
/// What the test asks and how it is scored, in one sentence.
std::string_view describe(ProbeKind kind);

struct Probe {
  std::string name;
  ProbeKind kind = ProbeKind::kRoots;
  Score score;                  // with the right answer in the hole
  PieceHole hole;               // what is asked for
  std::vector<int> roots = {};  // kRoots: the pitch class of each bar's root
};

/// The probes of a task, the same on every machine: 16 of both unisons each for infill, 16 of roots
/// for accompany.
std::vector<Probe> probes_of(HoleTask task);

struct ProbeScore {
  ProbeKind kind = ProbeKind::kRoots;
  double value = 0;   // unison: F1 of onset and pitch; roots: share of strong beats on the root
  double chance = 0;  // what notes of the same kind reach that do not hear the kept part
};
/// `answer`: the whole piece as a system wrote it.
Result<ProbeScore> score_probe(const Probe& probe, const Score& answer);

struct ProbeSummary {
  ProbeKind kind = ProbeKind::kRoots;
  std::size_t probes = 0;
  MeanInterval value, chance;  // over the probes
};
/// One for each kind, in their order.
std::vector<ProbeSummary> summarise(const std::vector<ProbeScore>& scores,
                                    const BootstrapOptions& bootstrap);

}  // namespace sage
