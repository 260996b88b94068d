// A training study as pages: report.json, report.md and SVG plots, from what its folder holds. The
// same folder gives the same bytes.
#pragma once

#include <string>
#include <vector>

#include "study/analysis.h"
#include "study/study_folder.h"

namespace sage {

struct ArmReport {
  StudyFacts facts;
  StudyPlan plan;
  ArmResults results;
  Analysis analysis;
  std::vector<SpeedSession> speed;
};

/// Reads a study's folder. Refuses one without a finished arm.
Result<ArmReport> read_study(const StudyFolder& folder);

/// Writes the report into the folder, each file atomically.
Result<void> write_report(const ArmReport& report, const std::filesystem::path& folder);

// What the parts of the report share.

struct ReportPlot {
  std::string file, title, svg;
};
std::vector<ReportPlot> plots_of(const ArmReport& report);
std::string markdown_of(const ArmReport& report, const std::vector<ReportPlot>& plots);

/// How many times as fast as the baseline an arm decodes a note, round by round: the mean with its
/// interval over the rounds, and what reading everything once would allow.
struct SpeedUp {
  MeanInterval measured;
  double bound = 0;
  double notes_per_second = 0;  // median
};
/// Nothing where the session, or the results, lack one of the two.
std::optional<SpeedUp> speed_up(const ArmReport& report, const SpeedSession& session,
                                const std::string& arm, int context);

/// The arm's name, with a mark where it has fewer than three seeds.
std::string marked(const ArmSummary& arm);

}  // namespace sage
