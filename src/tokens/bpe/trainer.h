// Learns merges from words of base tokens, by exact counts: the most frequent pair first, ties to
// the lower left id, then the lower right id. The result does not depend on the number of threads.
//
// The count of a pair is the number of times that replacing it from left to right would find it: in
// a run of one id, half the run. A pair whose token would have more than Bpe::kMaxExpansion
// base tokens, or take the table over Bpe::kMaxExpansions, is passed over.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tokens/bpe/bpe.h"
#include "tokens/bpe/word_counts.h"

namespace sage {

struct BpeTrainerOptions {
  int base_size = 0;
  int merges = 0;               // to learn; fewer where no pair is left
  std::uint64_t min_count = 2;  // a pair seen less often is no merge
  int threads = 1;
  std::function<void(int done, int merges)> progress;  // called now and then, by learn()'s caller
  const std::atomic<bool>* stop = nullptr;             // becomes true: kInterrupted
};

/// What a merge was worth when it was made.
struct LearnedMerges {
  std::vector<Merge> merges;
  std::vector<std::uint64_t> counts;  // (merges): times the pair stood in the corpus
  std::uint64_t tokens_before = 0;    // in the corpus
  std::uint64_t tokens_after = 0;
};

/// Gathers words, then learns. Words that come again are kept once, with a count.
class BpeTrainer {
 public:
  explicit BpeTrainer(BpeTrainerOptions options) : options_(std::move(options)) {}

  /// Words as Segmenter::words cuts them. Refuses ids that are no base tokens, and (kLimit) what
  /// would outgrow 32-bit indices; the words before those stay.
  Result<void> add(std::span<const std::uint16_t> ids, std::span<const std::uint32_t> ends);
  /// Leaves the trainer empty.
  Result<LearnedMerges> learn();

 private:
  BpeTrainerOptions options_;
  WordCounts words_;
  std::uint64_t tokens_ = 0;
};

}  // namespace sage
