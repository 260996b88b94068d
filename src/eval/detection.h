// Can a system's music be told from the composers'? A classifier is trained on one half of the
// works and tested on the other, over many splits; and what gives the system away.
//
// A classifier two-sample test (Lopez-Paz and Oquab 2017): the accuracy on works that the
// classifier has not seen is 50 % where the two are indistinguishable for it, and 100 % where it is
// never wrong. Logistic regression with a ridge penalty on standardised features: the weights can
// be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "statistics/statistics.h"

namespace sage {

struct DetectionOptions {
  int splits = 50;
  double ridge = 5;  // penalty, in units of one observation's log likelihood
  std::uint64_t seed = 0;
  int resamples = 10'000;
};

struct Giveaway {
  std::string feature;
  double weight =
      0;           // mean over the splits, of the standardised feature; > 0: the system's is higher
  double auc = 0;  // chance that the system's value is higher than the composer's of the same work
  double reference_mean = 0, system_mean = 0;
};

struct Detection {
  MeanInterval accuracy;  // over works: share of the splits in which a work was told correctly
  std::size_t works = 0;
  std::vector<Giveaway> giveaways;  // by the size of their weight, largest first
};

/// Feature vectors of the composer's and of the system's music of every work, in the same order.
/// NaN values count as the mean of the training half. Fewer than four works: accuracy NaN.
Detection detect(const std::vector<std::string>& features,
                 const std::vector<std::vector<double>>& reference,
                 const std::vector<std::vector<double>>& system,
                 const DetectionOptions& options = {});

}  // namespace sage
