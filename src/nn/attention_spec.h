// The attention family as data: one description, one implementation in the engine and one in the
// trainer.
//
// A member of the family is a function from (query heads, K/V heads, attributes) to an
// AttentionSpec, in a file of its own in attention/, named by one word in this layer's CMake list.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sage {

/// One layer's attention. h = query heads, G = K/V heads, A = attributes (0..A-1, one a token).
struct AttentionSpec {
  static constexpr std::uint32_t kAllAttributes = ~std::uint32_t{0};

  int query_heads = 0;              // h
  int kv_heads = 0;                 // G
  std::vector<int> kv_head_of;      // (h): the K/V head that each query head reads
  bool query_banks = false;         // Q and O projections chosen by the token's attribute
  bool kv_banks = false;            // K and V projections chosen by the token's attribute
  std::vector<std::uint32_t> keys;  // (G): bit a set: this head holds keys of attribute a
};

class AttentionFamily {
 public:
  virtual ~AttentionFamily() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view summary() const = 0;  // one line for listings
  /// `kv_heads` 0 asks for the member's usual number. Refuses what it cannot be built with.
  virtual Result<AttentionSpec> make(int query_heads, int kv_heads, int attributes) const = 0;
  /// A layer with a table of its own, query head -> K/V head. Members refuse it unless their layers
  /// may differ.
  virtual Result<AttentionSpec> make(std::span<const int> kv_head_of) const;
};

std::span<const AttentionFamily* const> attention_registry();

/// Looks a member up by name; the error lists the names there are.
Result<const AttentionFamily*> find_attention(std::string_view name);
Result<AttentionSpec> make_attention(std::string_view name, int query_heads, int kv_heads,
                                     int attributes);

}  // namespace sage
