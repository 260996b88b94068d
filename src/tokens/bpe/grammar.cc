#include "tokens/bpe/grammar.h"

#include <algorithm>
#include <bit>

namespace sage {
namespace {

/// Sets of 64 bits each as ranges of the indices that are set.
void ranges_of(const std::vector<std::uint64_t>& bits, std::vector<IdRange>& ranges) {
  ranges.clear();
  for (std::size_t word = 0; word < bits.size(); ++word) {
    for (std::uint64_t left = bits[word]; left != 0; left &= left - 1) {
      const auto id = static_cast<TokenId>(64 * word) + std::countr_zero(left);
      if (!ranges.empty() && ranges.back().end == id)
        ++ranges.back().end;
      else
        ranges.push_back({id, id + 1});
    }
  }
}

}  // namespace

MergeGrammar::MergeGrammar(const ExpansionTrie& trie)
    : trie_(&trie),
      levels_(static_cast<std::size_t>(trie.depth()) + 1),
      legal_((static_cast<std::size_t>(trie.size()) + 63) / 64) {}

void MergeGrammar::allowed(const EventReader& reader, std::vector<IdRange>& legal) {
  std::fill(legal_.begin(), legal_.end(), 0);
  visit(trie_->roots(), reader, 0);
  ranges_of(legal_, legal);
}

/// `nodes` are the base ids that follow the state of `reader`. Both they and the mask ascend.
void MergeGrammar::visit(std::span<const ExpansionTrie::Node> nodes, const EventReader& reader,
                         std::size_t depth) {
  Level& level = levels_[depth];
  reader.allowed(level.mask);
  auto node = nodes.begin();
  for (const IdRange& range : level.mask.ranges()) {
    node = std::partition_point(node, nodes.end(),
                                [&](const ExpansionTrie::Node& n) { return n.base < range.begin; });
    for (; node != nodes.end() && node->base < range.end; ++node) {
      for (const TokenId id : trie_->tokens(*node))
        legal_[static_cast<std::size_t>(id) / 64] |= std::uint64_t{1} << (id % 64);
      if (node->child_count == 0) continue;
      if (level.reader)
        level.reader->copy_from(reader);
      else
        level.reader = reader.clone();
      level.reader->push(node->base);
      visit(trie_->children(*node), *level.reader, depth + 1);
    }
  }
}

}  // namespace sage
