// A measurement as a picture: one panel a head, layers from top to bottom.
#pragma once

#include <string>

#include "heads/measurement.h"

namespace sage {

/// A heat map as SVG. In a panel, a row an attribute of queries and a column one of keys: the cell
/// tells the share of the attention in per cent, its colour how many times as much that is as
/// uniform attention would give (full at 8 times and at an eighth). Attributes that no query has
/// are omitted.
std::string head_picture(const HeadMeasurement& measured, const std::string& title);

}  // namespace sage
