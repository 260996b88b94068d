// From results to status codes, with the message kept for sage_last_error(). Internal to capi.
#pragma once

#include <sage/sage.h>

#include <exception>
#include <new>
#include <string>

#include "base/error.h"

namespace sage::capi {

/// Keeps the message for this thread.
sage_status report(const Error& error);
sage_status report(sage_status status, const char* message);

/// Runs what a function of the interface does, a callable that returns Result<void>. Memory that
/// runs out is the one thing that the library throws for; nothing passes this border.
template <class Act>
sage_status guarded(Act act) noexcept {
  try {
    const Result<void> done = act();
    return done ? SAGE_OK : report(done.error());
  } catch (const std::bad_alloc&) {
    return report(SAGE_NO_MEMORY, "out of memory");
  } catch (const std::exception& exception) {
    return report(SAGE_UNSUPPORTED, exception.what());
  }
}

inline tl::unexpected<Error> missing(const char* argument) {
  return fail(ErrorCode::kInvalidArgument, std::string(argument) + " must not be NULL");
}

}  // namespace sage::capi
