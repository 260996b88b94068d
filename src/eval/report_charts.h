// The charts of a report. Internal to eval.
#pragma once

#include <string>
#include <vector>

#include "eval/report.h"

namespace sage {

/// NMSI's terms of every system and calibration, with intervals.
std::string terms_chart(const Report& report);
/// How NMSI spreads over the pieces.
std::string nmsi_chart(const Report& report);
/// NMSI against milliseconds a note; empty with fewer than two systems whose speed is known.
std::string pareto_chart(const Report& report);
/// Shares of pieces with each fault, with intervals.
std::string failure_chart(const Report& report);
/// The per-piece values of one metric, references as bars and systems as lines; empty where no
/// piece has a value.
std::string metric_chart(const Report& report, std::size_t metric);
/// Shares of note lengths, or of times between onsets.
std::string time_chart(const Report& report, const std::string& title,
                       TimeHistogram SystemSummary::*part);

}  // namespace sage
