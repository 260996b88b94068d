// A metric: a pure function of one piece, with its name, unit and source.
//
// Metrics come in families, one file a family and one word in this layer's CMake list; tests,
// reports and tables iterate the registry. Definitions are MusPy's (Dong et al. 2020, version 0.5)
// where MusPy has the metric, so that equal notes at an equal resolution give equal values. Any
// thread may call them.
#pragma once

#include <span>
#include <string_view>

#include "metrics/piece.h"

namespace sage {

/// What leaves a metric's value as it is.
enum class Invariance : unsigned {
  kNone = 0,
  kTransposition = 1,  // all pitched notes moved alike, none leaving 0..127
};

/// What a set of pieces is told by.
enum class Reading {
  kDistribution,  // the mean of the values, and how they spread
  kRate,          // 1 where a piece has a fault, else 0: how many pieces have it
};

struct Metric {
  std::string_view name;       // as in result files
  std::string_view title;      // as in tables
  std::string_view unit;       // "1" for shares of one
  std::string_view reference;  // formula and source
  Invariance invariance = Invariance::kTransposition;
  /// NaN where the piece has nothing to measure (no pitched note, no drum note, one bar only).
  double (*of)(const Piece& piece) = nullptr;
  Reading reading = Reading::kDistribution;
};

struct MetricFamily {
  std::string_view name;
  std::span<const Metric> metrics;
};

/// All families, in the order of the CMake list.
std::span<const MetricFamily* const> metric_registry();

/// All metrics of all families, in that order.
std::span<const Metric> all_metrics();

}  // namespace sage
