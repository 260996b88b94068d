#include "base/error.h"

namespace sage {

std::string to_string(const Error& error) {
  if (!error.offset) return error.message;
  return "byte " + std::to_string(*error.offset) + ": " + error.message;
}

}  // namespace sage
