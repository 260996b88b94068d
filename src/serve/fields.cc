#include "serve/fields.h"

#include <cmath>

namespace sage::serve {
namespace {

constexpr int kDeepest = 32;

/// Brackets that are open at once, strings aside.
int depth_of(std::string_view text) {
  int depth = 0, deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

std::string plain(double x) {
  std::string text = std::to_string(x);
  text.erase(text.find_last_not_of('0') + 1);
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

Result<Json> parse_body(std::string_view text) {
  if (depth_of(text) > kDeepest)
    return fail(ErrorCode::kLimit, "the JSON is nested more than 32 levels deep");
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return fail(ErrorCode::kMalformed, "the body is not valid JSON");
  if (!json.is_object()) return fail(ErrorCode::kMalformed, "the body must be a JSON object");
  return json;
}

Fields::Fields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
  if (!object.is_object()) refuse("", "must be an object");
}

const Json* Fields::find(const char* name) {
  known_.insert(name);
  if (!object_.is_object()) return nullptr;
  const auto at = object_.find(name);
  return at == object_.end() || at->is_null() ? nullptr : &*at;
}

bool Fields::has(const char* name) const {
  if (!object_.is_object()) return false;
  const auto at = object_.find(name);
  return at != object_.end() && !at->is_null();
}

const Json* Fields::any(const char* name) { return find(name); }

void Fields::refuse(const char* name, const std::string& why) {
  if (error_) return;
  const std::string field = where_ + name;
  error_ = Error{ErrorCode::kInvalidArgument, (field.empty() ? "it" : field) + ": " + why};
}

std::optional<std::int64_t> Fields::integer(const char* name, std::int64_t low, std::int64_t high) {
  const Json* json = find(name);
  if (json == nullptr) return std::nullopt;
  const bool fits = json->is_number_unsigned()
                        ? json->get<std::uint64_t>() <=
                              static_cast<std::uint64_t>(std::max<std::int64_t>(high, 0))
                        : json->is_number_integer();
  if (fits)
    if (const auto value = json->get<std::int64_t>(); value >= low && value <= high) return value;
  refuse(name,
         "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return std::nullopt;
}

std::optional<double> Fields::number(const char* name, double low, double high) {
  const Json* json = find(name);
  if (json == nullptr) return std::nullopt;
  if (json->is_number())
    if (const auto value = json->get<double>();
        std::isfinite(value) && value >= low && value <= high)
      return value;
  refuse(name, "must be a number from " + plain(low) + " to " + plain(high));
  return std::nullopt;
}

std::optional<std::string> Fields::text(const char* name, std::size_t longest) {
  const Json* json = find(name);
  if (json == nullptr) return std::nullopt;
  if (json->is_string())
    if (const auto& value = json->get_ref<const std::string&>(); value.size() <= longest)
      return value;
  refuse(name, "must be a text of at most " + std::to_string(longest) + " bytes");
  return std::nullopt;
}

std::optional<bool> Fields::flag(const char* name) {
  const Json* json = find(name);
  if (json == nullptr) return std::nullopt;
  if (json->is_boolean()) return json->get<bool>();
  refuse(name, "must be true or false");
  return std::nullopt;
}

Result<void> Fields::done() {
  if (error_) return tl::unexpected(*error_);
  for (const auto& item : object_.items())
    if (!known_.contains(item.key())) {
      std::string known;
      for (const std::string& name : known_) known += (known.empty() ? "" : ", ") + name;
      return fail(ErrorCode::kInvalidArgument,
                  "unknown field '" + where_ + item.key() + "'; known here: " + known);
    }
  return {};
}

Result<std::string> Fields::rest() const {
  if (error_) return tl::unexpected(*error_);
  Json rest = Json::object();
  for (const auto& item : object_.items())
    if (!known_.contains(item.key())) rest[item.key()] = item.value();
  return rest.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sage::serve
