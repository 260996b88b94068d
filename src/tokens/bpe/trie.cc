#include "tokens/bpe/trie.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace sage {
namespace {

/// Tokens whose expansions begin alike: a run of the sorted tokens.
struct Group {
  std::size_t begin, end;
  std::optional<std::size_t> node;  // that the common beginning leads to; none at the root
};

}  // namespace

// Level by level over the tokens sorted by expansion, so that the children of a node come out
// together and ascending.
ExpansionTrie::ExpansionTrie(const Bpe& bpe) : size_(bpe.size()) {
  tokens_.resize(static_cast<std::size_t>(bpe.size()));
  std::iota(tokens_.begin(), tokens_.end(), 0);
  std::stable_sort(tokens_.begin(), tokens_.end(), [&](TokenId a, TokenId b) {
    const auto x = bpe.expansion(a), y = bpe.expansion(b);
    return std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end());
  });
  std::vector<Group> level = {{0, tokens_.size(), std::nullopt}};
  for (std::size_t depth = 0; !level.empty(); ++depth) {
    std::vector<Group> next;
    for (const Group& group : level) {
      std::size_t i = group.begin;  // expansions that end here come first
      while (i < group.end && bpe.expansion(tokens_[i]).size() == depth) ++i;
      if (group.node) {
        Node& node = nodes_[*group.node];
        node.first_token = static_cast<std::uint32_t>(group.begin);
        node.token_count = static_cast<std::uint16_t>(i - group.begin);
        node.first_child = static_cast<std::uint32_t>(nodes_.size());
      }
      while (i < group.end) {
        const std::uint16_t base = bpe.expansion(tokens_[i])[depth];
        const std::size_t first = i;
        while (i < group.end && bpe.expansion(tokens_[i])[depth] == base) ++i;
        if (group.node) ++nodes_[*group.node].child_count;
        next.push_back({first, i, nodes_.size()});
        nodes_.push_back({.base = base});
      }
    }
    if (depth == 0) root_count_ = nodes_.size();
    if (!next.empty()) depth_ = static_cast<int>(depth) + 1;
    level = std::move(next);
  }
}

}  // namespace sage
