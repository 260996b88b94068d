// Statistics for reports: intervals, tests and effect sizes. Deterministic: random
// numbers come from a seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sage {

struct MeanInterval {
  double mean = 0;
  double low = 0, high = 0;
};

struct BootstrapOptions {
  int resamples = 10'000;
  double level = 0.95;
  std::uint64_t seed = 0;
};

/// The mean with its percentile bootstrap interval (Efron and Tibshirani 1993, chapter 13). A
/// single value has an interval of no width; no value gives NaN.
MeanInterval bootstrap_mean(std::span<const double> values, const BootstrapOptions& options = {});

/// The same of sum(parts) / sum(wholes), where a unit (such as a piece) is drawn with both of its
/// values. Precondition: equally many of both.
MeanInterval bootstrap_ratio(std::span<const double> parts, std::span<const double> wholes,
                             const BootstrapOptions& options = {});

/// The mean of values that belong to a row (a listener) and a column (a piece) each, with an
/// interval for both: rows and columns are drawn with replacement, a value counts as often as its
/// row times its column (Owen 2007, the pigeonhole bootstrap; wider than the truth rather than
/// narrower). Cells may be empty or hold several values. Draws that hold no value are drawn again.
/// Precondition: three spans of equal length.
MeanInterval bootstrap_crossed_mean(std::span<const double> values,
                                    std::span<const std::size_t> rows,
                                    std::span<const std::size_t> columns,
                                    const BootstrapOptions& options = {});

/// The mean with Student's t-interval (Student 1908): for few values, such as the runs of a study,
/// where a bootstrap can at best return their range (of three values: 73 to 83 % coverage for a
/// nominal 95 %). Assumes normally distributed values. Fewer than two values: the ends are NaN.
MeanInterval t_interval(std::span<const double> values, double level = 0.95);

/// A share of `trials` with its Wilson score interval (Wilson 1927), which keeps its width where
/// none or all succeed. No trial: NaN.
MeanInterval share_interval(std::uint64_t successes, std::uint64_t trials, double level = 0.95);

struct PermutationOptions {
  int resamples = 100'000;  // of signs, where there are too many for all of them
  int exact_up_to = 20;     // differences: all 2^n signs are tried
  std::uint64_t seed = 0;
};

/// Two-sided paired permutation test of a mean difference of 0 (Fisher 1935): the share of the ways
/// to give the differences signs whose sum is at least as far from 0 as the one seen. Sampled signs
/// count the one seen as well, so that p is never 0. No difference: p = 1; no value: NaN.
double paired_permutation_test(std::span<const double> differences,
                               const PermutationOptions& options = {});

/// Equivalence test of paired values: p of the two one-sided t-tests that the mean difference is
/// within (-margin, margin) (Schuirmann 1987); below 0.05, the values are equivalent up to the
/// margin. No difference shown by another test is no such result. Fewer than two values: NaN.
double equivalence_test(std::span<const double> differences, double margin);

/// Two-sided exact test that a probability is 1/2, for `successes` of `trials` independent votes:
/// the chance of a split at least as uneven. No trial: NaN.
double sign_test(std::uint64_t successes, std::uint64_t trials);

/// The p-values adjusted for their number (Holm 1979), in their order, at most 1. NaN stays NaN and
/// does not count as a test.
std::vector<double> holm(std::span<const double> p_values);

/// Cohen's d of paired values: the mean difference over its standard deviation. 0 when all are 0;
/// NaN for fewer than two values, and for equal ones that are not 0.
double paired_effect_size(std::span<const double> differences);

/// How far apart two ratings of a scale are.
enum class RatingScale { kNominal, kOrdinal, kInterval };

/// Krippendorff's alpha, how far raters agree beyond chance: 1 - observed / expected disagreement
/// (Krippendorff 2011, "Computing Krippendorff's alpha-reliability"). One entry per unit, the
/// ratings that it got; units with fewer than two are ignored. NaN where nothing can be compared,
/// and where all ratings are equal.
double krippendorff_alpha(std::span<const std::vector<int>> units, RatingScale scale);

/// The standard normal distribution, and its quantiles (0 < share < 1).
double normal_cdf(double x);
double normal_quantile(double share);

/// The same of Student's t with `freedom` >= 1 degrees of freedom.
double student_t_cdf(double t, int freedom);
double student_t_quantile(double share, int freedom);

}  // namespace sage
