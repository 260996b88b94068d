#include "eval/journal.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "base/file.h"
#include "statistics/quantiles.h"

namespace sage {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kWriteEvery{2};

double peak_memory_mb() {
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

Json record_of(const TimedPiece& piece, const std::string& reference) {
  Json gaps = Json::array();
  for (const double ms : piece.note_ms) gaps.push_back(std::llround(ms * 1e3));
  return {{"notes", piece.notes},
          {"tokens", piece.tokens},
          {"prompt_tokens", piece.prompt_tokens},
          {"seconds", piece.seconds},
          {"first_note_ms", piece.first_note_ms > 0 ? Json(piece.first_note_ms) : Json()},
          {"note_us", std::move(gaps)},
          {"reference", reference}};
}

/// Journals come from folders of anyone's making: what is of another type than it should be counts
/// as not there.
template <class T>
T value_or(const Json& json, const char* key, T otherwise) {
  const auto at = json.find(key);
  if (at == json.end()) return otherwise;
  if constexpr (std::is_same_v<T, std::string>)
    return at->is_string() ? at->template get<T>() : otherwise;
  else
    return at->is_number() ? at->template get<T>() : otherwise;
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const fs::path& folder, const Json& settings) {
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
                journal->path_.string() + " is not a journal of outputs; remove the folder");
  if (json["settings"] != settings)
    return fail(ErrorCode::kMismatch,
                folder.string() +
                    " holds outputs of another model or other settings; choose another folder");
  return journal;
}

bool Journal::has(const std::string& name, const std::string& reference) const {
  const std::lock_guard lock(mutex_);
  const auto record = json_["pieces"].find(name);
  return record != json_["pieces"].end() && record->is_object() &&
         value_or(*record, "reference", std::string()) == reference;
}

Result<void> Journal::add(const std::string& name, const TimedPiece& piece,
                          const std::string& reference) {
  Json record = record_of(piece, reference);
  const std::lock_guard lock(mutex_);
  json_["pieces"][name] = std::move(record);
  return Clock::now() - written_ > kWriteEvery ? write() : Result<void>();
}

Result<void> Journal::close(int jobs, int threads, double wall_seconds) {
  const std::lock_guard lock(mutex_);
  json_["wall_seconds"] = value_or(json_, "wall_seconds", 0.0) + wall_seconds;
  json_["jobs"] = jobs;
  json_["threads"] = threads;
  json_["peak_memory_mb"] = std::max(value_or(json_, "peak_memory_mb", 0.0), peak_memory_mb());
  return write();
}

Result<void> Journal::write() {
  written_ = Clock::now();
  return write_text(path_, json_.dump());
}

std::vector<double> latency_quantiles(const std::vector<double>& values) {
  std::vector<double> out;
  for (const double share : kLatencyShares) out.push_back(quantile(values, share));
  return out;
}

std::optional<Latency> read_latency(const fs::path& folder, const std::string& system) {
  const auto text = read_text(folder / kJournalName);
  if (!text) return std::nullopt;
  const Json json = Json::parse(*text, nullptr, false);
  if (json.is_discarded() || !json.is_object() || !json.contains("pieces") ||
      !json["pieces"].is_object())
    return std::nullopt;
  Latency out;
  out.system = system;
  std::vector<double> first, gaps;
  double seconds = 0;
  for (const auto& [name, record] : json["pieces"].items()) {
    if (!record.is_object()) return std::nullopt;
    ++out.pieces;
    out.notes += value_or(record, "notes", std::size_t{0});
    seconds += value_or(record, "seconds", 0.0);
    if (record.contains("first_note_ms") && record["first_note_ms"].is_number())
      first.push_back(record["first_note_ms"].get<double>());
    if (record.contains("note_us") && record["note_us"].is_array())
      for (const Json& gap : record["note_us"])
        if (gap.is_number()) gaps.push_back(gap.get<double>() / 1e3);
  }
  out.first_note_ms = latency_quantiles(first);
  out.note_ms = latency_quantiles(gaps);
  out.notes_per_second = seconds > 0 ? static_cast<double>(out.notes) / seconds : 0;
  out.jobs = value_or(json, "jobs", 1);
  out.threads = value_or(json, "threads", 1);
  out.wall_seconds = value_or(json, "wall_seconds", 0.0);
  out.peak_memory_mb = value_or(json, "peak_memory_mb", 0.0);
  if (const auto at = json.find("settings"); at != json.end() && at->is_object())
    out.settings = *at;
  out.model_hash = value_or(out.settings, "model", std::string());
  return out;
}

}  // namespace sage
