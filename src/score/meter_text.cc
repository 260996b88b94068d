#include "score/meter_text.h"

namespace sage {

std::string meter_text(Meter meter) {
  return std::to_string(meter.numerator) + "/" + std::to_string(meter.denominator);
}

}  // namespace sage
