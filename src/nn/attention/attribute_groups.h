// Query heads partitioned by attribute group, for the grouped and the masked member.
#pragma once

#include "nn/attention_spec.h"

namespace sage {

/// Partitions h query heads into G consecutive groups whose sizes differ by one at most,
/// each with a K/V head of its own. G may be any number from 1 to h.
Result<AttentionSpec> attribute_groups(int query_heads, int kv_heads);

}  // namespace sage
