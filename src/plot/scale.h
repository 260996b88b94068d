// From values to pixels along one axis, and the numbers written beside it. Internal to plot.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace sage::plot {

/// Values to pixels along one axis.
struct Scale {
  double low = 0, high = 1;
  double begin = 0, end = 1;  // pixels
  bool log = false;

  bool shows(double value) const { return std::isfinite(value) && (!log || value > 0); }
  double operator()(double value) const {
    const auto place = [&](double x) { return log ? std::log10(x) : x; };
    return begin + (end - begin) * (place(value) - place(low)) / (place(high) - place(low));
  }
  double within(double value) const { return std::clamp(value, low, high); }
};

/// Multiples of 1, 2 or 5 times a power of ten in [low, high], about `count` of them.
/// Precondition: low < high, both finite.
std::vector<double> nice_ticks(double low, double high, int count = 6);

/// Powers of ten in [low, high], with 2 and 5 between them where there is room. Precondition: low >
/// 0.
std::vector<double> log_ticks(double low, double high);

/// With a fixed number of decimals.
std::string number(double value, int decimals);

/// A coordinate, to a tenth of a pixel.
std::string at(double value);

/// A value on an axis whose ticks are `step` apart.
std::string tick_text(double value, double step);

}  // namespace sage::plot
