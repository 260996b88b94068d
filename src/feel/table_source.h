// models/feel.tsv as text; see CMakeLists.txt.
#pragma once

namespace sage {

extern const char* const kFeelTable;

}  // namespace sage
