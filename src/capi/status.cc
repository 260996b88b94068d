#include "capi/status.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace sage::capi {
namespace {

static_assert(std::string_view(SAGE_VERSION) == SAGE_PROJECT_VERSION, "sage.h names the version");

/// A line of fixed length: to say that memory ran out, none is needed.
thread_local char last_error[1024] = "";

void keep(std::string_view message) {
  const std::size_t length = std::min(message.size(), sizeof last_error - 1);
  std::memcpy(last_error, message.data(), length);
  last_error[length] = '\0';
}

sage_status status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return SAGE_INVALID_ARGUMENT;
    case ErrorCode::kIo:
      return SAGE_IO;
    case ErrorCode::kMalformed:
      return SAGE_MALFORMED;
    case ErrorCode::kUnsupported:
      return SAGE_UNSUPPORTED;
    case ErrorCode::kLimit:
      return SAGE_LIMIT;
    case ErrorCode::kMismatch:
      return SAGE_MISMATCH;
    case ErrorCode::kInterrupted:
      return SAGE_INTERRUPTED;
  }
  return SAGE_UNSUPPORTED;
}

}  // namespace

sage_status report(const Error& error) {
  keep(to_string(error));
  return status_of(error.code);
}

sage_status report(sage_status status, const char* message) {
  keep(message);
  return status;
}

}  // namespace sage::capi

const char* sage_version() { return SAGE_VERSION; }
int32_t sage_abi_version() { return SAGE_ABI_VERSION; }
const char* sage_last_error() { return sage::capi::last_error; }
void sage_free_bytes(uint8_t* bytes) { std::free(bytes); }
void sage_free_text(char* text) { std::free(text); }
