// How many listeners a test needs. Pure functions.
//
// A listener's score is the mean over the clips that they compare; the test asks whether the mean
// over listeners is 0, as the analysis does.
#pragma once

#include <cstdint>

namespace sage {

struct PowerTask {
  double effect = 0.5;    // Cohen's d of one comparison: mean difference over standard deviation
  double win_rate = 0;    // instead, where above 0: how often the better system is preferred
  double listener = 0.1;  // intraclass correlation of one listener's comparisons, 0 to below 1
  int raters = 20;
  int clips = 8;  // comparisons of two systems by each listener
  double alpha = 0.05;
};

/// The effect of one vote, +1 or -1, where a share p wins: (2p - 1) / (2 sqrt(p (1 - p))).
double effect_of_win_rate(double p);

/// Cohen's d of a listener's mean over the clips: d sqrt(m / (1 + (m - 1) rho)), rho the
/// intraclass correlation (Kish 1965, the design effect).
double listener_effect(const PowerTask& task);

/// Two-sided paired t-test of n listeners: Phi(d sqrt(n - z^2 / 2) - z), z = Phi^-1(1 - alpha / 2)
/// (Guenther 1981, turned from the sample size to the power). 0 where n is too small for it.
double closed_form_power(const PowerTask& task);

/// The fewest raters whose closed-form power reaches `power`; 0 where a million are too few.
int raters_needed(PowerTask task, double power);

/// The share of `runs` simulated tests whose permutation test over listeners rejects at alpha.
/// Differences are normal; votes are drawn from each listener's own win rate, which is beta
/// distributed. Three standard errors of it are about 1.5 / sqrt(runs).
double simulated_power(const PowerTask& task, int runs, std::uint64_t seed);

}  // namespace sage
