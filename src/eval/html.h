// Pieces of HTML for reports. Internal to eval. All text is escaped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sage {

/// The document up to and with <body>: style sheet for light and dark, wide and narrow.
std::string page_head(const std::string& title);

std::string tag(const std::string& name, const std::string& text);
/// A paragraph in small print.
std::string small(const std::string& text);

/// A drawing that keeps its size on a narrow screen, and scrolls.
std::string wide(const std::string& picture);

/// A table that scrolls where it is too wide; ends with kTableEnd.
std::string table_head(const std::vector<std::string>& cells);
std::string row(const std::vector<std::string>& cells, const std::string& style = "");
inline constexpr std::string_view kTableEnd = "</table></div>\n";

}  // namespace sage
