// Meters as they are written: "6/8".
#pragma once

#include <string>

#include "score/score.h"

namespace sage {

std::string meter_text(Meter meter);

}  // namespace sage
