// Who may ask: names of this server (against DNS rebinding), origins (against other sites' pages),
// keys. Pure functions of the request's header.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/http.h"
#include "serve/http_options.h"

namespace sage::serve {

struct GuardOptions {
  std::vector<std::string> keys;     // empty: nobody needs one
  std::vector<std::string> origins;  // other pages that may ask, "https://example.org"
};

/// Whether an address is this machine's own.
bool is_loopback(std::string_view host);

/// Paths that need no key: the page itself, /health and the description of the interface.
bool is_open(std::string_view path);

HttpRefusal refusal_of(const HttpRequest& request, const GuardOptions& options);

/// Keys in a file: one a line; empty lines and those that begin with # do not count. Refuses a file
/// without keys and keys of less than 16 characters.
Result<std::vector<std::string>> read_keys(const std::string& path);

}  // namespace sage::serve
