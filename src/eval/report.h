// What an evaluation found, as JSON, as Markdown and as one self-contained HTML page.
//
// Every report says what it is about (hashes of data and model, seed) and where it was made. Pure
// functions of their arguments.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "eval/summary.h"

namespace sage {

/// Where and by what a result was made.
struct Provenance {
  std::string command;  // as typed
  std::string version;  // of the program
  std::string machine;  // processor, number of threads, memory
  std::string system;   // operating system, compiler
  std::string instruction_set;
};

/// How fast a system wrote its outputs; see eval/generation.h.
struct Latency {
  std::string system;  // as in the tables
  std::size_t pieces = 0, notes = 0;
  std::vector<double> first_note_ms;  // kLatencyShares of them: quantiles over pieces
  std::vector<double> note_ms;        // quantiles over all notes behind a piece's first
  double notes_per_second = 0;        // over the time that generation took, of one stream
  int jobs = 1, threads = 1;          // pieces at once; threads of each
  double wall_seconds = 0;
  double peak_memory_mb = 0;
  std::string model_hash;
  nlohmann::ordered_json settings;
};
inline constexpr double kLatencyShares[] = {0.5, 0.95, 0.99, 0.999};

/// A drawing that belongs to the report: a title and SVG text.
struct Picture {
  std::string title;
  std::string svg;
};

struct Report {
  std::string title;
  std::string task;  // one sentence
  Scores scores;
  Summary summary;
  std::vector<Latency> latencies;
  std::vector<Picture> pictures;
  Provenance provenance;
};

/// "the reference against itself; random other piece: ...; prompt repeated: ...": the rows that
/// are no systems.
std::string calibration_text(const Report& report);

nlohmann::ordered_json report_json(const Report& report);
std::string report_markdown(const Report& report);
std::string report_html(const Report& report);
/// The Markdown without the metrics, and of what was left out the beginning: what fits a terminal.
std::string report_brief(const Report& report);

/// Writes NAME.json, NAME.md and NAME.html for a path NAME, each atomically.
Result<void> write_report(const Report& report, const std::string& name);

}  // namespace sage
