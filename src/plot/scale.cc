#include "plot/scale.h"

#include <array>
#include <charconv>

namespace sage::plot {

std::string number(double value, int decimals) {
  std::array<char, 400> text;
  const auto end =
      std::to_chars(text.begin(), text.end(), value, std::chars_format::fixed, decimals).ptr;
  return std::string(text.begin(), end);
}

std::string at(double value) {
  std::string text = number(value == 0 ? 0 : value, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string tick_text(double value, double step) {
  const double size = std::max(std::abs(value), step);
  if (size >= 1e7 || size < 1e-4) {
    std::array<char, 40> text;
    return std::string(
        text.begin(),
        std::to_chars(text.begin(), text.end(), value, std::chars_format::general, 3).ptr);
  }
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  std::string text = number(std::abs(value) < step * 1e-9 ? 0 : value, decimals);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::size_t first = text.front() == '-' ? 2 : 1;
  for (std::size_t i = point; i >= first + 3 && size >= 1'000; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::vector<double> log_ticks(double low, double high) {
  std::vector<double> ticks;
  const double decades = std::log10(high / low);
  for (int k = static_cast<int>(std::floor(std::log10(low))); std::pow(10, k) <= high; ++k)
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double tick = digit * std::pow(10, k);
      const bool wanted = digit == 1 ? decades < 12 || k % 5 == 0 : decades < 3;
      if (wanted && tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push_back(tick);
    }
  return ticks;
}

std::vector<double> nice_ticks(double low, double high, int count) {
  const double rough = (high - low) / std::max(count, 1);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double digit = rough / power;
  const double step = power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
  std::vector<double> ticks;
  const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  for (double k = first; k <= last && ticks.size() < 1000; ++k) ticks.push_back(k * step);
  return ticks;
}

}  // namespace sage::plot
