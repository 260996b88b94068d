// Wishes as JSON, for files and protocols. docs/wishes.md has the schema.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "base/error.h"
#include "generate/wishes.h"

namespace sage {

/// Errors: an unknown field (with the one that was probably meant), a value of the wrong kind, an
/// unknown instrument, pitch, drum or word. Not checked here: what check_wishes() does. `programs`
/// are those that a density's word for all is worked out for; empty: one number for all.
Result<Wishes> wishes_from_json(const nlohmann::json& json, std::span<const int> programs = {});
/// The same from a text.
Result<Wishes> wishes_from_text(std::string_view text, std::span<const int> programs = {});
/// Fields with other values than the defaults; wishes_from_json() makes the same of it.
nlohmann::ordered_json to_json(const Wishes& wishes);

}  // namespace sage
