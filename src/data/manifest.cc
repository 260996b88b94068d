#include "data/manifest.h"

#include <algorithm>
#include <fstream>

namespace sage {
namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == '\t') {
      cells.emplace_back();
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return cells;
}

}  // namespace

std::vector<ManifestRow> read_manifest(const std::filesystem::path& folder) {
  std::vector<ManifestRow> rows;
  std::ifstream file(folder / "MANIFEST.tsv");
  std::string line;
  std::vector<std::string> header;
  while (std::getline(file, line)) {
    const auto cells = cells_of(line);
    if (header.empty()) {
      header = cells;
      continue;
    }
    ManifestRow row;
    for (std::size_t i = 0; i < std::min(cells.size(), header.size()); ++i)
      if (!cells[i].empty()) row[header[i]] = cells[i];
    if (row.contains("file")) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace sage
