// The expansions of all tokens as a trie over base ids: what the grammar of merged tokens walks.
// Immutable once built; share it freely.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tokens/bpe/bpe.h"

namespace sage {

class ExpansionTrie {
 public:
  struct Node {
    std::uint32_t first_child = 0;
    std::uint32_t first_token = 0;
    std::uint16_t child_count = 0;
    std::uint16_t token_count = 0;
    std::uint16_t base = 0;  // the base id that leads here
  };

  explicit ExpansionTrie(const Bpe& bpe);

  /// Tokens, base and merged.
  int size() const { return size_; }
  /// Longest expansion, in base ids.
  int depth() const { return depth_; }
  /// The first base ids of all expansions, ascending.
  std::span<const Node> roots() const { return std::span(nodes_).first(root_count_); }
  /// Ascending by base id.
  std::span<const Node> children(const Node& node) const {
    return std::span(nodes_).subspan(node.first_child, node.child_count);
  }
  /// Whose expansions end at the node: none where they only pass through, several where merges in
  /// another order come to the same.
  std::span<const TokenId> tokens(const Node& node) const {
    return std::span(tokens_).subspan(node.first_token, node.token_count);
  }

 private:
  std::vector<Node> nodes_;      // the children of a node are adjacent
  std::vector<TokenId> tokens_;  // all, sorted by expansion
  std::size_t root_count_ = 0;
  int size_ = 0;
  int depth_ = 1;
};

}  // namespace sage
