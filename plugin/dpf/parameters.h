// The plug-in's parameters, each declared once: for hosts, for the settings and for the window.
#pragma once

#include <cstdint>

#include "plugin/core/settings.h"

namespace sage::plugin {

enum ParameterId : std::uint32_t {
  kBypass,
  kMode,
  kBars,
  kOwnProgram,
  kFillFrom,
  kFillTo,
  kSurprise,
  kSeed,
  kLock,
  kPrograms,
  kDensity,
  kFirstRole,  // of each role: on, program
  kParameterCount = kFirstRole + 2 * kRoles,
};

struct ParameterInfo {
  const char* symbol;
  const char* name;
  float least, most, usual;
  enum class Kind : std::uint8_t { kNumber, kWhole, kSwitch } kind;
};

const ParameterInfo& parameter_info(std::uint32_t id);
float parameter_of(const Settings& settings, std::uint32_t id);
void set_parameter(Settings& settings, std::uint32_t id, float value);

}  // namespace sage::plugin
