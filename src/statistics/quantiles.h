// Order statistics for reports.
#pragma once

#include <span>

namespace sage {

/// The q-quantile (0 <= q <= 1) with linear interpolation between order statistics (type 7 of
/// Hyndman and Fan 1996). NaN for no values.
double quantile(std::span<const double> values, double q);

inline double median(std::span<const double> values) { return quantile(values, 0.5); }

}  // namespace sage
