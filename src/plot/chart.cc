#include "plot/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "plot/scale.h"
#include "plot/style.h"

namespace sage {
namespace {

using plot::at;
using plot::kCharacter;
using plot::kMargin;
using plot::kStyle;
using plot::log_ticks;
using plot::number;
using plot::Scale;
using plot::tick_text;

// Middle tones, so that they stand out from white and from black; neighbours differ in hue.
constexpr std::array<std::string_view, kChartColours> kColours = {
    "#3b82f6", "#ef6c4d", "#10a37f", "#a855f7", "#d99a0b",
    "#e0529c", "#0ea5c6", "#84a30f", "#8b5e3c", "#64748b"};

constexpr double kRow = 20;

class ChartDrawing {
 public:
  explicit ChartDrawing(const Chart& chart)
      : chart_(chart), width_(std::max(chart.width, 200)), height_(std::max(chart.height, 200)) {
    for (const Series& series : chart.series)
      if (series.mark == Mark::kBars) ++bar_series_;
    fit(x_, chart.x, true);
    fit(y_, chart.y, false);
  }

  std::string draw() {
    const std::string w = at(width_), h = at(height_);
    out_ = "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w +
           "\" height=\"" + h + "\" viewBox=\"0 0 " + w + " " + h + "\" role=\"img\">\n";
    out_ += kStyle;
    out_ += "<rect class=\"back\" width=\"" + w + "\" height=\"" + h + "\"/>\n";
    if (!chart_.title.empty()) text(kMargin, 22, "title", chart_.title);
    lay_out();
    axes();
    std::size_t bar = 0;
    for (std::size_t i = 0; i < chart_.series.size(); ++i) {
      const Series& series = chart_.series[i];
      const std::string colour = colour_of(i);
      if (series.mark == Mark::kBars) bars(series, colour, bar++);
      if (series.mark == Mark::kLine || series.mark == Mark::kBoth) line(series, colour);
      if (series.mark == Mark::kPoints || series.mark == Mark::kBoth) points(series, colour, i);
    }
    return out_ + "</svg>\n";
  }

 private:
  std::string colour_of(std::size_t i) const {
    const int chosen = chart_.series[i].colour;
    return std::string(
        kColours[(chosen < 0 ? i : static_cast<std::size_t>(chosen)) % kChartColours]);
  }
  void text(double x, double y, std::string_view style, const std::string& words,
            const std::string& more = "") {
    out_ += "<text x=\"" + at(x) + "\" y=\"" + at(y) + "\" class=\"" + std::string(style) + "\"" +
            more + ">" + escape_xml(words) + "</text>\n";
  }
  void segment(double x1, double y1, double x2, double y2, const std::string& how) {
    out_ +=
        "<path d=\"M" + at(x1) + " " + at(y1) + "L" + at(x2) + " " + at(y2) + "\" " + how + "/>\n";
  }

  /// The range of an axis: what is asked for, else what the data fill, with a little room.
  void fit(Scale& scale, const Axis& axis, bool is_x) {
    scale.log = axis.log;
    double low = INFINITY, high = -INFINITY;
    const auto take = [&](double value) {
      if (!scale.shows(value)) return;
      low = std::min(low, value), high = std::max(high, value);
    };
    bool from_zero = false;
    for (const Series& series : chart_.series) {
      for (const Point& p : series.points) {
        take(is_x ? p.x : p.y);
        if (!is_x) take(p.low), take(p.high);
      }
      from_zero |= series.mark == Mark::kBars && !is_x && !axis.log;
    }
    if (!(low <= high)) low = axis.log ? 1 : 0, high = axis.log ? 10 : 1;
    if (axis.log) {
      low /= 1.15, high *= 1.15;
    } else {
      const double room = high > low ? 0.05 * (high - low) : std::max(0.05 * std::abs(high), 0.5);
      const bool at_zero = from_zero && low >= 0;
      low = at_zero ? 0 : low - (is_x && bar_series_ > 0 ? bar_width() / 2 : room);
      high += is_x && bar_series_ > 0 ? bar_width() / 2 : room;
    }
    if (is_x && !axis.categories.empty())
      low = -0.5, high = static_cast<double>(axis.categories.size()) - 0.5;
    scale.low = axis.from.value_or(low);
    scale.high = axis.to.value_or(high);
    if (!(scale.low < scale.high)) scale.high = scale.log ? scale.low * 10 : scale.low + 1;
  }

  /// The smallest distance between the bars of a series, so that neighbours touch.
  double bar_width() const {
    double width = INFINITY;
    for (const Series& series : chart_.series)
      for (std::size_t i = 1; i < series.points.size() && series.mark == Mark::kBars; ++i)
        if (const double gap = std::abs(series.points[i].x - series.points[i - 1].x); gap > 0)
          width = std::min(width, gap);
    return std::isfinite(width) ? width : 1;
  }

  std::vector<double> ticks(const Scale& scale, double pixels_each) const {
    const double room = std::abs(scale.end - scale.begin);
    return scale.log ? log_ticks(scale.low, scale.high)
                     : plot::nice_ticks(scale.low, scale.high,
                                        std::max(2, static_cast<int>(room / pixels_each)));
  }
  static double step_of(const Scale& scale, const std::vector<double>& all, std::size_t i) {
    return scale.log || all.size() < 2 ? std::max(all[i], 1e-300) : all[1] - all[0];
  }

  /// Legend, margins, and the place of the axes.
  void lay_out() {
    double x = kMargin, y = chart_.title.empty() ? kMargin + 4 : 42;
    bool listed = false;
    for (std::size_t i = 0; i < chart_.series.size(); ++i) {
      const std::string& name = chart_.series[i].name;
      if (name.empty()) continue;
      const double width = 30 + kCharacter * static_cast<double>(name.size());
      if (listed && x + width > width_ - kMargin) x = kMargin, y += kRow;
      out_ += "<rect x=\"" + at(x) + "\" y=\"" + at(y - 9) +
              "\" width=\"10\" height=\"10\" rx=\"2\""
              " fill=\"" +
              colour_of(i) + "\"/>\n";
      text(x + 15, y, "", name);
      x += width, listed = true;
    }
    const double top = listed ? y + 16 : chart_.title.empty() ? kMargin : 36;
    const auto& names = chart_.x.categories;
    double longest = 0;
    for (const std::string& name : names)
      longest = std::max(longest, kCharacter * static_cast<double>(name.size()));
    const bool fits = longest * static_cast<double>(names.size()) < width_ - 90;
    slanted_ = fits ? 0 : std::min(longest, 150.0) * 0.5 + 8;  // long names stand at an angle
    y_.begin = height_ - (chart_.x.label.empty() ? 28 : 46) - std::max(slanted_ - 10, 0.0);
    y_.end = top;
    double widest = 0;
    const auto all = ticks(y_, 48);
    for (std::size_t i = 0; i < all.size(); ++i)
      widest = std::max(
          widest, kCharacter * static_cast<double>(tick_text(all[i], step_of(y_, all, i)).size()));
    x_.begin = kMargin + widest + (chart_.y.label.empty() ? 4 : 22);
    x_.end = width_ - kMargin;
    if (slanted_ > 0) {  // the first name ends below the middle of its category
      const double first = std::min(longest, 150.0) * 0.87,
                   count = static_cast<double>(names.size());
      x_.begin = std::max(x_.begin, (first - x_.end / (2 * count)) / (1 - 1 / (2 * count)));
    }
  }

  void axes() {
    const auto rows = ticks(y_, 48);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double y = y_(rows[i]);
      segment(x_.begin, y, x_.end, y, "class=\"grid\"");
      text(x_.begin - 6, y + 4, "end", tick_text(rows[i], step_of(y_, rows, i)));
    }
    segment(x_.begin, y_.begin, x_.end, y_.begin, "class=\"axis\"");
    if (!chart_.x.categories.empty()) {
      categories();
    } else {
      const auto columns = ticks(x_, 80);
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const double x = x_(columns[i]);
        segment(x, y_.begin, x, y_.begin + 4, "class=\"axis\"");
        text(x, y_.begin + 17, "mid", tick_text(columns[i], step_of(x_, columns, i)));
      }
    }
    if (!chart_.x.label.empty())
      text((x_.begin + x_.end) / 2, height_ - 8.0, "mid", chart_.x.label);
    if (!chart_.y.label.empty()) {
      const double y = (y_.begin + y_.end) / 2;
      text(kMargin, y, "mid", chart_.y.label,
           " transform=\"rotate(-90 " + at(kMargin) + " " + at(y) + ")\"");
    }
  }

  void categories() {
    for (std::size_t i = 0; i < chart_.x.categories.size(); ++i) {
      const double x = x_(static_cast<double>(i)), y = y_.begin + 15;
      if (slanted_ > 0)
        text(x, y, "end", chart_.x.categories[i],
             " transform=\"rotate(-30 " + at(x) + " " + at(y) + ")\"");
      else
        text(x, y, "mid", chart_.x.categories[i]);
    }
  }

  void bars(const Series& series, const std::string& colour, std::size_t index) {
    const bool grouped = !chart_.x.categories.empty();
    const double all = grouped ? 0.8 : bar_width();
    const double each = grouped ? all / static_cast<double>(bar_series_) : all;
    const std::string opacity = !grouped && bar_series_ > 1 ? "0.5" : "0.9";
    for (const Point& p : series.points) {
      if (!x_.shows(p.x) || !y_.shows(p.y)) continue;
      const double left = p.x - all / 2 + (grouped ? each * static_cast<double>(index) : 0);
      const double x1 = x_(x_.within(left)), x2 = x_(x_.within(left + each));
      const double zero = y_(y_.within(y_.log ? y_.low : 0)), y = y_(y_.within(p.y));
      out_ += "<rect x=\"" + at(x1) + "\" y=\"" + at(std::min(y, zero)) + "\" width=\"" +
              at(std::max(x2 - x1 - 0.6, 0.4)) + "\" height=\"" + at(std::abs(y - zero)) +
              "\" fill=\"" + colour + "\" fill-opacity=\"" + opacity + "\">" + tooltip(series, p) +
              "</rect>\n";
      whisker(p, (x1 + x2) / 2, "class=\"bar\" stroke-width=\"1.3\"");
    }
  }

  void line(const Series& series, const std::string& colour) {
    std::string path;
    bool pen_down = false;
    for (const Point& p : series.points) {
      const bool shown = x_.shows(p.x) && y_.shows(p.y);
      if (shown) path += (pen_down ? "L" : "M") + at(x_(p.x)) + " " + at(y_(y_.within(p.y)));
      pen_down = shown;
    }
    out_ += "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + colour +
            "\" stroke-width=\"2\" stroke-linejoin=\"round\"/>\n";
  }

  void points(const Series& series, const std::string& colour, std::size_t index) {
    const auto count = static_cast<double>(chart_.series.size());
    // Side by side within a category, but on the line where there is one.
    const bool apart = !chart_.x.categories.empty() && series.mark == Mark::kPoints;
    const double shift = apart ? (static_cast<double>(index) + 0.5 - count / 2) / count : 0;
    for (const Point& p : series.points) {
      if (!x_.shows(p.x) || !y_.shows(p.y)) continue;
      const double x = x_(p.x + 0.6 * shift), y = y_(y_.within(p.y));
      whisker(p, x, "stroke=\"" + colour + "\" stroke-width=\"1.5\"");
      out_ += "<circle cx=\"" + at(x) + "\" cy=\"" + at(y) + "\" r=\"3.6\" fill=\"" + colour +
              "\">" + tooltip(series, p) + "</circle>\n";
      if (p.label.empty()) continue;
      const bool left = x + 10 + kCharacter * static_cast<double>(p.label.size()) > width_;
      text(left ? x - 7 : x + 7, y - 6, left ? "end" : "", p.label);
    }
  }

  void whisker(const Point& p, double x, const std::string& how) {
    if (!y_.shows(p.low) || !y_.shows(p.high)) return;
    const double low = y_(y_.within(p.low)), high = y_(y_.within(p.high));
    segment(x, low, x, high, how);
    segment(x - 4, low, x + 4, low, how);
    segment(x - 4, high, x + 4, high, how);
  }

  std::string tooltip(const Series& series, const Point& p) const {
    const auto& names = chart_.x.categories;
    const auto index = static_cast<std::size_t>(std::max(p.x, 0.0));
    std::string words = series.name.empty() ? "" : series.name + ": ";
    words += p.label.empty() ? "" : p.label + ", ";
    words += index < names.size() ? names[index] : number(p.x, 3);
    words += ", " + number(p.y, 3);
    if (std::isfinite(p.low) && std::isfinite(p.high))
      words += " (" + number(p.low, 3) + " to " + number(p.high, 3) + ")";
    return "<title>" + escape_xml(words) + "</title>";
  }

  const Chart& chart_;
  double width_, height_;
  Scale x_, y_;
  std::size_t bar_series_ = 0;
  double slanted_ = 0;
  std::string out_;
};

}  // namespace

std::string chart_svg(const Chart& chart) { return ChartDrawing(chart).draw(); }

std::string escape_xml(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
  }
  return out;
}

}  // namespace sage
