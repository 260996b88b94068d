#include "statistics/statistics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "base/nan.h"
#include "base/random.h"
#include "statistics/quantiles.h"

namespace sage {
namespace {

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Every choice of signs up to a common factor of -1, one flip after another (Gray code).
double exact_test(std::span<const double> differences, double limit) {
  const std::size_t n = differences.size();
  const std::uint64_t ways = std::uint64_t{1} << (n - 1);
  std::vector<double> signs(n, 1.0);
  double sum = std::accumulate(differences.begin(), differences.end(), 0.0);
  std::uint64_t far = 0;
  for (std::uint64_t way = 1;; ++way) {
    if (std::abs(sum) >= limit) ++far;
    if (way == ways) break;
    const auto i = static_cast<std::size_t>(std::countr_zero(way));
    sum -= 2 * signs[i] * differences[i];
    signs[i] = -signs[i];
  }
  return static_cast<double>(far) / static_cast<double>(ways);
}

double sampled_test(std::span<const double> differences, double limit,
                    const PermutationOptions& options) {
  Random random(options.seed);
  int far = 0;
  for (int k = 0; k < options.resamples; ++k) {
    double sum = 0;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < differences.size(); ++i, bits >>= 1) {
      if (i % 64 == 0) bits = random.next();
      sum += (bits & 1) != 0 ? differences[i] : -differences[i];
    }
    if (std::abs(sum) >= limit) ++far;
  }
  return (far + 1.0) / (options.resamples + 1.0);
}

}  // namespace

MeanInterval bootstrap_mean(std::span<const double> values, const BootstrapOptions& options) {
  if (values.empty()) return {kNaN, kNaN, kNaN};
  const auto n = static_cast<std::uint32_t>(values.size());
  const double mean = mean_of(values);
  if (std::all_of(values.begin(), values.end(), [&](double x) { return x == values.front(); }))
    return {values.front(), values.front(), values.front()};
  Random random(options.seed);
  std::vector<double> means(static_cast<std::size_t>(std::max(options.resamples, 1)));
  for (double& resampled : means) {
    double sum = 0;
    for (std::uint32_t i = 0; i < n; ++i) sum += values[random.below(n)];
    resampled = sum / n;
  }
  const double tail = (1 - options.level) / 2;
  return {mean, quantile(means, tail), quantile(means, 1 - tail)};
}

MeanInterval bootstrap_ratio(std::span<const double> parts, std::span<const double> wholes,
                             const BootstrapOptions& options) {
  if (parts.empty()) return {kNaN, kNaN, kNaN};
  const auto n = static_cast<std::uint32_t>(parts.size());
  Random random(options.seed);
  std::vector<double> ratios(static_cast<std::size_t>(std::max(options.resamples, 1)));
  for (double& ratio : ratios) {
    double part = 0, whole = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint32_t drawn = random.below(n);
      part += parts[drawn];
      whole += wholes[drawn];
    }
    ratio = part / whole;
  }
  const double tail = (1 - options.level) / 2;
  return {mean_of(parts) / mean_of(wholes), quantile(ratios, tail), quantile(ratios, 1 - tail)};
}

MeanInterval bootstrap_crossed_mean(std::span<const double> values,
                                    std::span<const std::size_t> rows,
                                    std::span<const std::size_t> columns,
                                    const BootstrapOptions& options) {
  if (values.empty()) return {kNaN, kNaN, kNaN};
  const auto count = [](std::span<const std::size_t> of) {
    return *std::max_element(of.begin(), of.end()) + 1;
  };
  Random random(options.seed);
  std::vector<double> row_weights(count(rows)), column_weights(count(columns));
  const auto draw = [&](std::vector<double>& weights) {
    std::fill(weights.begin(), weights.end(), 0.0);
    const auto n = static_cast<std::uint32_t>(weights.size());
    for (std::uint32_t i = 0; i < n; ++i) weights[random.below(n)] += 1;
  };
  std::vector<double> means(static_cast<std::size_t>(std::max(options.resamples, 1)));
  for (double& mean : means) {
    double sum = 0, weight = 0;
    while (weight == 0) {
      draw(row_weights);
      draw(column_weights);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double w = row_weights[rows[i]] * column_weights[columns[i]];
        weight += w;
        sum += w * values[i];
      }
    }
    mean = sum / weight;
  }
  const double tail = (1 - options.level) / 2;
  return {mean_of(values), quantile(means, tail), quantile(means, 1 - tail)};
}

MeanInterval t_interval(std::span<const double> values, double level) {
  if (values.empty()) return {kNaN, kNaN, kNaN};
  const double mean = mean_of(values);
  if (values.size() == 1) return {mean, kNaN, kNaN};
  double squares = 0;
  for (const double x : values) squares += (x - mean) * (x - mean);
  const auto n = static_cast<double>(values.size());
  const double reach = student_t_quantile((1 + level) / 2, static_cast<int>(values.size()) - 1) *
                       std::sqrt(squares / (n - 1) / n);
  return {mean, mean - reach, mean + reach};
}

MeanInterval share_interval(std::uint64_t successes, std::uint64_t trials, double level) {
  if (trials == 0) return {kNaN, kNaN, kNaN};
  const auto n = static_cast<double>(trials);
  const double share = static_cast<double>(successes) / n;
  const double z = normal_quantile((1 + level) / 2), zz = z * z;
  const double centre = (share + zz / (2 * n)) / (1 + zz / n);
  const double reach = z / (1 + zz / n) * std::sqrt(share * (1 - share) / n + zz / (4 * n * n));
  // Exact where rounding would put the ends just beside 0 and 1.
  return {share, successes == 0 ? 0.0 : centre - reach, successes == trials ? 1.0 : centre + reach};
}

double paired_permutation_test(std::span<const double> differences,
                               const PermutationOptions& options) {
  if (differences.empty()) return kNaN;
  double sum = 0, size = 0;
  for (const double d : differences) sum += d, size += std::abs(d);
  const double limit = std::abs(sum) - 1e-12 * size;  // sums of the same values in another order
  if (differences.size() <= static_cast<std::size_t>(std::clamp(options.exact_up_to, 1, 30)))
    return exact_test(differences, limit);
  return sampled_test(differences, limit, options);
}

double equivalence_test(std::span<const double> differences, double margin) {
  if (differences.size() < 2) return kNaN;
  const double mean = mean_of(differences);
  double squares = 0;
  for (const double d : differences) squares += (d - mean) * (d - mean);
  const auto n = static_cast<double>(differences.size());
  const double error = std::sqrt(squares / (n - 1) / n);
  const double nearest = margin - std::abs(mean);  // from the mean to the nearer margin
  if (error == 0) return nearest > 0 ? 0.0 : 1.0;
  return 1 - student_t_cdf(nearest / error, static_cast<int>(differences.size()) - 1);
}

double sign_test(std::uint64_t successes, std::uint64_t trials) {
  if (trials == 0) return kNaN;
  const std::uint64_t fewer = std::min(successes, trials - successes);
  const auto n = static_cast<double>(trials);
  double tail = 0;
  for (std::uint64_t k = 0; k <= fewer; ++k) {
    const auto x = static_cast<double>(k);
    tail += std::exp(std::lgamma(n + 1) - std::lgamma(x + 1) - std::lgamma(n - x + 1) -
                     n * std::numbers::ln2);
  }
  return std::min(1.0, 2 * tail);
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i)
    if (!std::isnan(p_values[i])) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size(), kNaN);
  double last = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const auto tests_left = static_cast<double>(order.size() - rank);
    last = std::max(last, std::min(1.0, tests_left * p_values[order[rank]]));
    adjusted[order[rank]] = last;
  }
  return adjusted;
}

double paired_effect_size(std::span<const double> differences) {
  if (differences.size() < 2) return kNaN;
  const double mean = mean_of(differences);
  double square = 0;
  for (const double d : differences) square += (d - mean) * (d - mean);
  if (square == 0) return mean == 0 ? 0 : kNaN;
  return mean / std::sqrt(square / static_cast<double>(differences.size() - 1));
}

double krippendorff_alpha(std::span<const std::vector<int>> units, RatingScale scale) {
  std::map<int, double> totals;                     // n_c: ratings c in units with a pair
  std::map<std::pair<int, int>, double> coincided;  // o_ck
  for (const std::vector<int>& unit : units) {
    if (unit.size() < 2) continue;
    for (std::size_t i = 0; i < unit.size(); ++i) {
      totals[unit[i]] += 1;
      for (std::size_t j = 0; j < unit.size(); ++j)
        if (i != j) coincided[{unit[i], unit[j]}] += 1 / static_cast<double>(unit.size() - 1);
    }
  }
  const auto distance = [&](int c, int k) {  // squared
    if (scale == RatingScale::kNominal) return c == k ? 0.0 : 1.0;
    double d = std::abs(c - k);
    if (scale == RatingScale::kOrdinal) {
      d = -(totals.at(c) + totals.at(k)) / 2;
      for (auto g = totals.lower_bound(std::min(c, k)); g != totals.end(); ++g)
        if (g->first <= std::max(c, k)) d += g->second;
    }
    return d * d;
  };
  double n = 0, observed = 0, expected = 0;
  for (const auto& [c, n_c] : totals) n += n_c;
  for (const auto& [pair, o] : coincided) observed += o * distance(pair.first, pair.second);
  for (const auto& [c, n_c] : totals)
    for (const auto& [k, n_k] : totals)
      if (c != k) expected += n_c * n_k * distance(c, k);
  return expected == 0 ? kNaN : 1 - (n - 1) * observed / expected;
}

double normal_cdf(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }

double normal_quantile(double share) {
  double low = -40, high = 40;  // beyond, the distribution is 0 or 1 in double
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (normal_cdf(middle) < share ? low : high) = middle;
  }
  return (low + high) / 2;
}

double student_t_cdf(double t, int freedom) {
  // Abramowitz and Stegun 1964, 26.7.3 and 26.7.4: A is the probability of [-t, t].
  const double angle = std::atan(t / std::sqrt(freedom));
  const double sine = std::sin(angle), cosine = std::cos(angle);
  const bool odd = freedom % 2 == 1;
  double term = odd ? cosine : 1.0, sum = 0;
  for (int k = odd ? 1 : 0; k <= freedom - 2; k += 2) {
    sum += term;
    term *= cosine * cosine * (k + 1) / (k + 2);
  }
  const double inside = odd ? 2 / std::numbers::pi * (angle + sine * sum) : sine * sum;
  return (1 + inside) / 2;
}

double student_t_quantile(double share, int freedom) {
  double low = -1, high = 1;
  while (student_t_cdf(low, freedom) > share) low *= 2;
  while (student_t_cdf(high, freedom) < share) high *= 2;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (student_t_cdf(middle, freedom) < share ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace sage
