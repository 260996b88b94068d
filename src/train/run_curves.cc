#include "train/run_curves.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/file.h"
#include "plot/chart.h"

namespace sage {
namespace {

using nlohmann::json;

constexpr std::size_t kDrawnPoints = 150;  // of a line; more would only show its noise

/// Drops what a crashed run had written beyond the step from which it was resumed.
void rewind_to(std::int64_t step, std::vector<CurvePoint>& points) {
  while (!points.empty() && points.back().step >= step) points.pop_back();
}

double place(const CurvePoint& point, CurveAxis axis) {
  switch (axis) {
    case CurveAxis::kSteps:
      return static_cast<double>(point.step);
    case CurveAxis::kTokens:
      return point.tokens * 1e-6;
    case CurveAxis::kMinutes:
      break;
  }
  return point.minutes;
}

/// Means of neighbours, so that at most kDrawnPoints remain.
std::vector<Point> drawn(const std::vector<CurvePoint>& points, CurveAxis axis) {
  const std::size_t group = (points.size() + kDrawnPoints - 1) / kDrawnPoints;
  std::vector<Point> out;
  for (std::size_t begin = 0; begin < points.size(); begin += group) {
    const std::size_t end = std::min(begin + group, points.size());
    double nats = 0;
    for (std::size_t i = begin; i < end; ++i) nats += points[i].nats;
    out.push_back({place(points[end - 1], axis), nats / static_cast<double>(end - begin)});
  }
  return out;
}

}  // namespace

Result<RunCurves> read_curves(const std::filesystem::path& run) {
  const auto path = run / "metrics.jsonl";
  const auto text = read_text(path);
  if (!text) return tl::unexpected<Error>(text.error());
  RunCurves curves;
  curves.name = (run.has_filename() ? run : run.parent_path()).filename().string();
  std::istringstream lines(*text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
    const bool numbers =
        object.is_object() && std::all_of(object.begin(), object.end(), [](const json& value) {
          return value.is_number() || value.is_null();
        });
    if (!numbers || !object.contains("step") || !object["step"].is_number_integer() ||
        !object.contains("seconds")) {
      if (lines.peek() == std::istringstream::traits_type::eof()) break;  // cut short
      return fail(ErrorCode::kMalformed,
                  path.string() + ": line " + std::to_string(number) + " is damaged");
    }
    const auto number_of = [&](const char* key) {
      const auto at = object.find(key);
      if (at == object.end()) return 0.0;
      return at->is_null() ? std::nan("") : at->get<double>();  // null: it was not a number
    };
    CurvePoint point;
    point.step = object["step"].get<std::int64_t>();
    point.minutes = number_of("seconds") / 60;
    if (object.contains("loss")) {
      rewind_to(point.step, curves.training);
      point.tokens = number_of("tokens");
      point.nats = number_of("loss");
      curves.training.push_back(point);
    } else if (object.contains("valid_nats_per_token")) {
      rewind_to(point.step, curves.validation);
      curves.nats_per_note.resize(curves.validation.size());
      point.tokens = curves.training.empty() ? 0 : curves.training.back().tokens;
      point.nats = number_of("valid_nats_per_token");
      curves.validation.push_back(point);
      curves.nats_per_note.push_back(number_of("valid_nats_per_note"));
    }
  }
  if (curves.training.empty() && curves.validation.empty())
    return fail(ErrorCode::kInvalidArgument, path.string() + ": nothing in it yet");
  return curves;
}

std::string curves_svg(std::span<const RunCurves> runs, CurveAxis axis) {
  static constexpr const char* kLabels[] = {"steps", "tokens (millions)", "minutes"};
  Chart chart;
  chart.title = "Loss: training (lines) and validation (points)";
  chart.x.label = kLabels[static_cast<int>(axis)];
  chart.y.label = "nats a token";
  int colour = 0;
  for (const RunCurves& run : runs) {
    Series line;
    line.name = run.name + ", training";
    line.points = drawn(run.training, axis);
    line.colour = colour;
    chart.series.push_back(line);
    Series points;
    points.name = run.name + ", validation";
    for (const CurvePoint& point : run.validation)
      points.points.push_back({place(point, axis), point.nats});
    points.mark = Mark::kPoints;
    points.colour = colour;
    chart.series.push_back(points);
    colour = (colour + 1) % kChartColours;
  }
  return chart_svg(chart);
}

}  // namespace sage
