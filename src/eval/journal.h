// The journal of a folder of outputs: under which settings they were made, and how long each took.
// What it says is done under the same settings is not done again.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "eval/report.h"
#include "eval/timed_piece.h"

namespace sage {

inline constexpr const char* kJournalName = "generation.json";

/// Settings, and a record for each piece. Written now and then, and at the end, always whole.
class Journal {
 public:
  /// A new one where the folder has none. Errors: kMismatch where it was kept under other settings.
  static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& folder,
                                               const nlohmann::ordered_json& settings);

  /// Whether the piece is done, for a reference (with its hole) of this hash.
  bool has(const std::string& name, const std::string& reference) const;
  /// From any thread.
  Result<void> add(const std::string& name, const TimedPiece& piece, const std::string& reference);
  /// At the end of a run: how long it took, and with what.
  Result<void> close(int jobs, int threads, double wall_seconds);

 private:
  Result<void> write();

  std::filesystem::path path_;
  nlohmann::ordered_json json_;
  mutable std::mutex mutex_;  // of json_
  std::chrono::steady_clock::time_point written_ = std::chrono::steady_clock::now();
};

/// What the journal of a folder says of its speed; nothing where there is none.
std::optional<Latency> read_latency(const std::filesystem::path& folder, const std::string& system);

/// The quantiles kLatencyShares of some times.
std::vector<double> latency_quantiles(const std::vector<double>& values);

}  // namespace sage
