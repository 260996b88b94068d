#include "listen/analysis.h"

#include <cmath>
#include <map>

namespace sage {
namespace {

/// Values with the listener and the piece that each belongs to.
struct Cells {
  std::vector<double> values;
  std::vector<std::size_t> listeners, pieces;

  void add(double value, std::size_t listener, std::size_t piece) {
    values.push_back(value);
    listeners.push_back(listener);
    pieces.push_back(piece);
  }
  MeanInterval interval(const BootstrapOptions& options) const {
    return bootstrap_crossed_mean(values, listeners, pieces, options);
  }
  /// Each listener's mean.
  std::vector<double> means() const {
    std::map<std::size_t, std::pair<double, double>> sums;
    for (std::size_t i = 0; i < values.size(); ++i) {
      sums[listeners[i]].first += values[i];
      sums[listeners[i]].second += 1;
    }
    std::vector<double> out;
    for (const auto& [listener, sum] : sums) out.push_back(sum.first / sum.second);
    return out;
  }
};

class Finder {
 public:
  Finder(const ListeningTest& test, const std::vector<Listener>& listeners,
         const BootstrapOptions& options)
      : test_(test), listeners_(listeners), options_(options) {
    for (const Listener& listener : listeners) {
      auto& row = ratings_.emplace_back(test.clips.size());
      for (const Rating& rating : listener.ratings) row[rating.clip] = rating.values;
    }
  }

  Opinion opinion(std::size_t system, std::size_t scale) const {
    Cells cells;
    for (std::size_t l = 0; l < listeners_.size(); ++l)
      for (std::size_t piece = 0; piece < test_.pieces.size(); ++piece)
        cells.add(rating(l, piece, system, scale), l, piece);
    return {system, scale, cells.interval(options_)};
  }

  OpinionDifference difference(std::size_t a, std::size_t b, std::size_t scale) const {
    Cells cells;
    for (std::size_t l = 0; l < listeners_.size(); ++l)
      for (std::size_t piece = 0; piece < test_.pieces.size(); ++piece)
        cells.add(rating(l, piece, a, scale) - rating(l, piece, b, scale), l, piece);
    return {a, b, scale, cells.interval(options_), test_of(cells.means()), 0};
  }

  WinRate wins(std::size_t a, std::size_t b) const {
    WinRate out{a, b};
    Cells cells, net;
    for (std::size_t l = 0; l < listeners_.size(); ++l)
      for (const Vote& vote : listeners_[l].votes) {
        const ListeningClip& winner = test_.clips[vote.winner];
        const std::size_t loser = test_.clips[vote.loser].system;
        if (!(winner.system == a && loser == b) && !(winner.system == b && loser == a)) continue;
        const bool won = winner.system == a;
        out.wins += won ? 1 : 0;
        ++out.votes;
        cells.add(won ? 1 : 0, l, winner.piece);
        net.add(won ? 1 : -1, l, winner.piece);
      }
    out.rate = cells.interval(options_);
    out.p_votes = sign_test(out.wins, out.votes);
    out.p = test_of(net.means());
    return out;
  }

  double alpha(std::size_t scale) const {
    std::vector<std::vector<int>> units(test_.clips.size());
    for (const auto& row : ratings_)
      for (std::size_t clip = 0; clip < row.size(); ++clip) units[clip].push_back(row[clip][scale]);
    return krippendorff_alpha(units, RatingScale::kOrdinal);
  }

 private:
  double rating(std::size_t l, std::size_t piece, std::size_t system, std::size_t scale) const {
    return ratings_[l][piece * test_.systems.size() + system][scale];
  }
  double test_of(const std::vector<double>& means) const {
    return paired_permutation_test(means, {.seed = options_.seed});
  }

  const ListeningTest& test_;
  const std::vector<Listener>& listeners_;
  const BootstrapOptions& options_;
  std::vector<std::vector<std::array<int, kScales>>> ratings_;  // (listeners, clips)
};

template <class Test>
void correct(std::vector<Test>& tests) {
  std::vector<double> p_values;
  for (const Test& test : tests) p_values.push_back(test.p);
  const std::vector<double> adjusted = holm(p_values);
  for (std::size_t i = 0; i < tests.size(); ++i) tests[i].p_holm = adjusted[i];
}

}  // namespace

ListeningFindings find(const ListeningTest& test, const std::vector<Listener>& listeners,
                       const BootstrapOptions& options) {
  ListeningFindings out;
  out.listeners = listeners.size();
  if (listeners.empty()) return out;
  const Finder finder(test, listeners, options);
  const std::size_t systems = test.systems.size();
  for (std::size_t scale = 0; scale < kScales; ++scale) {
    for (std::size_t system = 0; system < systems; ++system)
      out.opinions.push_back(finder.opinion(system, scale));
    for (std::size_t a = 0; a < systems; ++a)
      for (std::size_t b = a + 1; b < systems; ++b)
        out.differences.push_back(finder.difference(a, b, scale));
    out.alphas.push_back(finder.alpha(scale));
  }
  for (std::size_t a = 0; a < systems; ++a)
    for (std::size_t b = a + 1; b < systems; ++b) out.wins.push_back(finder.wins(a, b));
  correct(out.differences);
  correct(out.wins);
  return out;
}

ListeningReport analyse(const ListeningTest& test, Listeners listeners,
                        std::size_t allowed_failures, const BootstrapOptions& options) {
  ListeningReport report;
  report.test = test;
  report.allowed_failures = allowed_failures;
  report.options = options;
  report.passed = find(test, listeners.passed, options);
  std::vector<Listener> all = listeners.passed;
  all.insert(all.end(), listeners.failed.begin(), listeners.failed.end());
  report.all = find(test, all, options);
  report.listeners = std::move(listeners);
  return report;
}

}  // namespace sage
