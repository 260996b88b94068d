// The grammar over merged tokens: a token may come next when its whole expansion may.
#pragma once

#include <memory>
#include <vector>

#include "tokens/bpe/trie.h"
#include "tokens/reader.h"

namespace sage {

/// Owns scratch: one a stream of tokens. The trie must outlive it.
class MergeGrammar {
 public:
  explicit MergeGrammar(const ExpansionTrie& trie);

  /// Replaces `legal` by the ids, base and merged, that may follow what `reader` has read: sorted
  /// disjoint ranges. Allocates nothing once it has seen the deepest expansion.
  void allowed(const EventReader& reader, std::vector<IdRange>& legal);

 private:
  /// The state of the walk after a number of base ids of an expansion.
  struct Level {
    std::unique_ptr<EventReader> reader;
    TokenMask mask;
  };

  void visit(std::span<const ExpansionTrie::Node> nodes, const EventReader& reader,
             std::size_t depth);

  const ExpansionTrie* trie_;
  std::vector<Level> levels_;
  std::vector<std::uint64_t> legal_;  // a bit a token
};

}  // namespace sage
