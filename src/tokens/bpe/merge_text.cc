#include "tokens/bpe/merge_text.h"

#include <algorithm>
#include <numeric>

namespace sage {

MergeText::MergeText(const WordCounts& words) : lengths_(kIds, 1) {
  const auto all = words.words();
  std::vector<std::uint32_t> order(all.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return all[a].count > all[b].count; });
  cells_.reserve(words.tokens() + all.size() + 1);
  cells_.push_back(kGap);
  for (const std::uint32_t w : order) {
    const auto tokens = words.tokens(all[w]);
    cells_.insert(cells_.end(), tokens.begin(), tokens.end());
    cells_.push_back(kGap);
    if (stretches_.empty() || stretches_.back().weight != all[w].count)
      stretches_.push_back({0, all[w].count});
    stretches_.back().end = size();
  }
  index_stretches();
}

void MergeText::compact() {
  std::uint32_t to = 0;
  std::uint32_t from = 0;
  const auto move_up_to = [&](std::uint32_t end) {
    while (from < end) {
      const std::uint16_t id = cells_[from];
      cells_[to++] = id;
      from += id == kGap ? 1u : lengths_[id];
    }
  };
  for (Stretch& stretch : stretches_) {
    move_up_to(stretch.end);
    stretch.end = to;
  }
  move_up_to(size());  // the one empty cell of an empty corpus
  cells_.resize(to);
  cells_.shrink_to_fit();
  std::fill(lengths_.begin(), lengths_.end(), std::uint16_t{1});
  index_stretches();
}

void MergeText::index_stretches() {
  blocks_.clear();
  std::uint32_t stretch = 0;
  for (std::uint32_t block = 0; block <= size() >> kBlock; ++block) {
    while (stretch + 1 < stretches_.size() && stretches_[stretch].end <= block << kBlock) ++stretch;
    blocks_.push_back(stretch);
  }
}

void MergeText::Weights::seek(std::uint32_t cell) {
  std::uint32_t stretch = text_.blocks_[cell >> kBlock];
  while (text_.stretches_[stretch].end <= cell) ++stretch;
  end_ = text_.stretches_[stretch].end;
  weight_ = text_.stretches_[stretch].weight;
}

}  // namespace sage
