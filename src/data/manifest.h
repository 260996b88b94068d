// The table beside a data set's music: what each file is, and where it comes from.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sage {

/// A row: cells by the name of their column, empty ones left out.
using ManifestRow = std::map<std::string, std::string>;

/// The rows of MANIFEST.tsv in a folder that name a file in the column "file"; none without one.
std::vector<ManifestRow> read_manifest(const std::filesystem::path& folder);

}  // namespace sage
