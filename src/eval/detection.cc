#include "eval/detection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"

namespace sage {
namespace {

using FeatureRow = std::vector<double>;

/// Brings each feature to mean 0 and standard deviation 1 over some rows; NaN becomes 0.
class Standardiser {
 public:
  explicit Standardiser(const std::vector<const FeatureRow*>& rows)
      : mean_(rows.front()->size()), scale_(rows.front()->size()) {
    for (std::size_t k = 0; k < mean_.size(); ++k) {
      double count = 0, sum = 0, squares = 0;
      for (const FeatureRow* row : rows) {
        const double x = (*row)[k];
        if (std::isnan(x)) continue;
        ++count, sum += x, squares += x * x;
      }
      if (count == 0) continue;
      mean_[k] = sum / count;
      const double variance = squares / count - mean_[k] * mean_[k];
      // What varies by rounding only says nothing.
      scale_[k] = variance > 1e-12 * (1 + mean_[k] * mean_[k]) ? 1 / std::sqrt(variance) : 0;
    }
  }
  FeatureRow operator()(const FeatureRow& row) const {
    FeatureRow out(row.size() + 1, 1.0);  // the last is the intercept's
    for (std::size_t k = 0; k < row.size(); ++k)
      out[k] = std::isnan(row[k]) ? 0 : (row[k] - mean_[k]) * scale_[k];
    return out;
  }

 private:
  FeatureRow mean_, scale_;
};

double product(const FeatureRow& a, const FeatureRow& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Whether evidence points the right way; none is half right.
double told(double evidence) { return evidence > 0 ? 1 : evidence == 0 ? 0.5 : 0; }

/// Solves A x = b for a symmetric positive definite matrix, by Cholesky's decomposition in place.
FeatureRow solve(std::vector<FeatureRow>& a, FeatureRow b) {
  const std::size_t n = b.size();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i][k] * a[j][k];
      a[i][j] = i == j ? std::sqrt(sum) : sum / a[j][j];
    }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  return b;
}

/// Newton's method on the penalised log likelihood, which is concave. `label`: 1 for the system.
FeatureRow fit(const std::vector<FeatureRow>& rows, const std::vector<double>& labels,
               double ridge) {
  constexpr int kSteps = 12;
  const std::size_t n = rows.front().size();
  FeatureRow weights(n);
  for (int step = 0; step < kSteps; ++step) {
    FeatureRow gradient(n);
    std::vector<FeatureRow> hessian(n, FeatureRow(n));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double p = 1 / (1 + std::exp(-product(rows[i], weights)));
      for (std::size_t k = 0; k < n; ++k) {
        gradient[k] += (labels[i] - p) * rows[i][k];
        for (std::size_t m = 0; m <= k; ++m) hessian[k][m] += p * (1 - p) * rows[i][k] * rows[i][m];
      }
    }
    for (std::size_t k = 0; k < n; ++k) {
      const double penalty = k + 1 < n ? ridge : 1e-6;  // the intercept is free
      gradient[k] -= penalty * weights[k];
      hessian[k][k] += penalty;
    }
    const FeatureRow change = solve(hessian, gradient);
    for (std::size_t k = 0; k < n; ++k) weights[k] += change[k];
  }
  return weights;
}

double mean_of(const std::vector<FeatureRow>& rows, std::size_t feature) {
  double sum = 0, count = 0;
  for (const FeatureRow& row : rows)
    if (!std::isnan(row[feature])) sum += row[feature], ++count;
  return sum / count;
}

double paired_auc(const std::vector<FeatureRow>& reference, const std::vector<FeatureRow>& system,
                  std::size_t feature) {
  double higher = 0, count = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double r = reference[i][feature], s = system[i][feature];
    if (std::isnan(r) || std::isnan(s)) continue;
    higher += s > r ? 1 : s == r ? 0.5 : 0;
    ++count;
  }
  return higher / count;
}

}  // namespace

Detection detect(const std::vector<std::string>& features, const std::vector<FeatureRow>& reference,
                 const std::vector<FeatureRow>& system, const DetectionOptions& options) {
  Detection out;
  out.works = reference.size();
  constexpr std::size_t kLeastWorks = 4;
  if (out.works < kLeastWorks) {
    out.accuracy = bootstrap_mean({});
    return out;
  }
  Random random(options.seed);
  std::vector<std::size_t> order(out.works);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<double> correct(out.works), asked(out.works), weights(features.size());
  for (int split = 0; split < options.splits; ++split) {
    for (std::size_t i = order.size(); i-- > 1;)
      std::swap(order[i], order[random.below(static_cast<std::uint32_t>(i + 1))]);
    const auto half = order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2);
    std::vector<const FeatureRow*> training;
    for (auto at = order.begin(); at != half; ++at)
      training.insert(training.end(), {&reference[*at], &system[*at]});
    const Standardiser standardised(training);
    std::vector<FeatureRow> rows;
    std::vector<double> labels;
    for (std::size_t i = 0; i < training.size(); ++i) {
      rows.push_back(standardised(*training[i]));
      labels.push_back(static_cast<double>(i % 2));
    }
    const FeatureRow found = fit(rows, labels, options.ridge);
    for (std::size_t k = 0; k < weights.size(); ++k) weights[k] += found[k] / options.splits;
    for (auto at = half; at != order.end(); ++at) {
      correct[*at] += told(-product(standardised(reference[*at]), found));
      correct[*at] += told(product(standardised(system[*at]), found));
      asked[*at] += 2;
    }
  }
  std::vector<double> accuracy;
  for (std::size_t i = 0; i < out.works; ++i)
    if (asked[i] > 0) accuracy.push_back(correct[i] / asked[i]);
  out.accuracy = bootstrap_mean(accuracy, {.resamples = options.resamples, .seed = options.seed});
  for (std::size_t k = 0; k < features.size(); ++k)
    out.giveaways.push_back({features[k], weights[k], paired_auc(reference, system, k),
                             mean_of(reference, k), mean_of(system, k)});
  std::stable_sort(
      out.giveaways.begin(), out.giveaways.end(),
      [](const Giveaway& a, const Giveaway& b) { return std::abs(a.weight) > std::abs(b.weight); });
  return out;
}

}  // namespace sage
