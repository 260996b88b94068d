#include "plot/heat_map.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "plot/chart.h"
#include "plot/scale.h"
#include "plot/style.h"

namespace sage {
namespace {

using plot::at;
using plot::kCharacter;
using plot::kMargin;

constexpr double kGap = 18, kTitle = 20;
constexpr std::string_view kLow = "#3b82f6", kHigh = "#ef6c4d";
constexpr int kSteps = 9;  // of the scale of colours
constexpr int kTextCell = 24;
constexpr double kStrongest = 0.75;  // texts must stand out from full colour

double width_of(const std::vector<std::string>& names) {
  std::size_t longest = 0;
  for (const std::string& name : names) longest = std::max(longest, name.size());
  return kCharacter * static_cast<double>(longest);
}

class HeatMapDrawing {
 public:
  explicit HeatMapDrawing(const HeatMap& map)
      : map_(map),
        cell_(std::clamp(map.cell, 8, 80)),
        columns_(std::max(map.panels_a_row, 1)),
        panel_width_(cell_ * static_cast<double>(map.columns.size())),
        panel_height_(cell_ * static_cast<double>(map.rows.size())) {}

  std::string draw() {
    const int count = static_cast<int>(map_.panels.size());
    const int lines = (count + columns_ - 1) / columns_;
    left_ = kMargin + width_of(map_.panel_rows) + width_of(map_.rows) + 34;
    top_ = kMargin + 68;
    const double slant = 0.72 * width_of(map_.columns) + 14;
    const double height = top_ + lines * (panel_height_ + kTitle + kGap) + slant + 18;
    const double width =
        std::max(left_ + std::min(columns_, count) * (panel_width_ + kGap) + slant, 420.0);
    const std::string w = at(width), h = at(height);
    out_ = "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w +
           "\" height=\"" + h + "\" viewBox=\"0 0 " + w + " " + h + "\" role=\"img\">\n";
    out_ += plot::kStyle;
    out_ += "<rect class=\"back\" width=\"" + w + "\" height=\"" + h + "\"/>\n";
    text(kMargin, 24, "title", map_.title);
    scale();
    for (int i = 0; i < count; ++i) panel(i, i / columns_, i % columns_, i + columns_ >= count);
    if (!map_.column_label.empty()) text(left_, height - 10, "", map_.column_label);
    return out_ + "</svg>\n";
  }

 private:
  void text(double x, double y, std::string_view style, const std::string& words,
            const std::string& more = "") {
    out_ += "<text x=\"" + at(x) + "\" y=\"" + at(y) + "\" class=\"" + std::string(style) + "\"" +
            more + ">" + escape_xml(words) + "</text>\n";
  }

  /// Colour is laid over the page in a strength, so that 0 is the page's own.
  void square(double x, double y, double width, double height, double value) {
    const double full = value < 0 ? std::min(map_.low, -1e-300) : map_.high;
    const double strength = kStrongest * std::clamp(value / full, 0.0, 1.0);
    out_ += "<rect x=\"" + at(x) + "\" y=\"" + at(y) + "\" width=\"" + at(width) + "\" height=\"" +
            at(height) + "\" fill=\"" + std::string(value < 0 ? kLow : kHigh) +
            "\" fill-opacity=\"" + plot::number(strength, 2) + "\" class=\"grid\"/>\n";
  }

  void scale() {
    double x = kMargin;
    const double y = 40, size = 14;
    const auto word = [&](const std::string& words) {
      text(x, y + 11, "", words);
      x += kCharacter * static_cast<double>(words.size()) + 6;
    };
    if (map_.low < 0) {
      word(map_.low_text);
      for (int i = 0; i < kSteps; ++i, x += size)
        square(x, y, size, size, map_.low * (kSteps - i) / kSteps);
      x += 6;
    }
    word(map_.zero_text);
    for (int i = 1; i <= kSteps; ++i, x += size) square(x, y, size, size, map_.high * i / kSteps);
    x += 6;
    word(map_.high_text);
  }

  void panel(int index, int line, int column, bool is_last) {
    const HeatPanel& panel = map_.panels[static_cast<std::size_t>(index)];
    const double x = left_ + column * (panel_width_ + kGap);
    const double y = top_ + line * (panel_height_ + kTitle + kGap) + kTitle;
    text(x, y - 7, "", panel.title);
    const std::size_t width = map_.columns.size();
    for (std::size_t i = 0; i < std::min(panel.values.size(), width * map_.rows.size()); ++i) {
      const double cx = x + cell_ * static_cast<double>(i % width);
      const double cy = y + cell_ * static_cast<double>(i / width);
      if (std::isfinite(panel.values[i])) square(cx, cy, cell_, cell_, panel.values[i]);
      if (cell_ >= kTextCell && i < panel.texts.size())
        text(cx + cell_ / 2.0, cy + cell_ / 2.0 + 4, "mid", panel.texts[i]);
    }
    if (column == 0) names_of_rows(line, y);
    if (is_last) names_of_columns(x, y + panel_height_);
  }

  void names_of_rows(int line, double y) {
    for (std::size_t i = 0; i < map_.rows.size(); ++i)
      text(left_ - 6, y + cell_ * (static_cast<double>(i) + 0.5) + 4, "end", map_.rows[i]);
    const double middle = y + panel_height_ / 2, x = kMargin + 6 + width_of(map_.panel_rows);
    if (!map_.row_label.empty())
      text(x + 8, middle, "mid", map_.row_label,
           " transform=\"rotate(-90 " + at(x + 8) + " " + at(middle) + ")\"");
    if (static_cast<std::size_t>(line) < map_.panel_rows.size())
      text(kMargin, middle + 4, "", map_.panel_rows[static_cast<std::size_t>(line)]);
  }

  void names_of_columns(double x, double y) {
    for (std::size_t i = 0; i < map_.columns.size(); ++i) {
      const double cx = x + cell_ * (static_cast<double>(i) + 0.5);
      text(cx, y + 12, "", map_.columns[i],
           " transform=\"rotate(45 " + at(cx) + " " + at(y + 8) + ")\"");
    }
  }

  const HeatMap& map_;
  int cell_, columns_;
  double panel_width_, panel_height_;
  double left_ = 0, top_ = 0;
  std::string out_;
};

}  // namespace

std::string heat_map_svg(const HeatMap& map) { return HeatMapDrawing(map).draw(); }

}  // namespace sage
