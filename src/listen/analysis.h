// The analysis of the answers of a listening test, as JSON and as Markdown.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "listen/results.h"
#include "statistics/statistics.h"

namespace sage {

/// One system on one scale: the mean opinion score.
struct Opinion {
  std::size_t system = 0, scale = 0;
  MeanInterval score;  // bootstrap over listeners and pieces
};

/// Two systems on one scale: mean of a - b.
struct OpinionDifference {
  std::size_t a = 0, b = 0, scale = 0;
  MeanInterval difference;   // bootstrap over listeners and pieces
  double p = 0, p_holm = 0;  // paired permutation test of the listeners' mean differences
};

/// Two systems, which was preferred.
struct WinRate {
  std::size_t a = 0, b = 0;
  std::size_t wins = 0, votes = 0;  // of a
  MeanInterval rate;                // bootstrap over listeners and pieces
  double p_votes = 0;               // exact binomial test, as if no two votes were one listener's
  double p = 0, p_holm = 0;         // permutation test of the listeners' net preferences
};

struct ListeningFindings {
  std::size_t listeners = 0;
  std::vector<Opinion> opinions;
  std::vector<OpinionDifference> differences;
  std::vector<WinRate> wins;
  std::vector<double> alphas;  // Krippendorff's, ordinal, of each scale over all clips
};

/// Holm's correction is over all scales and pairs of systems for the ratings, over all pairs of
/// systems for the votes. No listener: no opinions, no tests.
ListeningFindings find(const ListeningTest& test, const std::vector<Listener>& listeners,
                       const BootstrapOptions& options = {});

/// The findings with the listeners that passed the checks, and with those that failed as well.
struct ListeningReport {
  ListeningTest test;
  Listeners listeners;
  std::size_t allowed_failures = 1;
  BootstrapOptions options;
  ListeningFindings passed, all;
};
ListeningReport analyse(const ListeningTest& test, Listeners listeners,
                        std::size_t allowed_failures, const BootstrapOptions& options = {});

nlohmann::ordered_json report_json(const ListeningReport& report);
std::string report_markdown(const ListeningReport& report);

}  // namespace sage
