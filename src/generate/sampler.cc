#include "generate/sampler.h"

#include <algorithm>
#include <cmath>

namespace sage {
namespace {

/// Likeliest first; equal ones by id, so that the order is the same everywhere.
bool before(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

/// A model with broken weights may say NaN or infinity; that is as good as impossible.
double finite(float logit) { return std::isfinite(logit) ? logit : -1e30; }

}  // namespace

Result<void> validate(const SamplerOptions& options) {
  const auto bad = [](const char* what) { return fail(ErrorCode::kInvalidArgument, what); };
  if (!(options.temperature >= 0.0 && options.temperature <= 100.0))
    return bad("temperature must lie between 0 and 100");
  if (options.top_k < 0) return bad("top-k must be 0 (off) or more");
  if (!(options.top_p > 0.0 && options.top_p <= 1.0)) return bad("top-p must lie in (0, 1]");
  if (!(options.min_p >= 0.0 && options.min_p < 1.0)) return bad("min-p must lie in [0, 1)");
  if (!(options.repeat_penalty >= 0.0 && options.repeat_penalty <= 1e6))
    return bad("repeat-penalty must lie between 0 (off) and 1000000");
  if (options.repeat_allowed < 1 || options.repeat_window < 1)
    return bad("repeat-allowed and repeat-window must be positive");
  return {};
}

Sampler::Sampler(const SamplerOptions& options, int vocabulary_size) : options_(options) {
  candidates_.reserve(static_cast<std::size_t>(vocabulary_size));
  run_of_.resize(static_cast<std::size_t>(vocabulary_size));
}

void Sampler::favour(std::span<const Candidate> bonuses) {
  bonuses_.assign(bonuses.begin(), bonuses.end());
  std::stable_sort(bonuses_.begin(), bonuses_.end(),
                   [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
}

void Sampler::set_heat(double heat) {
  heat_ = heat;
  measures_entropy_ = true;
}

TokenId Sampler::sample(std::span<const IdRange> legal, std::span<const float> logits,
                        std::span<const TokenId> history, Random& random) {
  candidates_.clear();
  std::size_t next = 0;
  for (const IdRange& range : legal)
    for (TokenId id = range.begin; id < range.end; ++id)
      candidates_.push_back({id, finite(logits[next++])});
  add_bonuses();
  if (options_.repeat_penalty > 0.0) penalise_repeats(history);
  if (options_.temperature == 0.0)
    return std::min_element(candidates_.begin(), candidates_.end(), before)->id;
  // Relative to the likeliest, so that no temperature is too small.
  const double top = std::min_element(candidates_.begin(), candidates_.end(), before)->logit;
  for (Candidate& candidate : candidates_)
    candidate.logit = (candidate.logit - top) / (options_.temperature * heat_);
  keep_top_k();
  const double mass = total_mass();
  drop_tail(mass);
  std::sort(candidates_.begin(), candidates_.end(), before);
  keep_top_p(mass);
  drop_below_min_p();
  return draw(random);
}

/// Both ascend by id here.
void Sampler::add_bonuses() {
  auto candidate = candidates_.begin();
  for (const Candidate& bonus : bonuses_) {
    while (candidate != candidates_.end() && candidate->id < bonus.id) ++candidate;
    if (candidate == candidates_.end()) return;
    if (candidate->id == bonus.id) candidate->logit += bonus.logit;
  }
}

void Sampler::penalise_repeats(std::span<const TokenId> history) {
  if (history.size() > static_cast<std::size_t>(options_.repeat_window))
    history = history.last(static_cast<std::size_t>(options_.repeat_window));
  std::fill(run_of_.begin(), run_of_.end(), 0);
  const int n = static_cast<int>(history.size());
  for (int end = 0; end + 1 < n; ++end) {  // an earlier place; history[end + 1] followed it
    int run = 0;
    while (run <= end && history[static_cast<std::size_t>(end - run)] ==
                             history[static_cast<std::size_t>(n - 1 - run)])
      ++run;
    int& longest = run_of_[static_cast<std::size_t>(history[static_cast<std::size_t>(end) + 1])];
    longest = std::max(longest, run);
  }
  for (Candidate& candidate : candidates_) {
    const int over = run_of_[static_cast<std::size_t>(candidate.id)] - options_.repeat_allowed;
    if (over >= 0) candidate.logit -= options_.repeat_penalty * std::pow(1.2, std::min(over, 64));
  }
}

void Sampler::keep_top_k() {
  const auto k = static_cast<std::size_t>(options_.top_k);
  if (k == 0 || k >= candidates_.size()) return;
  std::nth_element(candidates_.begin(), candidates_.begin() + options_.top_k, candidates_.end(),
                   before);
  candidates_.resize(k);
}

// From here on logits are relative to the likeliest.

double Sampler::total_mass() const {
  double total = 0.0;
  for (const Candidate& candidate : candidates_) total += std::exp(candidate.logit);
  return total;
}

/// Spares the sorting of candidates that top-p drops in any case: all that are less likely than an
/// n-th of the share to be dropped make less than that share together.
void Sampler::drop_tail(double mass) {
  if (options_.top_p >= 1.0) return;
  const double least =
      std::log((1.0 - options_.top_p) * mass / static_cast<double>(candidates_.size()));
  std::erase_if(candidates_, [&](const Candidate& c) { return c.logit < least; });
}

void Sampler::keep_top_p(double mass) {
  if (options_.top_p >= 1.0) return;
  double kept = 0.0;
  std::size_t count = 0;
  while (count < candidates_.size() && kept < options_.top_p * mass)
    kept += std::exp(candidates_[count++].logit);
  candidates_.resize(std::max<std::size_t>(count, 1));
}

void Sampler::drop_below_min_p() {
  if (options_.min_p <= 0.0) return;
  const double floor = candidates_.front().logit + std::log(options_.min_p);
  while (candidates_.size() > 1 && candidates_.back().logit < floor) candidates_.pop_back();
}

TokenId Sampler::draw(Random& random) {
  const double top = candidates_.front().logit;
  double total = 0.0;
  for (const Candidate& candidate : candidates_) total += std::exp(candidate.logit - top);
  if (measures_entropy_) {
    double mean = 0.0;
    for (const Candidate& candidate : candidates_)
      mean += std::exp(candidate.logit - top) * (candidate.logit - top);
    entropy_ = std::log(total) - mean / total;
  }
  double left = random.uniform() * total;
  for (const Candidate& candidate : candidates_) {
    left -= std::exp(candidate.logit - top);
    if (left < 0.0) return candidate.id;
  }
  return candidates_.back().id;
}

}  // namespace sage
