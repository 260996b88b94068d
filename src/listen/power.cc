#include "listen/power.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/normal.h"
#include "statistics/statistics.h"

namespace sage {
namespace {

/// Gamma of a shape and scale 1 (Marsaglia and Tsang 2000).
double gamma(double shape, Random& random) {
  if (shape < 1) return gamma(shape + 1, random) * std::pow(1 - random.uniform(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = standard_normal(random), v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - random.uniform()) < x * x / 2 + d - d * v + d * std::log(v))
      return d * v;
  }
}

double beta(double a, double b, Random& random) {
  const double x = gamma(a, random), y = gamma(b, random);
  return x + y > 0 ? x / (x + y) : a / (a + b);
}

/// One listener's mean of votes: +1 for the better system, -1 for the other.
double mean_vote(const PowerTask& task, Random& random) {
  double p = task.win_rate;
  if (task.listener > 0) {
    const double size = 1 / task.listener - 1;  // a + b; the correlation is 1 / (a + b + 1)
    p = beta(p * size, (1 - p) * size, random);
  }
  int sum = 0;
  for (int clip = 0; clip < task.clips; ++clip) sum += random.uniform() < p ? 1 : -1;
  return static_cast<double>(sum) / task.clips;
}

/// One listener's mean difference, in standard deviations of a single one.
double mean_difference(const PowerTask& task, Random& random) {
  const double own = std::sqrt(task.listener) * standard_normal(random);
  const double noise = std::sqrt((1 - task.listener) / task.clips) * standard_normal(random);
  return task.effect + own + noise;
}

}  // namespace

double effect_of_win_rate(double p) { return (2 * p - 1) / (2 * std::sqrt(p * (1 - p))); }

double listener_effect(const PowerTask& task) {
  const double one = task.win_rate > 0 ? effect_of_win_rate(task.win_rate) : task.effect;
  return one * std::sqrt(task.clips / (1 + (task.clips - 1) * task.listener));
}

double closed_form_power(const PowerTask& task) {
  const double z = normal_quantile(1 - task.alpha / 2);
  const double room = task.raters - z * z / 2;
  if (room <= 0) return 0;
  return normal_cdf(std::abs(listener_effect(task)) * std::sqrt(room) - z);
}

int raters_needed(PowerTask task, double power) {
  constexpr int kMost = 1'000'000;
  int low = 0, high = kMost;  // too few; perhaps enough
  while (high - low > 1) {
    task.raters = low + (high - low) / 2;
    (closed_form_power(task) >= power ? high : low) = task.raters;
  }
  task.raters = high;
  return closed_form_power(task) >= power ? high : 0;
}

double simulated_power(const PowerTask& task, int runs, std::uint64_t seed) {
  Random random(seed);
  int rejected = 0;
  std::vector<double> scores(static_cast<std::size_t>(task.raters));
  for (int run = 0; run < runs; ++run) {
    for (double& score : scores)
      score = task.win_rate > 0 ? mean_vote(task, random) : mean_difference(task, random);
    const PermutationOptions test{.resamples = 1999, .exact_up_to = 10, .seed = random.next()};
    if (paired_permutation_test(scores, test) <= task.alpha) ++rejected;
  }
  return static_cast<double>(rejected) / runs;
}

}  // namespace sage
