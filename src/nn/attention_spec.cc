#include "nn/attention_spec.h"

namespace sage {

Result<AttentionSpec> AttentionFamily::make(std::span<const int>) const {
  return fail(ErrorCode::kInvalidArgument,
              std::string(name()) + " has the same K/V heads in every layer; it takes no tables");
}

Result<const AttentionFamily*> find_attention(std::string_view name) {
  std::string names;
  for (const AttentionFamily* family : attention_registry()) {
    if (family->name() == name) return family;
    names += (names.empty() ? "" : ", ") + std::string(family->name());
  }
  return fail(ErrorCode::kInvalidArgument,
              "no attention is called '" + std::string(name) + "'; there are " + names);
}

Result<AttentionSpec> make_attention(std::string_view name, int query_heads, int kv_heads,
                                     int attributes) {
  const auto family = find_attention(name);
  if (!family) return tl::unexpected(family.error());
  return (*family)->make(query_heads, kv_heads, attributes);
}

}  // namespace sage
