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
#include <string>
#include <string_view>
#include <vector>

#include "eval/corpus.h"
#include "eval/report.h"
#include "generate/engine.h"
#include "generate/request.h"

namespace sage {

enum class GenerationTask {
  kContinuation,   // the first bars of a reference are the prompt
  kUnconditional,  // from nothing, as many bars as the reference has
  kInstrument,     // for the reference's programs
};
std::string_view to_string(GenerationTask task);
/// What the task asks, in one sentence.
std::string describe(GenerationTask task, const Scope& scope);

struct GenerationOptions {
  GenerationTask task = GenerationTask::kContinuation;
  Scope scope{4, 16};  // skip is the prompt; 0 for tasks without one
  SamplerOptions sampler{.top_p = 0.95};
  std::uint64_t seed = 0;
  int jobs = 1;     // pieces at once
  int threads = 1;  // of the model, for each
};

struct Generated {
  std::size_t made = 0, kept = 0;  // by this run; by runs before it
  std::vector<Skipped> failed;     // references that gave no output
};

/// Writes NAME.mid into `folder` for every reference that can be scored. Refuses a folder whose
/// journal was kept under other settings. kInterrupted when stopped; what is done stays.
Result<Generated> generate_outputs(const std::shared_ptr<const Engine>& engine,
                                   const std::vector<PieceFile>& references,
                                   const std::filesystem::path& folder,
                                   const GenerationOptions& options, const Progress& progress);

/// What the journal of a folder says of its speed; nothing where there is none.
std::optional<Latency> read_latency(const std::filesystem::path& folder, const std::string& system);

/// The request for one reference.
Request request_for(const GenerationOptions& options, const std::string& name, const Score& score,
                    const Reference& reference);

/// One piece, and the clock beside it.
struct TimedPiece {
  Score score;
  std::size_t notes = 0;  // new ones
  std::size_t tokens = 0, prompt_tokens = 0;
  double seconds = 0;           // from the request to the end
  double first_note_ms = 0;     // from the request to the first note; 0 without one
  std::vector<double> note_ms;  // from each further note to the one before it
};
Result<TimedPiece> generate_timed(const std::shared_ptr<const Engine>& engine,
                                  const Request& request, int threads);

/// The quantiles kLatencyShares of some times.
std::vector<double> latency_quantiles(const std::vector<double>& values);

inline constexpr const char* kJournalName = "generation.json";

}  // namespace sage
