#include "nn/attention/attribute_groups.h"

namespace sage {

Result<AttentionSpec> attribute_groups(int query_heads, int kv_heads) {
  if (kv_heads < 1 || kv_heads > query_heads)
    return fail(ErrorCode::kInvalidArgument, "attribute groups need 1 to " +
                                                 std::to_string(query_heads) + " K/V heads, not " +
                                                 std::to_string(kv_heads));
  AttentionSpec spec;
  spec.query_heads = query_heads;
  spec.kv_heads = kv_heads;
  for (int head = 0; head < query_heads; ++head)
    spec.kv_head_of.push_back(head * kv_heads / query_heads);
  spec.keys.assign(static_cast<std::size_t>(kv_heads), AttentionSpec::kAllAttributes);
  return spec;
}

}  // namespace sage
