#include "tokens/bpe/trainer.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tokens/bpe/pair_lists.h"

namespace sage {
namespace {

// Lists are kept for pairs whose count is at least this fraction of the highest count so far.
// Too low and all pairs are counted afresh too often, too high and memory fills with lists of pairs
// that are never merged.
constexpr std::uint64_t kShare = 32;
constexpr auto kReportEvery = std::chrono::milliseconds(100);

// Counts never rise, so a heap of what they were is enough: whatever comes up is counted again, and
// merged if it still comes first. Lists are kept only of pairs with a good share of the highest
// count. When those are used up, all pairs are counted afresh, in a text that has become shorter,
// for a lower share: a few passes in all, and most pairs never need a list.
class Learner {
 public:
  Learner(const BpeTrainerOptions& options, const WordCounts& words, std::uint64_t tokens)
      : options_(options),
        text_(words),
        lister_(text_, options.threads),
        expansions_(MergeText::kIds, 1),
        all_expansions_(static_cast<std::size_t>(options.base_size)) {
    learned_.tokens_before = learned_.tokens_after = tokens;
  }

  Result<LearnedMerges> learn() {
    const std::uint64_t lowest = std::max<std::uint64_t>(options_.min_count, 1);
    std::uint64_t least = learned_.tokens_before;
    while (wants_more() && least > lowest) {
      least = std::max(lowest, least / kShare);
      heap_.clear();
      lister_.all_pairs(least, heap_);
      std::make_heap(heap_.begin(), heap_.end());
      while (wants_more()) {
        auto best = take_best(least);
        if (!best) break;
        merge(*best, least);
        report();
      }
    }
    if (stopped()) return fail(ErrorCode::kInterrupted, "stopped while learning merges");
    if (options_.progress) options_.progress(done(), options_.merges);
    return std::move(learned_);
  }

 private:
  int done() const { return static_cast<int>(learned_.merges.size()); }
  bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }
  bool wants_more() const { return done() < options_.merges && !stopped(); }

  /// The pair that comes most often, out of the heap; nothing if none comes `least` times.
  std::optional<PairList> take_best(std::uint64_t least) {
    while (!heap_.empty() && !stopped()) {
      std::pop_heap(heap_.begin(), heap_.end());
      PairList pair = std::move(heap_.back());
      heap_.pop_back();
      if (too_long(pair)) continue;
      lister_.recount(pair);
      if (pair.count < least) continue;
      if (heap_.empty() || heap_.front() < pair) return pair;
      heap_.push_back(std::move(pair));
      std::push_heap(heap_.begin(), heap_.end());
    }
    return std::nullopt;
  }

  bool too_long(const PairList& pair) const {
    const std::size_t length = expansions_[pair.left] + expansions_[pair.right];
    return length > Bpe::kMaxExpansion || all_expansions_ + length > Bpe::kMaxExpansions;
  }

  void merge(PairList& pair, std::uint64_t least) {
    const auto token = static_cast<std::uint16_t>(options_.base_size + done());
    expansions_[token] = expansions_[pair.left] + expansions_[pair.right];
    all_expansions_ += expansions_[token];
    learned_.merges.push_back({pair.left, pair.right});
    learned_.counts.push_back(pair.count);
    learned_.tokens_after -= pair.count;
    text_.define(token, pair.left, pair.right);
    lister_.replace(pair, token);
    auto born = static_cast<std::ptrdiff_t>(heap_.size());
    lister_.pairs_of(token, pair.at, PairLister::Side::kAfter, least, heap_);
    lister_.pairs_of(token, pair.at, PairLister::Side::kBefore, least, heap_);
    while (born < static_cast<std::ptrdiff_t>(heap_.size()))
      std::push_heap(heap_.begin(), heap_.begin() + ++born);
  }

  void report() {
    if (!options_.progress) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - reported_ < kReportEvery) return;
    reported_ = now;
    options_.progress(done(), options_.merges);
  }

  const BpeTrainerOptions& options_;
  MergeText text_;
  PairLister lister_;
  std::vector<PairList> heap_;
  std::vector<std::size_t> expansions_;  // base tokens of each id
  std::size_t all_expansions_;           // ... that all ids do
  LearnedMerges learned_;
  std::chrono::steady_clock::time_point reported_;
};

}  // namespace

Result<void> BpeTrainer::add(std::span<const std::uint16_t> ids,
                             std::span<const std::uint32_t> ends) {
  for (const std::uint16_t id : ids)
    if (id >= options_.base_size)
      return fail(ErrorCode::kInvalidArgument, "token " + std::to_string(id) + " is none of the " +
                                                   std::to_string(options_.base_size) +
                                                   " base tokens to learn from");
  std::uint32_t begin = 0;
  for (const std::uint32_t end : ends) {
    const auto word = ids.subspan(begin, end - begin);
    begin = end;
    if (word.size() > 1) {  // nothing to merge in one of a single token
      const auto added = words_.add(word);
      if (!added) return added;
    }
    tokens_ += word.size();
  }
  return {};
}

Result<LearnedMerges> BpeTrainer::learn() {
  WordCounts words;
  std::swap(words, words_);
  const std::uint64_t tokens = std::exchange(tokens_, 0);
  if (options_.base_size < 1 || options_.merges < 0 || options_.threads < 1)
    return fail(ErrorCode::kInvalidArgument,
                "merges are learnt from at least one base token, by at least one thread");
  if (options_.base_size > Bpe::kMaxTokens ||
      options_.merges > Bpe::kMaxTokens - options_.base_size)
    return fail(ErrorCode::kLimit, std::to_string(options_.base_size) + " base tokens and " +
                                       std::to_string(options_.merges) + " merges are more than " +
                                       std::to_string(Bpe::kMaxTokens) + " tokens");
  auto learner = std::make_unique<Learner>(options_, words, tokens);
  words = {};  // its tokens are in the learner's text now
  return learner->learn();
}

}  // namespace sage
