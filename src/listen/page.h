// The page on which people listen: one HTML file without anything from elsewhere.
#pragma once

#include <string>

#include "listen/design.h"

namespace sage {

/// The page of a test. It plays clips/ID.wav beside it, keeps unfinished answers in the browser,
/// and hands them over as a file; it sends nothing. Holds what test_json holds, no more.
std::string listening_page(const ListeningTest& test, const std::string& version);

}  // namespace sage
