#include "eval/text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace sage {

std::string fixed_text(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  std::array<char, 400> text;
  const auto end =
      std::to_chars(text.begin(), text.end(), value, std::chars_format::fixed, digits).ptr;
  std::string out(text.begin(), end);
  const bool zero = out.find_first_not_of("-0.") == std::string::npos;
  return zero && out.front() == '-' ? out.substr(1) : out;
}

std::string interval_text(const MeanInterval& interval, int digits) {
  if (!std::isfinite(interval.mean)) return "-";
  return fixed_text(interval.mean, digits) + " (" + fixed_text(interval.low, digits) + " to " +
         fixed_text(interval.high, digits) + ")";
}

std::string rate_text(const MetricSummary& rate) {
  if (rate.values == 0) return "-";
  return fixed_text(100 * rate.mean.mean, 1) + " % (" + fixed_text(100 * rate.mean.low, 1) +
         " to " + fixed_text(100 * rate.mean.high, 1) + ") of " + count_text(rate.values);
}

std::string p_text(double p) { return p < 0.001 ? "< 0.001" : fixed_text(p, 3); }

std::string count_text(std::size_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

int digits_for(double value) {
  const double size = std::abs(value);
  return size >= 100 ? 1 : size >= 10 ? 2 : 3;
}

}  // namespace sage
