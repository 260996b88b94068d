// Numbers as reports write them.
#pragma once

#include <string>

#include "eval/summary.h"
#include "statistics/statistics.h"

namespace sage {

/// With so many digits behind the point; "-" where there is no number.
std::string fixed_text(double value, int digits);
/// "61.2 (59.8 to 62.7)"
std::string interval_text(const MeanInterval& interval, int digits);
/// "3.9 % (1.5 to 9.6) of 102"
std::string rate_text(const MetricSummary& rate);
/// "< 0.001" or three digits.
std::string p_text(double p);
/// "1,234,567"
std::string count_text(std::size_t count);
/// Digits that make sense for values of about this size.
int digits_for(double value);

}  // namespace sage
