// What a tokenizer is, as data: scheme, layout, velocity, grid, merges. Stored in every model and
// token file.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokens/token.h"

namespace sage {

enum class Layout {
  kFull,     // every attribute for every note
  kCompact,  // POSITION only when it changes, PROGRAM only when it changes within a position
};

/// The order of programs at a position.
enum class ProgramOrder : std::uint8_t {
  kNumber,  // ascending, drums last
  kHeader,  // as the header lists them; then ascending those that it does not list
};

/// What a merge of byte pair encoding may not cross.
enum class Boundary : std::uint8_t {
  kNone,      // merges reach across everything between START and EOS
  kBar,       // ... stay within a bar
  kBeat,      // ... the head of a bar, or the notes that begin within one quarter of it
  kPosition,  // ... the head of a bar, or the notes that begin at one position
  kNote,      // ... the head of a bar, or one note
};
inline constexpr std::array kBoundaries = {Boundary::kNone, Boundary::kBar, Boundary::kBeat,
                                           Boundary::kPosition, Boundary::kNote};
std::string_view boundary_name(Boundary boundary);
std::optional<Boundary> boundary_from_name(std::string_view name);

/// A new token for `left` followed by `right`, both earlier tokens.
struct Merge {
  TokenId left = 0;
  TokenId right = 0;
  friend auto operator<=>(const Merge&, const Merge&) = default;
};

/// Byte pair encoding over the base tokens: merge r makes the token (base tokens) + r.
struct Merges {
  Boundary boundary = Boundary::kNone;
  std::vector<Merge> pairs;  // in the order in which they apply
  friend bool operator==(const Merges&, const Merges&) = default;
};

struct TokenizerConfig {
  std::string scheme = "remi+";
  Layout layout = Layout::kCompact;
  bool velocity = false;
  int grid = 12;  // positions a quarter note: 4, 8, 12, 16 or 24
  ProgramOrder order = ProgramOrder::kNumber;
  Merges merges = {};  // none: the model sees base tokens
  friend bool operator==(const TokenizerConfig&, const TokenizerConfig&) = default;
};

/// In words, e.g. "remi+ compact, no velocity, grid 12, 1000 merges (boundary bar)".
std::string describe(const TokenizerConfig& config);

nlohmann::json to_json(const TokenizerConfig& config);
Result<TokenizerConfig> tokenizer_config_from_json(const nlohmann::json& json);

}  // namespace sage
