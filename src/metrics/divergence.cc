#include "metrics/divergence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace sage {
namespace {

constexpr std::size_t kPlaces = 1000;
constexpr double kFloor = 1e-9;
constexpr double kTail = 5.0;  // bandwidths: 6e-7 of a Gaussian lie beyond
constexpr Divergence kUnknown = {std::numeric_limits<double>::quiet_NaN(),
                                 std::numeric_limits<double>::quiet_NaN()};

std::vector<double> finite(std::span<const double> values) {
  std::vector<double> out;
  std::copy_if(values.begin(), values.end(), std::back_inserter(out),
               [](double x) { return std::isfinite(x); });
  return out;
}

/// Scott 1992: the standard deviation over the fifth root of the number of values.
double scott(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  if (n < 2) return 0;
  double mean = 0, square = 0;
  for (const double x : values) mean += x / n;
  for (const double x : values) square += (x - mean) * (x - mean);
  return std::sqrt(square / (n - 1)) * std::pow(n, -0.2);
}

std::vector<double> density(std::span<const double> values, double bandwidth, double from,
                            double step) {
  std::vector<double> out(kPlaces);
  for (std::size_t i = 0; i < kPlaces; ++i) {
    const double x = from + (static_cast<double>(i) + 0.5) * step;
    for (const double value : values) {
      const double z = (x - value) / bandwidth;
      out[i] += std::exp(-0.5 * z * z);
    }
  }
  return out;
}

/// Makes the sum 1, with no entry below kFloor beforehand.
void normalise(std::vector<double>& weights) {
  double sum = 0;
  for (const double w : weights) sum += w;
  double floored = 0;
  for (double& w : weights) floored += w = std::max(w / sum, kFloor);
  for (double& w : weights) w /= floored;
}

}  // namespace

Divergence histogram_divergence(std::span<const double> outputs,
                                std::span<const double> references) {
  std::vector<double> p(outputs.begin(), outputs.end()), q(references.begin(), references.end());
  const auto empty = [](const auto& h) {
    return std::none_of(h.begin(), h.end(), [](double x) { return x > 0; });
  };
  if (empty(p) || empty(q) || p.size() != q.size()) return kUnknown;
  if (std::equal(p.begin(), p.end(), q.begin())) return {1.0, 0.0};
  normalise(p);
  normalise(q);
  Divergence out;
  for (std::size_t i = 0; i < p.size(); ++i) {
    out.overlapping_area += std::min(p[i], q[i]);
    out.kl += p[i] * std::log(p[i] / q[i]);
  }
  out.overlapping_area = std::min(out.overlapping_area, 1.0);
  out.kl = std::max(out.kl, 0.0);
  return out;
}

Divergence divergence(std::span<const double> outputs, std::span<const double> references) {
  std::vector<double> a = finite(outputs), b = finite(references);
  if (a.empty() || b.empty()) return kUnknown;
  std::sort(a.begin(), a.end());  // the order of pieces does not matter, not even for rounding
  std::sort(b.begin(), b.end());
  const double low = std::min(a.front(), b.front()), high = std::max(a.back(), b.back());
  if (low == high) return {1.0, 0.0};
  const double least = 1e-3 * (high - low);
  const double width_a = std::max(scott(a), least), width_b = std::max(scott(b), least);
  const double margin = kTail * std::max(width_a, width_b);
  const double step = (high - low + 2 * margin) / kPlaces;
  return histogram_divergence(density(a, width_a, low - margin, step),
                              density(b, width_b, low - margin, step));
}

}  // namespace sage
