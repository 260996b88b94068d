// One model on one page: the primary measures of every task, read from the reports of the tasks,
// and the verdict on two models in words. Pure functions of the reports.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "statistics/statistics.h"

namespace sage {

struct SheetMeasure {
  std::string task;   // "continuation"
  std::string name;   // "energy score"
  std::string sense;  // what it says, in one sentence
  bool higher_is_better = false;
  int digits = 2;
  MeanInterval value;
  std::optional<MeanInterval> composers;
  /// The best of those that do not listen or think: a copy, a random piece.
  std::optional<MeanInterval> fooled;
  std::string fooled_by;
  /// Values by piece, where pieces have values of their own; for verdicts.
  std::map<std::string, double> pieces;
};

struct Sheet {
  std::string model;  // SHA-256 of the weights
  std::string data;   // SHA-256 of the references
  std::vector<SheetMeasure> measures;
};

/// A file of a report.
Result<nlohmann::ordered_json> read_report(const std::filesystem::path& path);

/// Adds the primary measures of a task's report, as report_json() writes it. Errors: a report that
/// lacks what this task's have.
Result<void> add_report(const nlohmann::ordered_json& report, Sheet& sheet);
/// Adds nats a note, of {"nats_per_note", "pieces": {name: {"nats", "notes"}}}.
Result<void> add_likelihood(const nlohmann::ordered_json& likelihood, Sheet& sheet);

std::string sheet_markdown(const Sheet& sheet, const std::string& title);
std::string sheet_html(const Sheet& sheet, const std::string& title);

/// A piece's work; pieces that are not in it are works of their own.
using WorkOf = std::map<std::string, std::string>;

enum class Relation { kBetter, kWorse, kSame, kOpen };

/// Model `b` against model `a` by one measure.
struct Verdict {
  const SheetMeasure* measure;
  std::size_t works = 0;
  MeanInterval difference;  // b - a, t-interval over works
  double p_holm = 1;        // of no difference, over all verdicts
  double p_same = 1;        // of a difference beyond the margin
  double margin = 0;
  Relation finding = Relation::kOpen;
};

/// Paired over the pieces that both have, works as units: paired permutation tests with Holm's
/// correction; where no difference is shown, an equivalence test with a margin of this share of a's
/// mean. Measures without values by piece give no verdict. The sheets must outlive the verdicts.
std::vector<Verdict> compare(const Sheet& a, const Sheet& b, const WorkOf& works, double margin);
/// One sentence: "infill, clashing time: B is better, ...".
std::string in_words(const Verdict& verdict, const std::string& a, const std::string& b);

}  // namespace sage
