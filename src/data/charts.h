// The statistics of prepared data as charts and as one page.
#pragma once

#include <string>
#include <vector>

#include "data/stats.h"

namespace sage {

struct NamedChart {
  std::string name;  // of a file, without extension
  std::string svg;
};

/// Charts of both parts, the training part in front.
std::vector<NamedChart> data_charts(const DataStats& stats);

/// Tables and charts as one HTML page that needs nothing else. `title` is plain text.
std::string data_page(const DataStats& stats, const std::string& title);

}  // namespace sage
