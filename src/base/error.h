// Errors as values, for whatever input, files, devices or the network can cause.
//
// A message is one line: what is wrong, and what to do about it where that is not plain. Failed
// internal invariants are not errors in this sense; no input may reach one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace sage {

enum class ErrorCode {
  kInvalidArgument,  // the caller asked for something that makes no sense
  kIo,               // an operating system call failed
  kMalformed,        // the bytes are not what they should be
  kUnsupported,      // well formed, but this program cannot handle it
  kLimit,            // larger than a stated limit
  kMismatch,         // two things that must belong together do not
  kInterrupted,      // somebody asked us to stop
};

struct Error {
  ErrorCode code;
  std::string message;
  std::optional<std::size_t> offset = std::nullopt;  // byte offset in the input, where one is known
};

/// The message, with the byte offset in front where one is known.
std::string to_string(const Error& error);

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message,
                                  std::optional<std::size_t> offset = std::nullopt) {
  return tl::unexpected<Error>(Error{code, std::move(message), offset});
}

/// Passes an error on with a prefix, usually the name of the file it concerns.
inline tl::unexpected<Error> fail(const std::string& prefix, const Error& error) {
  return tl::unexpected<Error>(Error{error.code, prefix + ": " + to_string(error), std::nullopt});
}

}  // namespace sage
