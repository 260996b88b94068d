// A chart as one self-contained SVG: lines, points with error bars, bars and histograms on nice
// axes.
//
// For reports: readable on light and on dark pages, alone in a file or inside a page. A pure
// function of its data; knows nothing of what the numbers mean.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace sage {

struct Point {
  double x = 0, y = 0;
  /// The ends of an error bar; NaN for none.
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  std::string label = {};  // written beside a point of Mark::kPoints
};

enum class Mark {
  kLine,    // in the order of the points, broken where a value is not finite
  kPoints,  // with their error bars and labels
  kBoth,    // a line through points
  kBars,    // from 0; side by side with those of other series in a category, else overlaid
};

struct Series {
  std::string name;  // in the legend; empty: not listed
  std::vector<Point> points;
  Mark mark = Mark::kLine;
  int colour = -1;  // of the palette of kChartColours; -1: the next in order
};
inline constexpr int kChartColours = 10;  // the last is a grey

struct Axis {
  std::string label;
  bool log = false;                // values at or below 0 are omitted
  std::optional<double> from, to;  // else as the data ask for
  /// Names at x = 0, 1, 2 ... in place of numbers; for the x axis.
  std::vector<std::string> categories = {};
};

struct Chart {
  std::string title;
  Axis x, y;
  std::vector<Series> series;
  int width = 640, height = 360;  // pixels, at least 200 each
};

/// The chart as SVG text in UTF-8. Non-finite values are omitted.
std::string chart_svg(const Chart& chart);

/// `&`, `<`, `>` and quotes as XML wants them; control characters dropped.
std::string escape_xml(const std::string& text);

}  // namespace sage
