#include "tokens/mask.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace sage {
namespace {

std::set<TokenId> ids_of(const TokenMask& mask) {
  std::set<TokenId> ids;
  for (const IdRange& range : mask.ranges())
    for (TokenId id = range.begin; id < range.end; ++id) ids.insert(id);
  return ids;
}

/// A few disjoint ranges below 100, touching ones among them.
TokenMask drawn_mask(std::set<TokenId>& ids) {
  TokenMask mask;
  for (TokenId at = 0; at < 90;) {
    const TokenId begin = at + *rc::gen::inRange(0, 10), end = begin + *rc::gen::inRange(1, 12);
    mask.add(begin, end);
    for (TokenId id = begin; id < end; ++id) ids.insert(id);
    at = end;
  }
  return mask;
}

RC_GTEST_PROP(TokenMask, FilterAndRemoveAreThoseOfASet, ()) {
  std::set<TokenId> ids;
  TokenMask mask = drawn_mask(ids);
  const TokenId begin = *rc::gen::inRange(0, 100), end = begin + *rc::gen::inRange(0, 60);
  const int every = *rc::gen::inRange(1, 5);
  const auto keep = [&](TokenId id) { return id % every == 0; };
  TokenMask filtered = mask, removed = mask;
  filtered.filter({begin, end}, keep);
  removed.remove({begin, end});
  std::set<TokenId> kept = ids, left = ids;
  std::erase_if(kept, [&](TokenId id) { return id >= begin && id < end && !keep(id); });
  std::erase_if(left, [&](TokenId id) { return id >= begin && id < end; });
  RC_ASSERT(ids_of(filtered) == kept);
  RC_ASSERT(ids_of(removed) == left);
}

}  // namespace
}  // namespace sage
