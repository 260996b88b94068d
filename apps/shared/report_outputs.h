// What the commands that measure share: systems named on the command line, progress over pieces,
// and the report that they write.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/shared/cli.h"
#include "eval/report.h"

namespace sage::cli {

/// Says how far a walk over pieces has come, with an estimate of the time left; false once the user
/// asked to stop.
class PieceProgress {
 public:
  PieceProgress(std::string what, bool quiet) : what_(std::move(what)), quiet_(quiet) {}
  bool operator()(std::size_t done, std::size_t total) const;

 private:
  std::string what_;
  bool quiet_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// "NAME=DIR", or "DIR", which is called by its last part.
Result<SystemFiles> parse_system(const std::string& text);
/// The same for several; refuses two of one name.
Result<std::vector<SystemFiles>> parse_systems(const std::vector<std::string>& texts);

/// How many threads this machine has, at least one.
int default_jobs();

struct ReportOptions {
  std::string name;  // of the files to write, without extension; empty: none
  int resamples = 10'000;
  bool json = false;
};
void add_report_options(CLI::App& command, ReportOptions& options);

/// Summarises the scores, draws a few pieces, writes the report and prints its findings.
Result<void> publish(const Cli& cli, const std::string& title, const std::string& sentence,
                     const ScoringTask& task, Scores scores, std::vector<Latency> latencies,
                     const ReportOptions& options);

}  // namespace sage::cli
