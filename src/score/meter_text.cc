#include "score/meter_text.h"

#include <bit>
#include <cstdint>
#include <sstream>

namespace sage {

std::string meter_text(Meter meter) {
  return std::to_string(meter.numerator) + "/" + std::to_string(meter.denominator);
}

Result<Meter> meter_from_text(const std::string& text) {
  int numerator = 0, denominator = 0;
  char slash = 0, rest = 0;
  std::stringstream in(text);
  if (!(in >> numerator >> slash >> denominator) || slash != '/' || in >> rest || numerator < 1 ||
      numerator > 255 || denominator < 1 || denominator > 128 ||
      !std::has_single_bit(static_cast<unsigned>(denominator)))
    return fail(ErrorCode::kInvalidArgument,
                "invalid time signature '" + text + "'; write it like 3/4 or 6/8");
  return Meter{static_cast<std::uint8_t>(numerator), static_cast<std::uint8_t>(denominator)};
}

}  // namespace sage
