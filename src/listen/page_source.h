// The parts of the page from page.html, page.css and page.js; see CMakeLists.txt.
#pragma once

namespace sage {

extern const char* const kPageMarkup;
extern const char* const kPageStyle;
extern const char* const kPageScript;

}  // namespace sage
