// What the members of the family have in common.
#pragma once

#include "nn/attention_spec.h"

namespace sage {

/// Query heads in G equal consecutive groups, one K/V head a group (GQA, Ainslie et al. 2023).
/// Refuses a G that does not divide h.
Result<AttentionSpec> even_groups(int query_heads, int kv_heads);

}  // namespace sage
