#include "plot/chart.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "plot/scale.h"

namespace sage {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t i = text.find(part); i != std::string::npos; i = text.find(part, i + 1)) ++found;
  return found;
}

TEST(Ticks, ByHand) {
  EXPECT_EQ(plot::nice_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(plot::nice_ticks(-1, 1, 2), (std::vector<double>{-1, 0, 1}));
  EXPECT_EQ(plot::nice_ticks(93, 117, 5), (std::vector<double>{95, 100, 105, 110, 115}));
}

RC_GTEST_PROP(Ticks, LieInTheRangeEvenlyApart, (int a, int width)) {
  const double low = a * 0.37, high = low + std::abs(static_cast<double>(width)) * 0.01 + 1e-3;
  const auto ticks = plot::nice_ticks(low, high, 6);
  RC_ASSERT(ticks.size() >= 2u);
  RC_ASSERT(ticks.size() <= 8u);
  const double step = ticks[1] - ticks[0];
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    RC_ASSERT(ticks[i] >= low - step * 1e-6);
    RC_ASSERT(ticks[i] <= high + step * 1e-6);
    if (i > 0) RC_ASSERT(std::abs(ticks[i] - ticks[i - 1] - step) < step * 1e-6);
  }
}

TEST(Chart, DrawsEveryFiniteValueOnce) {
  Chart chart;
  chart.series = {{"points", {{0, 1, 0.5, 1.5}, {1, kNaN}, {2, 3}}, Mark::kPoints},
                  {"line", {{0, 1}, {1, 2}, {2, INFINITY}, {3, 4}, {4, 5}}, Mark::kLine},
                  {"bars", {{0, 1}, {1, 2}}, Mark::kBars}};
  const std::string svg = chart_svg(chart);
  EXPECT_EQ(count(svg, "<circle"), 2u);
  EXPECT_EQ(count(svg, "fill-opacity"), 2u);
  EXPECT_EQ(count(svg, "stroke-width=\"1.5\""), 3u);  // an error bar and its two ends
  EXPECT_EQ(count(svg, "nan"), 0u);
  EXPECT_EQ(count(svg, "inf"), 0u);
  // The line is broken where a value is missing: two beginnings in one path.
  const auto path = svg.find("stroke-width=\"2\"");
  const std::string line = svg.substr(svg.rfind("<path", path), path - svg.rfind("<path", path));
  EXPECT_EQ(count(line, "M"), 2u);
  EXPECT_EQ(count(line, "L"), 2u);
}

TEST(Chart, NamesAreEscaped) {
  Chart chart;
  chart.title = "a < b & \"c\"";
  chart.x.categories = {"<script>"};
  chart.series = {{"s&", {{0, 1}}, Mark::kBars}};
  const std::string svg = chart_svg(chart);
  EXPECT_NE(svg.find("a &lt; b &amp; &quot;c&quot;"), std::string::npos);
  EXPECT_EQ(svg.find("<script>"), std::string::npos);
  EXPECT_EQ(svg.find("s&<"), std::string::npos);
}

TEST(Chart, LogAxesLeaveOutWhatTheyCannotShow) {
  Chart chart;
  chart.x.log = chart.y.log = true;
  chart.series = {{"", {{0, 1}, {10, -1}, {10, 100}, {1000, 5}}, Mark::kPoints}};
  EXPECT_EQ(count(chart_svg(chart), "<circle"), 2u);
}

RC_GTEST_PROP(Chart, StaysInsideItsFrame, (const std::vector<std::pair<double, double>>& data)) {
  Chart chart;
  Series series{"s", {}, Mark::kPoints};
  for (const auto& [x, y] : data) series.points.push_back({x, y});
  chart.series = {series};
  chart.x.log = *rc::gen::arbitrary<bool>();
  const std::string svg = chart_svg(chart);
  for (std::size_t i = svg.find("cx=\""); i != std::string::npos; i = svg.find("cx=\"", i + 1)) {
    const double x = std::stod(svg.substr(i + 4));
    RC_ASSERT(x >= 0);
    RC_ASSERT(x <= chart.width);
  }
}

TEST(Chart, WithoutDataThereAreAxes) { EXPECT_GT(count(chart_svg({}), "class=\"grid\""), 2u); }

}  // namespace
}  // namespace sage
