#include "eval/generation.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <set>

#include "base/file.h"
#include "base/hash.h"
#include "base/stats.h"
#include "eval/parallel.h"
#include "generate/generator.h"
#include "midi/reader.h"
#include "midi/writer.h"

namespace sage {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double peak_memory_mb() {
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

Json settings_of(const Engine& engine, const GenerationOptions& options) {
  const SamplerOptions& s = options.sampler;
  return {{"task", to_string(options.task)},
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
}

/// The journal of a folder: settings, and a record for each piece. Written now and then, and at the
/// end, always whole.
class Journal {
 public:
  static Result<std::unique_ptr<Journal>> open(const fs::path& folder, const Json& settings) {
    auto journal = std::make_unique<Journal>();
    journal->path_ = folder / kJournalName;
    std::error_code code;
    if (!fs::exists(journal->path_, code)) {
      journal->json_ = {{"settings", settings}, {"wall_seconds", 0.0}, {"pieces", Json::object()}};
      return journal;
    }
    auto text = read_text(journal->path_);
    if (!text) return tl::unexpected(text.error());
    journal->json_ = Json::parse(*text, nullptr, false);
    const Json& json = journal->json_;
    if (json.is_discarded() || !json.is_object() || !json.contains("settings") ||
        !json.contains("pieces") || !json["pieces"].is_object())
      return fail(ErrorCode::kMalformed,
                  journal->path_.string() + " is no journal of outputs; remove the folder");
    if (json["settings"] != settings)
      return fail(ErrorCode::kMismatch,
                  folder.string() +
                      " holds outputs of another model or other settings; name another folder");
    return journal;
  }

  bool has(const std::string& name, const std::string& reference) const {
    const Json& pieces = json_["pieces"];
    return pieces.contains(name) && pieces[name].value("reference", "") == reference;
  }
  Result<void> add(const std::string& name, Json record) {
    const std::lock_guard lock(mutex_);
    json_["pieces"][name] = std::move(record);
    return seconds_since(written_) > 2 ? write() : Result<void>();
  }
  Result<void> close(const GenerationOptions& options, double wall) {
    const std::lock_guard lock(mutex_);
    json_["wall_seconds"] = json_.value("wall_seconds", 0.0) + wall;
    json_["jobs"] = options.jobs;
    json_["threads"] = options.threads;
    json_["peak_memory_mb"] = std::max(json_.value("peak_memory_mb", 0.0), peak_memory_mb());
    return write();
  }

 private:
  Result<void> write() {
    written_ = Clock::now();
    return write_text(path_, json_.dump());
  }

  fs::path path_;
  Json json_;
  std::mutex mutex_;
  Clock::time_point written_ = Clock::now();
};

Json record_of(const TimedPiece& piece) {
  Json gaps = Json::array();
  for (const double ms : piece.note_ms) gaps.push_back(std::llround(ms * 1e3));
  return {{"notes", piece.notes},
          {"tokens", piece.tokens},
          {"prompt_tokens", piece.prompt_tokens},
          {"seconds", piece.seconds},
          {"first_note_ms", piece.notes > 0 ? Json(piece.first_note_ms) : Json()},
          {"note_us", std::move(gaps)}};
}

/// Which model and seed wrote the piece, in the piece.
void sign(Score& score, const Engine& engine, std::uint64_t seed) {
  const std::string text =
      "sage-music, model " + engine.weights().hash() + ", seed " + std::to_string(seed);
  score.texts.insert(score.texts.begin(), {{0}, 1, text});
}

/// From a name and the seed of a run, the same on every machine.
std::uint64_t seed_of(const std::string& name, std::uint64_t seed) {
  const std::string digits = Sha256().update(name).update(":" + std::to_string(seed)).hex();
  return std::stoull(digits.substr(0, 13), nullptr, 16);
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
    const auto reference = load_reference(file, options_.scope);
    if (!reference) return false;  // scoring lists it: it counts for nobody
    const auto bytes = read_file(file.path);
    if (!bytes) return tl::unexpected(bytes.error());
    const std::string hash = sha256_hex(*bytes);
    const fs::path output = folder_ / (file.name + ".mid");
    std::error_code code;
    if (fs::exists(output, code) && journal_.has(file.name, hash)) return false;
    const auto read = read_midi(*bytes);
    if (!read) return tl::unexpected(read.error());
    const Request request = request_for(options_, file.name, read->score, *reference);
    auto piece = generate_timed(engine_, request, options_.threads);
    if (!piece) return tl::unexpected(piece.error());
    sign(piece->score, *engine_, request.seed);
    if (auto ok = write_midi_file(piece->score, output); !ok) return tl::unexpected(ok.error());
    Json record = record_of(*piece);
    record["reference"] = hash;
    if (auto ok = journal_.add(file.name, std::move(record)); !ok)
      return tl::unexpected(ok.error());
    return true;
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
  }
  return "";
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
  }
  return "";
}

Request request_for(const GenerationOptions& options, const std::string& name, const Score& score,
                    const Reference& reference) {
  Request request;
  request.sampler = options.sampler;
  request.seed = seed_of(name, options.seed);
  request.bars = static_cast<int>(reference.part.bars.size());
  if (options.task == GenerationTask::kContinuation) {
    request.prompt = score;
    request.prompt_bars = static_cast<int>(options.scope.skip);
  } else if (options.task == GenerationTask::kInstrument) {
    for (const Track& track : reference.part.score.tracks)
      if (!track.notes.empty()) request.programs.push_back(track.program_or_drum());
  }
  return request;
}

Result<TimedPiece> generate_timed(const std::shared_ptr<const Engine>& engine,
                                  const Request& request, int threads) {
  const auto start = Clock::now();
  auto generator = Generator::create(engine, request, {.threads = threads});
  if (!generator) return tl::unexpected(generator.error());
  TimedPiece out;
  double last = 0;
  for (;;) {
    const ReadEvent event = generator->next();
    if (event.type == ReadEvent::Type::kEnd) break;
    if (event.type != ReadEvent::Type::kNote) continue;
    const double now = seconds_since(start) * 1e3;
    if (out.first_note_ms == 0)
      out.first_note_ms = now;
    else
      out.note_ms.push_back(now - last);
    last = now;
  }
  out.seconds = seconds_since(start);
  out.score = generator->score();
  out.notes = generator->notes();
  out.prompt_tokens = generator->prompt_tokens();
  out.tokens = generator->tokens().size() - out.prompt_tokens;
  return out;
}

std::vector<double> latency_quantiles(const std::vector<double>& values) {
  std::vector<double> out;
  for (const double share : kLatencyShares) out.push_back(quantile(values, share));
  return out;
}

Result<Generated> generate_outputs(const std::shared_ptr<const Engine>& engine,
                                   const std::vector<PieceFile>& references, const fs::path& folder,
                                   const GenerationOptions& options, const Progress& progress) {
  if (auto ok = validate(options.sampler); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_writable(folder / kJournalName); !ok) return tl::unexpected(ok.error());
  auto journal = Journal::open(folder, settings_of(*engine, options));
  if (!journal) return tl::unexpected(journal.error());
  const auto start = Clock::now();
  Worker worker(engine, references, folder, options, **journal);
  const bool finished = for_each_piece(
      references.size(), options.jobs, [&](std::size_t i) { worker.work(i); }, progress);
  Generated generated = worker.finish();
  // A run that made nothing measured nothing.
  const double wall = generated.made > 0 ? seconds_since(start) : 0;
  if (auto ok = (*journal)->close(options, wall); !ok) return tl::unexpected(ok.error());
  if (!finished)
    return fail(ErrorCode::kInterrupted,
                "interrupted; the same command goes on where this one stopped");
  return generated;
}

std::optional<Latency> read_latency(const fs::path& folder, const std::string& system) {
  const auto text = read_text(folder / kJournalName);
  if (!text) return std::nullopt;
  const Json json = Json::parse(*text, nullptr, false);
  if (json.is_discarded() || !json.is_object() || !json.contains("pieces")) return std::nullopt;
  Latency out;
  out.system = system;
  std::vector<double> first, gaps;
  double seconds = 0;
  for (const auto& [name, record] : json["pieces"].items()) {
    if (!record.is_object()) return std::nullopt;
    ++out.pieces;
    out.notes += record.value("notes", std::size_t{0});
    seconds += record.value("seconds", 0.0);
    if (record.contains("first_note_ms") && record["first_note_ms"].is_number())
      first.push_back(record["first_note_ms"].get<double>());
    if (record.contains("note_us") && record["note_us"].is_array())
      for (const Json& gap : record["note_us"])
        if (gap.is_number()) gaps.push_back(gap.get<double>() / 1e3);
  }
  out.first_note_ms = latency_quantiles(first);
  out.note_ms = latency_quantiles(gaps);
  out.notes_per_second = seconds > 0 ? static_cast<double>(out.notes) / seconds : 0;
  out.jobs = json.value("jobs", 1);
  out.threads = json.value("threads", 1);
  out.wall_seconds = json.value("wall_seconds", 0.0);
  out.peak_memory_mb = json.value("peak_memory_mb", 0.0);
  out.settings = json.value("settings", Json::object());
  out.model_hash = out.settings.value("model", "");
  return out;
}

}  // namespace sage
