#include "eval/generation.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "eval/journal.h"
#include "eval/parallel.h"
#include "eval/timed_piece.h"
#include "midi/reader.h"
#include "midi/writer.h"

namespace sage {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

Json settings_of(const Engine& engine, const GenerationOptions& options) {
  const SamplerOptions& s = options.sampler;
  Json json = {{"task", to_string(options.task)},
               {"model", engine.weights().hash()},
               {"type", to_string(engine.weights().type())},
               {"attention", engine.model().config().attention},
               {"prompt_bars", options.scope.skip},
               {"bars", options.scope.bars},
               {"seed", options.seed},
               {"temperature", s.temperature},
               {"top_k", s.top_k},
               {"top_p", s.top_p},
               {"min_p", s.min_p},
               {"repeat_penalty", s.repeat_penalty}};
  // By the plan's rule and not by its pieces, so that a run may go on with more of them.
  if (options.plan) json["hole_seed"] = options.plan->seed;
  if (knows_presence(options.task)) json["presence"] = options.presence;
  return json;
}

/// Which model and seed wrote the piece, in the piece.
void sign(Score& score, const Engine& engine, std::uint64_t seed) {
  const std::string text =
      "sage-music, model " + engine.weights().hash() + ", seed " + std::to_string(seed);
  score.texts.insert(score.texts.begin(), {{0}, 1, text});
}

/// The pieces of one run: reads, generates, writes and keeps the journal.
class Worker {
 public:
  Worker(std::shared_ptr<const Engine> engine, const std::vector<PieceFile>& references,
         fs::path folder, const GenerationOptions& options, Journal& journal)
      : engine_(std::move(engine)),
        references_(references),
        folder_(std::move(folder)),
        options_(options),
        journal_(journal) {}

  void work(std::size_t i) {
    const PieceFile& file = references_[i];
    const auto done = make(file);
    const std::lock_guard lock(mutex_);
    if (!done)
      failed_.push_back({file.name, to_string(done.error())});
    else
      *done ? ++generated_.made : ++generated_.kept;
  }

  Generated finish() {
    std::sort(failed_.begin(), failed_.end(),
              [](const Skipped& a, const Skipped& b) { return a.name < b.name; });
    generated_.failed = std::move(failed_);
    return std::move(generated_);
  }

 private:
  /// Whether the piece was made now; false when it was there, or can not be asked for.
  Result<bool> make(const PieceFile& file) {
    const auto reference =
        options_.plan ? load_reference(file, *options_.plan) : load_reference(file, options_.scope);
    if (!reference) return false;  // scoring lists it: it counts for nobody
    const auto bytes = read_file(file.path);
    if (!bytes) return tl::unexpected(bytes.error());
    // What the output answers: this file, and this hole in it.
    const std::string asked =
        options_.plan ? hash_of(options_.plan->holes.at(file.name)) : sha256_hex(*bytes);
    const fs::path output = folder_ / (file.name + ".mid");
    std::error_code code;
    if (fs::exists(output, code) && journal_.has(file.name, asked)) return false;
    const auto read = read_midi(*bytes);
    if (!read) return tl::unexpected(read.error());
    auto piece = compose(file.name, read->score, *reference);
    if (!piece) return tl::unexpected(piece.error());
    sign(piece->score, *engine_, seed_of(file.name, options_.seed));
    if (auto ok = write_midi_file(piece->score, output); !ok) return tl::unexpected(ok.error());
    if (auto ok = journal_.add(file.name, *piece, asked); !ok) return tl::unexpected(ok.error());
    return true;
  }

  Result<TimedPiece> compose(const std::string& name, const Score& score,
                             const Reference& reference) const {
    if (reference.hole)
      return infill_timed(engine_, infill_request_for(options_, name, score, reference));
    return generate_timed(engine_, request_for(options_, name, score, reference), options_.threads);
  }

  std::shared_ptr<const Engine> engine_;
  const std::vector<PieceFile>& references_;
  fs::path folder_;
  const GenerationOptions& options_;
  Journal& journal_;
  std::mutex mutex_;
  std::vector<Skipped> failed_;
  Generated generated_;
};

}  // namespace

std::string_view to_string(GenerationTask task) {
  switch (task) {
    case GenerationTask::kContinuation:
      return "continuation";
    case GenerationTask::kUnconditional:
      return "unconditional";
    case GenerationTask::kInstrument:
      return "instrument";
    case GenerationTask::kInfill:
      return "infill";
    case GenerationTask::kAccompany:
      return "accompany";
  }
  return "";
}

bool knows_presence(GenerationTask task) {
  return task == GenerationTask::kContinuation || task == GenerationTask::kInstrument;
}

std::optional<HoleTask> holes_of(GenerationTask task) {
  if (task == GenerationTask::kInfill) return HoleTask::kInfill;
  if (task == GenerationTask::kAccompany) return HoleTask::kAccompany;
  return std::nullopt;
}

std::string describe(GenerationTask task, const Scope& scope) {
  const std::string bars = std::to_string(scope.bars) + " bars (or to the piece's end)";
  switch (task) {
    case GenerationTask::kContinuation:
      return "The first " + std::to_string(scope.skip) +
             " bars of a held-out piece are the prompt; the next " + bars +
             " are compared with what the composer wrote.";
    case GenerationTask::kUnconditional:
      return "Music from nothing, " + bars +
             "; its distributions are compared with the references'.";
    case GenerationTask::kInstrument:
      return "Music for the instruments of a held-out piece, " + bars +
             "; its distributions are compared with the references'.";
    case GenerationTask::kInfill:
    case GenerationTask::kAccompany:
      return describe(*holes_of(task), scope.bars);
  }
  return "";
}

Request request_for(const GenerationOptions& options, const std::string& name, const Score& score,
                    const Reference& reference) {
  Request request;
  request.sampler = options.sampler;
  request.seed = seed_of(name, options.seed);
  request.bars = static_cast<int>(reference.part.bars.size());
  request.presence = options.presence;
  if (options.task == GenerationTask::kContinuation) {
    request.prompt = score;
    request.prompt_bars = static_cast<int>(options.scope.skip);
  } else if (options.task == GenerationTask::kInstrument) {
    for (const Track& track : reference.part.score.tracks)
      if (!track.notes.empty()) request.programs.push_back(track.program_or_drum());
  }
  return request;
}

InfillRequest infill_request_for(const GenerationOptions& options, const std::string& name,
                                 const Score& score, const Reference& reference) {
  const PieceHole& hole = *reference.hole;
  InfillRequest request;
  request.piece = with_hole(score, reference.whole, hole);
  request.programs = hole.programs;
  request.first_bar = static_cast<int>(hole.first_bar);
  request.bars = static_cast<int>(hole.bars);
  request.sampler = options.sampler;
  request.seed = seed_of(name, options.seed);
  request.threads = options.threads;
  return request;
}

Result<Generated> generate_outputs(const std::shared_ptr<const Engine>& engine,
                                   const std::vector<PieceFile>& references, const fs::path& folder,
                                   const GenerationOptions& options, const Progress& progress) {
  if (auto ok = validate(options.sampler); !ok) return tl::unexpected(ok.error());
  if (options.plan)
    if (auto ok = can_infill(*engine); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_writable(folder / kJournalName); !ok) return tl::unexpected(ok.error());
  auto journal = Journal::open(folder, settings_of(*engine, options));
  if (!journal) return tl::unexpected(journal.error());
  const auto start = Clock::now();
  Worker worker(engine, references, folder, options, **journal);
  const bool finished = for_each_piece(
      references.size(), options.jobs, [&](std::size_t i) { worker.work(i); }, progress);
  Generated generated = worker.finish();
  // A run that made nothing measured nothing.
  const double wall =
      generated.made > 0 ? std::chrono::duration<double>(Clock::now() - start).count() : 0;
  if (auto ok = (*journal)->close(options.jobs, options.threads, wall); !ok)
    return tl::unexpected(ok.error());
  if (!finished) return fail(ErrorCode::kInterrupted, "interrupted; the same command continues");
  return generated;
}

Result<std::vector<ProbeScore>> run_probes(const std::shared_ptr<const Engine>& engine,
                                           const GenerationOptions& options,
                                           const Progress& progress) {
  const auto holes = holes_of(options.task);
  if (!holes) return std::vector<ProbeScore>();
  const std::vector<Probe> probes = probes_of(*holes);
  std::vector<Result<ProbeScore>> scores(probes.size());
  const auto work = [&](std::size_t i) -> Result<ProbeScore> {
    const Probe& probe = probes[i];
    Reference reference;
    reference.whole = on_grid(probe.score).value();
    reference.hole = probe.hole;
    const auto written =
        infill_timed(engine, infill_request_for(options, probe.name, probe.score, reference));
    if (!written) return fail(probe.name, written.error());
    return score_probe(probe, written->score);
  };
  if (!for_each_piece(
          probes.size(), options.jobs, [&](std::size_t i) { scores[i] = work(i); }, progress))
    return fail(ErrorCode::kInterrupted, "interrupted");
  std::vector<ProbeScore> out;
  for (const auto& score : scores) {
    if (!score) return tl::unexpected(score.error());
    out.push_back(*score);
  }
  return out;
}

}  // namespace sage
