// The holes of a whole set of pieces, as a file: so that every system, of whatever origin, is given
// the same ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eval/corpus.h"
#include "eval/holes.h"

namespace sage {

struct PlannedHole {
  PieceHole hole;
  std::string reference;    // SHA-256 of the piece's file
  double from = 0, to = 0;  // in quarters from the start of the piece
};

struct HolePlan {
  HoleTask task = HoleTask::kInfill;
  std::size_t bars = 0;
  std::uint64_t seed = 0;
  std::map<std::string, PlannedHole> holes;  // by the name of the piece
  std::vector<Skipped> skipped;              // pieces without a hole
};

/// A hole for each piece that allows one. Each piece has a seed of its own, from the plan's and its
/// name, so that neither their order nor their number matters. kInterrupted when stopped.
Result<HolePlan> make_plan(const std::vector<PieceFile>& pieces, HoleTask task, std::size_t bars,
                           std::uint64_t seed, int threads, const Progress& progress);

/// A reference with its hole in the plan. Refuses a piece without one, and a file that is not the
/// one that the plan was made for.
Result<Reference> load_reference(const PieceFile& file, const HolePlan& plan);

/// One JSON object; bars are counted from 1 there, as people do.
std::string plan_text(const HolePlan& plan);
/// Refuses what is no plan, and a plan for another task where one is named.
Result<HolePlan> read_plan(const std::filesystem::path& path,
                           std::optional<HoleTask> task = std::nullopt);

/// SHA-256 of its text; of one hole with its reference.
std::string hash_of(const HolePlan& plan);
std::string hash_of(const PlannedHole& planned);

/// A seed for a piece, from its name and the seed of a run: the same on every machine.
std::uint64_t seed_of(const std::string& name, std::uint64_t seed);

}  // namespace sage
