#include "nn/attention_spec.h"

namespace sage {

Result<AttentionSpec> make_attention(std::string_view name, int query_heads, int kv_heads,
                                     int attributes) {
  std::string names;
  for (const AttentionFamily* family : attention_registry()) {
    if (family->name() == name) return family->make(query_heads, kv_heads, attributes);
    names += (names.empty() ? "" : ", ") + std::string(family->name());
  }
  return fail(ErrorCode::kInvalidArgument,
              "no attention is called '" + std::string(name) + "'; there are " + names);
}

}  // namespace sage
