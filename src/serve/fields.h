// The fields of a JSON object, each read once, with a clear line for what does not fit: a wrong
// type, a number out of range, a field that nobody knows.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"

namespace sage::serve {

using Json = nlohmann::ordered_json;

/// Parses a body. Refuses what is no object, and nesting so deep that no request needs it.
Result<Json> parse_body(std::string_view text);

class Fields {
 public:
  /// `where` stands in front of names in messages, "tracks[2]."; empty for the body itself.
  explicit Fields(const Json& object, std::string where = "");

  bool has(const char* name) const;
  /// Nothing where the field is missing or null.
  const Json* any(const char* name);
  std::optional<std::int64_t> integer(const char* name, std::int64_t low, std::int64_t high);
  std::optional<double> number(const char* name, double low, double high);
  std::optional<std::string> text(const char* name, std::size_t longest);
  std::optional<bool> flag(const char* name);

  /// The first thing that was wrong, if any; later ones are not looked at.
  void refuse(const char* name, const std::string& why);
  bool failed() const { return error_.has_value(); }
  /// Errors: what was wrong; a field that was not asked for.
  Result<void> done();
  /// What was not asked for, as an object's text, for a reader that knows it. Errors: what was
  /// wrong.
  Result<std::string> rest() const;

 private:
  const Json* find(const char* name);

  const Json& object_;
  std::string where_;
  std::set<std::string> known_;
  std::optional<Error> error_;
};

}  // namespace sage::serve
