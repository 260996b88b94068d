// How far the distribution of a metric over a set of outputs lies from that over a set of
// references.
//
// After mgeval (Yang and Lerch 2020): Gaussian kernel densities of the per-piece values, their
// overlapping area and their Kullback-Leibler divergence. Two things differ from its code, so that
// equal sets give exactly an area of 1 and a divergence of 0: the area is taken over the densities'
// whole range, tails included, and both densities are read at the same places.
#pragma once

#include <span>

namespace sage {

struct Divergence {
  double overlapping_area = 0;  // 0..1; 1 for equal distributions
  double kl = 0;                // KL(outputs || references) in nats; 0 for equal distributions
};

/// Values that are NaN do not count. Bandwidth by Scott's rule, at least a thousandth of the common
/// range. KL is bounded: each of the 1,000 places of a density holds at least 1e-9 of it. NaN where
/// a side has no value.
Divergence divergence(std::span<const double> outputs, std::span<const double> references);

/// The same for histograms of equal classes, which need not be normalised.
Divergence histogram_divergence(std::span<const double> outputs,
                                std::span<const double> references);

}  // namespace sage
