// Meters as they are written: "6/8".
#pragma once

#include <string>

#include "base/error.h"
#include "score/score.h"

namespace sage {

std::string meter_text(Meter meter);
Result<Meter> meter_from_text(const std::string& text);

}  // namespace sage
