// How runs went, from their metrics: losses over steps, tokens or time, as numbers and as a chart.
//
// Knows no libtorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace sage {

/// One line of a run's metrics.jsonl.
struct CurvePoint {
  std::int64_t step = 0;
  double tokens = 0;
  double minutes = 0;  // over all sessions of the run
  double nats = 0;     // a token
};

struct RunCurves {
  std::string name;                    // of the folder
  std::vector<CurvePoint> training;    // means since the point before
  std::vector<CurvePoint> validation;  // tokens as of the training line before
  std::vector<double> nats_per_note;   // (validations)
};

/// Reads RUN/metrics.jsonl. Of steps that occur twice, because a run crashed and was resumed from
/// a checkpoint, the last counts. A truncated last line is ignored; any other damage is an error.
Result<RunCurves> read_curves(const std::filesystem::path& run);

enum class CurveAxis { kSteps, kTokens, kMinutes };

/// Training losses as lines (of many points, means of neighbours) and validations as points, one
/// colour a run: SVG text.
std::string curves_svg(std::span<const RunCurves> runs, CurveAxis axis);

}  // namespace sage
