// The plots of a study's report.
#include <algorithm>
#include <cmath>

#include "plot/chart.h"
#include "study/report.h"

namespace sage {
namespace {

constexpr std::size_t kCurvesAChart = 8;

const ArmSummary* summary_of(const ArmReport& report, const std::string& arm) {
  const auto& arms = report.analysis.arms;
  const auto at =
      std::find_if(arms.begin(), arms.end(), [&](const ArmSummary& one) { return one.arm == arm; });
  return at == arms.end() ? nullptr : &*at;
}

ReportPlot drawn(std::string file, const Chart& chart) {
  return {std::move(file), chart.title, chart_svg(chart)};
}

std::string measure_word(std::size_t measure) { return measure == 0 ? "nats" : "nmsi"; }

/// Every arm with its interval.
ReportPlot by_arm(const ArmReport& report, std::size_t measure) {
  Chart chart;
  chart.title = std::string(arm_measure(measure).title) + " by arm" +
                (measure == 0 ? " (less is better)" : "");
  chart.y.label = arm_measure(measure).title;
  chart.width = std::max(640, 60 + 44 * static_cast<int>(report.analysis.arms.size()));
  chart.height = 420;
  Series series{"", {}, Mark::kPoints};
  for (const ArmSummary& arm : report.analysis.arms) {
    const MeanInterval& m = arm.measures[measure];
    series.points.push_back(
        {static_cast<double>(chart.x.categories.size()), m.mean, m.low, m.high});
    chart.x.categories.push_back(marked(arm));
  }
  chart.series = {std::move(series)};
  return drawn(measure_word(measure) + ".svg", chart);
}

/// A line for each row of a sweep; † in the legend where some arm lacks seeds.
std::optional<ReportPlot> of_sweep(const ArmReport& report, const Sweep& sweep,
                                   std::size_t measure) {
  Chart chart;
  chart.title = std::string(arm_measure(measure).title) + ", " + sweep.title;
  chart.x.label = sweep.axis;
  chart.x.categories = sweep.categories;
  chart.y.label = arm_measure(measure).title;
  for (const Sweep::Row& row : sweep.rows) {
    Series series{row.name, {}, Mark::kBoth};
    bool enough = true;
    for (std::size_t i = 0; i < row.arms.size(); ++i) {
      const ArmSummary* arm = summary_of(report, row.arms[i]);
      if (arm == nullptr) continue;
      enough = enough && arm->enough_seeds();
      const MeanInterval& m = arm->measures[measure];
      series.points.push_back({static_cast<double>(i), m.mean, m.low, m.high});
    }
    if (series.points.size() < 2) continue;
    if (!enough) series.name += " †";
    chart.series.push_back(std::move(series));
  }
  if (chart.series.empty()) return std::nullopt;
  return drawn(sweep.file + "." + measure_word(measure) + ".svg", chart);
}

std::string session_word(const SpeedSession& session) {
  std::string word;
  for (const char c : session.shape)
    if (c == ' ')
      word += '-';
    else if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      word += c;
  return word;
}

/// The arm's paired difference from the baseline; nothing where the plan does not ask for it.
std::optional<MeanInterval> over_baseline(const ArmReport& report, const std::string& arm,
                                          std::size_t measure) {
  if (arm == report.plan.baseline) return MeanInterval{};
  for (const Finding& finding : report.analysis.findings)
    if (finding.measure == measure && finding.contrast == arm + " - " + report.plan.baseline)
      return finding.value;
  return std::nullopt;
}

/// Whether the arm writes notes as the baseline does and is trained as it is, so that the two
/// differ in the model alone.
bool is_alike(const StudyPlan& plan, const std::string& arm) {
  const ArmSpec *a = plan.find(arm), *b = plan.find(plan.baseline);
  return a != nullptr && b != nullptr && a->merged_from == b->merged_from &&
         a->tokenizer == b->tokenizer && a->merges == b->merges &&
         a->model.output == b->model.output;
}

/// Quality against milliseconds a note. Differences from the baseline, for arms share most of what
/// makes their own intervals wide: the pieces. Of all arms, or of those alike: next to other ways
/// of writing and training, differences in the model are small.
std::optional<ReportPlot> pareto(const ArmReport& report, const SpeedSession& session, int context,
                                 std::size_t measure, bool all) {
  Chart chart;
  chart.title = std::string(arm_measure(measure).title) + " over " + report.plan.baseline +
                ", and latency at context " + std::to_string(context) + ", " + session.shape +
                ", " + session.options.type + (all ? ", all arms" : "");
  chart.x = {.label = "milliseconds a note, median of " + std::to_string(session.options.rounds) +
                      " rounds",
             .log = true};
  chart.y.label = std::string(arm_measure(measure).title) + ", difference";
  chart.width = 860, chart.height = 480;
  Series series{"", {}, Mark::kPoints};
  for (const ArmSummary& arm : report.analysis.arms) {
    const auto up = speed_up(report, session, arm.arm, context);
    const auto m = over_baseline(report, arm.arm, measure);
    if (!up || !m || !(all || is_alike(report.plan, arm.arm))) continue;
    series.points.push_back({1e3 / up->notes_per_second, m->mean, m->low, m->high, marked(arm)});
  }
  if (series.points.size() < 2) return std::nullopt;
  chart.series = {std::move(series)};
  return drawn("pareto-" + measure_word(measure) + "-" + std::to_string(context) +
                   (all ? "-all.svg" : ".svg"),
               chart);
}

/// Measured speed-ups as lines through points with intervals, their bounds as plain lines.
std::optional<ReportPlot> speed_ups(const ArmReport& report, const SpeedSession& session) {
  Chart chart;
  chart.title = "Speed-up over " + report.plan.baseline + ": measured, and the read-once bound (" +
                session.shape + ", " + session.options.type + ")";
  chart.x.label = "context";
  chart.y = {.label = "times as many notes a second", .from = 0.0};
  for (const int context : session.options.contexts)
    chart.x.categories.push_back(std::to_string(context));
  int colour = 0;
  for (const std::string& arm : report.plan.speed_lines) {
    Series measured{arm, {}, Mark::kBoth, colour}, bound{arm + ", bound", {}, Mark::kLine, colour};
    ++colour;
    for (std::size_t i = 0; i < session.options.contexts.size(); ++i) {
      const auto up = speed_up(report, session, arm, session.options.contexts[i]);
      if (!up) continue;
      const auto x = static_cast<double>(i);
      measured.points.push_back({x, up->measured.mean, up->measured.low, up->measured.high});
      bound.points.push_back({x, up->bound});
    }
    if (measured.points.empty()) continue;
    chart.series.push_back(std::move(measured));
    chart.series.push_back(std::move(bound));
  }
  if (chart.series.empty()) return std::nullopt;
  return drawn("speed-up." + session_word(session) + ".svg", chart);
}

/// Training losses of each arm's first seed.
ReportPlot curves(const ArmReport& report, std::size_t first) {
  Chart chart;
  chart.title = "Training, the first seed of each arm";
  chart.x.label = "million notes seen";
  chart.y.label = "nats a note";
  const auto& arms = report.analysis.arms;
  double top = 0;
  for (std::size_t i = first; i < std::min(first + kCurvesAChart, arms.size()); ++i) {
    Series series{arms[i].arm, {}, Mark::kLine};
    for (const auto& [notes, nats] : report.results.at(arms[i].arm).front().training.curve)
      series.points.push_back({notes * 1e-6, nats});
    if (series.points.size() > 2) top = std::max(top, series.points[2].y);
    chart.series.push_back(std::move(series));
  }
  if (top > 0) chart.y.to = top;  // the first steps would hide the rest
  return drawn("curves-" + std::to_string(first / kCurvesAChart + 1) + ".svg", chart);
}

}  // namespace

std::vector<ReportPlot> plots_of(const ArmReport& report) {
  std::vector<ReportPlot> plots;
  const auto add = [&](std::optional<ReportPlot> plot) {
    if (plot) plots.push_back(*std::move(plot));
  };
  for (const Sweep& sweep : report.plan.sweeps)
    for (std::size_t m = 0; m < kTestedMeasures; ++m) add(of_sweep(report, sweep, m));
  if (report.plan.sweeps.empty()) {
    for (std::size_t m = 0; m < kTestedMeasures; ++m) add(by_arm(report, m));
    if (!report.speed.empty()) {
      const SpeedSession& session = report.speed.front();
      const int first = session.options.contexts.front(), last = session.options.contexts.back();
      for (const auto& [context, all] : {std::pair(first, false), {last, false}, {first, true}})
        for (std::size_t m = 0; m < kTestedMeasures; ++m)
          add(pareto(report, session, context, m, all));
    }
  }
  for (const SpeedSession& session : report.speed) add(speed_ups(report, session));
  for (std::size_t i = 0; i < report.analysis.arms.size(); i += kCurvesAChart)
    add(curves(report, i));
  return plots;
}

}  // namespace sage
