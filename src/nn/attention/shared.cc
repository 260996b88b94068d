#include "nn/attention/shared.h"

namespace sage {

Result<AttentionSpec> even_groups(int query_heads, int kv_heads) {
  if (query_heads < 1 || kv_heads < 1 || query_heads % kv_heads != 0)
    return fail(ErrorCode::kInvalidArgument, "the number of K/V heads (" +
                                                 std::to_string(kv_heads) +
                                                 ") must divide the number of query heads (" +
                                                 std::to_string(query_heads) + ")");
  AttentionSpec spec;
  spec.query_heads = query_heads;
  spec.kv_heads = kv_heads;
  const int group = query_heads / kv_heads;
  for (int head = 0; head < query_heads; ++head) spec.kv_head_of.push_back(head / group);
  spec.keys.assign(static_cast<std::size_t>(kv_heads), AttentionSpec::kAllAttributes);
  return spec;
}

}  // namespace sage
