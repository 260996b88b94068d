// What a sample allows to say: intervals, tests and effect sizes for reports. Deterministic: random
// numbers come from a seed.
#pragma once

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

/// The same of sum(parts) / sum(wholes), where a unit, a piece say, is drawn with both of its
/// values. Precondition: equally many of both.
MeanInterval bootstrap_ratio(std::span<const double> parts, std::span<const double> wholes,
                             const BootstrapOptions& options = {});

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

/// The p-values adjusted for their number (Holm 1979), in their order, at most 1. NaN stays NaN and
/// does not count as a test.
std::vector<double> holm(std::span<const double> p_values);

/// Cohen's d of paired values: the mean difference over its standard deviation. 0 when all are 0;
/// NaN for fewer than two values, and for equal ones that are not 0.
double paired_effect_size(std::span<const double> differences);

}  // namespace sage
