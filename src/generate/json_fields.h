// Reads JSON objects whose keys are known: one reader a key, one line for whatever is wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>

#include "base/error.h"

namespace sage {

/// Reads the value of a key. Its errors are told with the key in front.
using FieldReader = std::function<Result<void>(const nlohmann::json&)>;
using FieldReaders = std::map<std::string, FieldReader, std::less<>>;

/// A number, which must be a whole one for whole types and fit; checking its meaning is the
/// business of whoever uses it. `into` must outlive the reader.
template <class T>
FieldReader number_field(T& into) {
  return [&into](const nlohmann::json& value) -> Result<void> {
    if constexpr (std::is_floating_point_v<T>) {
      if (!value.is_number()) return fail(ErrorCode::kInvalidArgument, "must be a number");
      into = value.get<T>();
    } else {
      const bool fits = value.is_number_unsigned()
                            ? value.get<std::uint64_t>() <=
                                  static_cast<std::uint64_t>(std::numeric_limits<T>::max())
                            : value.is_number_integer() && std::is_signed_v<T> &&
                                  value.get<std::int64_t>() >=
                                      static_cast<std::int64_t>(std::numeric_limits<T>::min());
      if (!fits) return fail(ErrorCode::kInvalidArgument, "must be a whole number in range");
      into = value.get<T>();
    }
    return {};
  };
}

/// The same for a value that may be missing.
template <class T>
FieldReader number_field(std::optional<T>& into) {
  return [&into](const nlohmann::json& value) {
    T number{};
    auto read = number_field(number)(value);
    if (read) into = number;
    return read;
  };
}

inline FieldReader flag_field(bool& into) {
  return [&into](const nlohmann::json& value) -> Result<void> {
    if (!value.is_boolean()) return fail(ErrorCode::kInvalidArgument, "must be true or false");
    into = value.get<bool>();
    return {};
  };
}

/// `what` names the object in errors. Keys may be missing, and a null is as good as none.
inline Result<void> read_fields(const nlohmann::json& object, const std::string& what,
                                const FieldReaders& fields) {
  if (!object.is_object())
    return fail(ErrorCode::kInvalidArgument, "the " + what + " must be a JSON object");
  for (const auto& [key, value] : object.items()) {
    const auto reader = fields.find(key);
    if (reader == fields.end()) {
      std::string known;
      for (const auto& field : fields) known += (known.empty() ? "" : ", ") + field.first;
      return fail(ErrorCode::kInvalidArgument,
                  "the " + what + " has no key '" + key + "'; it knows " + known);
    }
    if (value.is_null()) continue;
    if (auto read = reader->second(value); !read)
      return fail(what + " key '" + key + "'", read.error());
  }
  return {};
}

}  // namespace sage
