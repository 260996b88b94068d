// How the loss falls with parameters and tokens, from small runs: what larger ones may be expected
// to reach.
//
// Knows no libtorch.
#pragma once

#include <span>

#include "base/error.h"

namespace sage {

struct ScalingPoint {
  double parameters = 0;  // N
  double tokens = 0;      // D, seen in training
  double loss = 0;        // nats, of whatever is compared
};

/// loss = floor + (sizes / N)^alpha + (budgets / D)^beta  (Hoffmann et al. 2022, written so that
/// `sizes` and `budgets` are the N and D at which a term is one nat).
struct ScalingLaw {
  double floor = 0;
  double sizes = 0, alpha = 0;
  double budgets = 0, beta = 0;
  double error = 0;  // root mean square of the relative errors of the points

  double loss(double parameters, double tokens) const;
};

/// The law with the least squared relative error, its terms not negative, alpha and beta in
/// hundredths from 0.05 to 1. Of points that all have one size, the size term is dropped
/// (`sizes` 0). Refuses fewer than three budgets, and fewer points than the law has free numbers.
Result<ScalingLaw> fit_scaling(std::span<const ScalingPoint> points);

struct ScalingRange {
  double low = 0, high = 0;
};
/// Predictions of the laws without one point each: how much a prediction depends on single runs. Of
/// those that can be fitted.
ScalingRange leave_one_out(std::span<const ScalingPoint> points, double parameters, double tokens);

}  // namespace sage
