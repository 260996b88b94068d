// Outputs of a model for the tasks of the benchmark: a MIDI file for each reference, and how long
// each note took.
//
// Runs resume: a folder of outputs keeps a journal, and what it says is done under the same
// settings is not done again. Each piece has a seed of its own, so that neither their order nor the
// number of threads changes a note.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eval/corpus.h"
#include "eval/hole_plan.h"
#include "eval/probes.h"
#include "generate/engine.h"
#include "generate/infill.h"
#include "generate/request.h"

namespace sage {

enum class GenerationTask {
  kContinuation,   // the first bars of a reference are the prompt
  kUnconditional,  // from nothing, as many bars as the reference has
  kInstrument,     // for the reference's programs
  kInfill,         // what was in the holes of a plan
  kAccompany,      // the other instruments to a given part, by a plan
};
std::string_view to_string(GenerationTask task);
/// Whether the task says who plays, and leaves when to the model.
bool knows_presence(GenerationTask task);
/// The holes that the task needs a plan of.
std::optional<HoleTask> holes_of(GenerationTask task);
/// What the task asks, in one sentence; `scope.bars` are those of a hole.
std::string describe(GenerationTask task, const Scope& scope);

struct GenerationOptions {
  GenerationTask task = GenerationTask::kContinuation;
  Scope scope{4, 16};            // skip is the prompt; 0 for tasks without one
  std::optional<HolePlan> plan;  // of the tasks with holes
  SamplerOptions sampler{.top_p = kUsualTopP};
  double presence = Request{}.presence;  // of the tasks that know who is to play
  std::uint64_t seed = 0;
  int jobs = 1;     // pieces at once
  int threads = 1;  // of the model, for each
};

struct Generated {
  std::size_t made = 0, kept = 0;  // by this run; by runs before it
  std::vector<Skipped> failed;     // references that gave no output
};

/// Writes NAME.mid into `folder` for every reference that can be scored. Refuses a folder whose
/// journal was kept under other settings, and a model that cannot do the task. kInterrupted when
/// stopped; what is done stays.
Result<Generated> generate_outputs(const std::shared_ptr<const Engine>& engine,
                                   const std::vector<PieceFile>& references,
                                   const std::filesystem::path& folder,
                                   const GenerationOptions& options, const Progress& progress);

/// What the model writes in the probes of the task, scored; nothing for a task without holes.
/// kInterrupted when stopped.
Result<std::vector<ProbeScore>> run_probes(const std::shared_ptr<const Engine>& engine,
                                           const GenerationOptions& options,
                                           const Progress& progress);

/// The request for one reference, of a task without holes.
Request request_for(const GenerationOptions& options, const std::string& name, const Score& score,
                    const Reference& reference);

/// The same for a reference with a hole: the model sees the score without what was in it.
InfillRequest infill_request_for(const GenerationOptions& options, const std::string& name,
                                 const Score& score, const Reference& reference);

}  // namespace sage
