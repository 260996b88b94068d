#include "eval/report_charts.h"

#include <algorithm>
#include <cmath>

#include "metrics/metric.h"
#include "plot/chart.h"

namespace sage {
namespace {

constexpr int kWide = 1040;  // pixels: the page

/// One colour a system in every chart; for calibrations the palette's far end, grey first; grey for
/// references, which stand in other charts.
int colour_of(const Report& report, const std::string& name) {
  const auto place = [&](const std::vector<SystemScores>& list) {
    const auto found = std::find_if(list.begin(), list.end(),
                                    [&](const SystemScores& s) { return s.name == name; });
    return static_cast<int>(found - list.begin());
  };
  const auto in_list = [](int index, const auto& list) {
    return index < static_cast<int>(list.size());
  };
  const auto &systems = report.scores.systems, &calibrations = report.scores.calibrations;
  if (const int index = place(systems); in_list(index, systems)) return index % 7;
  if (const int index = place(calibrations); in_list(index, calibrations))
    return kChartColours - 1 - index;
  return kChartColours - 1;
}

struct Values {
  std::string name;
  std::vector<double> values;
  int colour = 0;
};

/// As many bins as the values can fill: the square root of their number.
std::size_t bin_count(const std::vector<Values>& sets) {
  std::size_t most = 0;
  for (const Values& set : sets) most = std::max(most, set.values.size());
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::sqrt(most)), 8, 24);
}

/// Shares of pieces by value; the first set as bars, the others as lines over them.
std::string distribution_chart(const std::string& title, const std::string& unit,
                               const std::vector<Values>& sets, double from, double to) {
  Chart chart;
  chart.title = title;
  chart.x.label = unit == "1" ? "" : unit;
  chart.y.label = "share of pieces";
  chart.width = 420, chart.height = 260;
  const std::size_t bins = bin_count(sets);
  const auto last = static_cast<double>(bins - 1);
  const double width = (to - from) / static_cast<double>(bins);
  for (const Values& set : sets) {
    std::vector<double> counts(bins);
    for (const double value : set.values) {
      const double bin = std::floor((value - from) / width);
      counts[static_cast<std::size_t>(std::clamp(bin, 0.0, last))] += 1;
    }
    Series series{set.name, {}, chart.series.empty() ? Mark::kBars : Mark::kLine, set.colour};
    for (std::size_t k = 0; k < bins; ++k)
      series.points.push_back({from + (static_cast<double>(k) + 0.5) * width,
                               counts[k] / std::max<double>(1, set.values.size())});
    chart.series.push_back(std::move(series));
  }
  return chart_svg(chart);
}

std::vector<double> values_of(const SystemScores& system, std::size_t metric) {
  std::vector<double> values;
  for (const PieceScore& piece : system.pieces)
    if (metric < piece.metrics.size() && std::isfinite(piece.metrics[metric]))
      values.push_back(piece.metrics[metric]);
  return values;
}

}  // namespace

std::string terms_chart(const Report& report) {
  Chart chart;
  chart.title = "The four terms of NMSI, means with 95 % intervals";
  chart.y = {.label = "similarity", .from = 0.0, .to = 1.0};
  chart.width = kWide, chart.height = 340;
  for (std::size_t m = 1; m < kMeasureCount; ++m) chart.x.categories.emplace_back(measure(m).title);
  const auto add = [&](const SystemSummary& s) {
    Series series{s.name, {}, Mark::kPoints, colour_of(report, s.name)};
    for (std::size_t m = 1; m < s.measures.size(); ++m)
      series.points.push_back(
          {static_cast<double>(m - 1), s.measures[m].mean, s.measures[m].low, s.measures[m].high});
    chart.series.push_back(std::move(series));
  };
  for (const SystemSummary& s : report.summary.systems) add(s);
  for (const SystemSummary& s : report.summary.calibrations) add(s);
  return chart_svg(chart);
}

std::string nmsi_chart(const Report& report) {
  std::vector<Values> sets;
  const auto add = [&](const SystemScores& system) {
    Values& set = sets.emplace_back(Values{system.name, {}, colour_of(report, system.name)});
    for (const PieceScore& piece : system.pieces) set.values.push_back(piece.similarity.nmsi());
  };
  for (const SystemScores& system : report.scores.calibrations) add(system);
  for (const SystemScores& system : report.scores.systems) add(system);
  return distribution_chart("NMSI over the pieces", "NMSI", sets, 0, 100);
}

std::string pareto_chart(const Report& report) {
  Chart chart;
  chart.title = "Quality and latency";
  chart.x = {.label = "milliseconds a note, median", .log = true};
  chart.y.label = "NMSI";
  Series series{"", {}, Mark::kPoints};
  for (const SystemSummary& s : report.summary.systems)
    for (const Latency& l : report.latencies)
      if (l.system == s.name && !s.measures.empty() && l.note_ms.front() > 0)
        series.points.push_back(
            {l.note_ms.front(), s.measures[0].mean, s.measures[0].low, s.measures[0].high, s.name});
  if (series.points.size() < 2) return "";
  chart.series = {series};
  return chart_svg(chart);
}

std::string failure_chart(const Report& report) {
  Chart chart;
  chart.title = "Share of pieces with a fault, with 95 % intervals";
  chart.y = {.label = "share of pieces", .from = 0.0};
  chart.width = kWide, chart.height = 300;
  std::vector<std::size_t> rates;
  for (std::size_t k = 0; k < all_metrics().size(); ++k)
    if (all_metrics()[k].reading == Reading::kRate) rates.push_back(k);
  for (const std::size_t k : rates) chart.x.categories.emplace_back(all_metrics()[k].title);
  const auto add = [&](const SystemSummary& s, const std::string& name) {
    Series series{name, {}, Mark::kPoints, colour_of(report, s.name)};
    for (std::size_t i = 0; i < rates.size(); ++i) {
      const MeanInterval& m = s.metrics[rates[i]].mean;
      series.points.push_back({static_cast<double>(i), m.mean, m.low, m.high});
    }
    chart.series.push_back(std::move(series));
  };
  add(report.summary.reference, "references");
  for (const SystemSummary& s : report.summary.systems) add(s, s.name);
  return chart_svg(chart);
}

std::string metric_chart(const Report& report, std::size_t metric) {
  std::vector<Values> sets = {
      {"references", values_of(report.scores.reference, metric), kChartColours - 1}};
  for (const SystemScores& system : report.scores.systems)
    sets.push_back({system.name, values_of(system, metric), colour_of(report, system.name)});
  double low = INFINITY, high = -INFINITY;
  for (const Values& set : sets)
    for (const double value : set.values) low = std::min(low, value), high = std::max(high, value);
  if (!(low <= high)) return "";
  if (low == high) low -= 0.5, high += 0.5;
  const Metric& m = all_metrics()[metric];
  return distribution_chart(std::string(m.title), std::string(m.unit), sets, low, high);
}

std::string time_chart(const Report& report, const std::string& title,
                       TimeHistogram SystemSummary::*part) {
  Chart chart;
  chart.title = title;
  chart.y.label = "share of notes";
  chart.width = kWide, chart.height = 280;
  for (const auto name : kTimeClassNames) chart.x.categories.emplace_back(name);
  const auto add = [&](const SystemSummary& s, const std::string& name) {
    Series series{name, {}, Mark::kBars, colour_of(report, s.name)};
    for (std::size_t k = 0; k < kTimeClassCount; ++k)
      series.points.push_back({static_cast<double>(k), (s.*part)[k]});
    chart.series.push_back(std::move(series));
  };
  add(report.summary.reference, "references");
  for (const SystemSummary& s : report.summary.systems) add(s, s.name);
  return chart_svg(chart);
}

}  // namespace sage
