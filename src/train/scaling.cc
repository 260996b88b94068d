#include "train/scaling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <vector>

namespace sage {
namespace {

constexpr int kTerms = 3;                                     // the floor, of sizes, of budgets
using Terms = std::array<double, kTerms>;                     // at a point, or their weights
constexpr unsigned kAllTerms = 0b111, kWithoutSizes = 0b101;  // bits of terms

/// Minimises sum_i (1 - w . x_i)^2 over the weights that `used` has a bit for; the others are 0.
/// Nothing where the equations are singular.
std::optional<Terms> least_squares(std::span<const Terms> rows, unsigned used) {
  std::array<std::array<double, kTerms + 1>, kTerms> m{};
  for (int i = 0; i < kTerms; ++i) {
    const bool in = (used >> i) & 1;
    if (!in) m[i][i] = 1;
    for (const Terms& x : rows) {
      if (!in) break;
      for (int j = 0; j < kTerms; ++j)
        if ((used >> j) & 1) m[i][j] += x[i] * x[j];
      m[i][kTerms] += x[i];
    }
  }
  for (int i = 0; i < kTerms; ++i) {  // Gauss and Jordan, with pivots
    int best = i;
    for (int r = i + 1; r < kTerms; ++r)
      if (std::abs(m[r][i]) > std::abs(m[best][i])) best = r;
    if (std::abs(m[best][i]) < 1e-12) return std::nullopt;
    std::swap(m[i], m[best]);
    for (int r = 0; r < kTerms; ++r) {
      if (r == i) continue;
      const double factor = m[r][i] / m[i][i];
      for (int c = i; c <= kTerms; ++c) m[r][c] -= factor * m[i][c];
    }
  }
  Terms weights;
  for (int i = 0; i < kTerms; ++i) weights[i] = m[i][kTerms] / m[i][i];
  return weights;
}

double squares(std::span<const Terms> rows, const Terms& w) {
  double sum = 0;
  for (const Terms& x : rows) sum += std::pow(1 - w[0] * x[0] - w[1] * x[1] - w[2] * x[2], 2);
  return sum;
}

/// The best weights that are not negative: those of the best subset of terms whose own best are
/// not. Of three terms all subsets are few.
std::optional<Terms> not_negative(std::span<const Terms> rows, unsigned allowed) {
  std::optional<Terms> best;
  for (unsigned used = 1; used <= kAllTerms; ++used) {
    if ((used & ~allowed) != 0) continue;
    const auto weights = least_squares(rows, used);
    if (!weights || std::any_of(weights->begin(), weights->end(), [](double w) { return w < 0; }))
      continue;
    if (!best || squares(rows, *weights) < squares(rows, *best)) best = weights;
  }
  return best;
}

template <class F>
std::size_t distinct(std::span<const ScalingPoint> points, F value) {
  std::set<double> values;
  for (const ScalingPoint& point : points) values.insert(value(point));
  return values.size();
}

}  // namespace

double ScalingLaw::loss(double parameters, double tokens) const {
  return floor + (sizes > 0 ? std::pow(sizes / parameters, alpha) : 0) +
         (budgets > 0 ? std::pow(budgets / tokens, beta) : 0);
}

Result<ScalingLaw> fit_scaling(std::span<const ScalingPoint> points) {
  for (const ScalingPoint& p : points)
    if (!(p.parameters > 0 && p.tokens > 0 && p.loss > 0 && std::isfinite(p.loss)))
      return fail(ErrorCode::kInvalidArgument, "parameters, tokens and losses must be above 0");
  const bool sizes_differ = distinct(points, [](const auto& p) { return p.parameters; }) > 1;
  if (distinct(points, [](const auto& p) { return p.tokens; }) < 3)
    return fail(ErrorCode::kInvalidArgument, "a scaling law needs runs of three budgets or more");
  const std::size_t free_numbers = sizes_differ ? 5 : 3;
  if (points.size() < free_numbers)
    return fail(ErrorCode::kInvalidArgument,
                "a scaling law needs " + std::to_string(free_numbers) + " runs or more");
  // In units of the first point's, so that the equations are well conditioned.
  const ScalingPoint unit = points.front();
  const unsigned allowed = sizes_differ ? kAllTerms : kWithoutSizes;
  ScalingLaw best;
  double least = std::numeric_limits<double>::infinity();
  std::vector<Terms> rows(points.size());
  for (int a = 5; a <= (sizes_differ ? 100 : 5); ++a)
    for (int b = 5; b <= 100; ++b) {
      const double alpha = a / 100.0, beta = b / 100.0;
      for (std::size_t i = 0; i < points.size(); ++i)
        rows[i] = {1 / points[i].loss,
                   std::pow(points[i].parameters / unit.parameters, -alpha) / points[i].loss,
                   std::pow(points[i].tokens / unit.tokens, -beta) / points[i].loss};
      const auto weights = not_negative(rows, allowed);
      if (!weights || squares(rows, *weights) >= least) continue;
      least = squares(rows, *weights);
      best.floor = (*weights)[0];
      best.alpha = alpha;
      best.beta = beta;
      best.sizes = unit.parameters * std::pow((*weights)[1], 1 / alpha);
      best.budgets = unit.tokens * std::pow((*weights)[2], 1 / beta);
      best.error = std::sqrt(least / static_cast<double>(points.size()));
    }
  return best;
}

ScalingRange leave_one_out(std::span<const ScalingPoint> points, double parameters, double tokens) {
  ScalingRange range{std::numeric_limits<double>::infinity(), 0};
  for (std::size_t left = 0; left < points.size(); ++left) {
    std::vector<ScalingPoint> others(points.begin(), points.end());
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(left));
    const auto law = fit_scaling(others);
    if (!law) continue;
    range.low = std::min(range.low, law->loss(parameters, tokens));
    range.high = std::max(range.high, law->loss(parameters, tokens));
  }
  return range;
}

}  // namespace sage
