#include "plugin/dpf/parameters.h"

#include <algorithm>
#include <cmath>

namespace sage::plugin {
namespace {

using Kind = ParameterInfo::Kind;

constexpr ParameterInfo kInfos[kParameterCount] = {
    {"bypass", "Bypass", 0, 1, 0, Kind::kSwitch},
    {"mode", "Mode", 0, 2, 0, Kind::kWhole},
    {"bars", "Bars", 1, kMostBars, 4, Kind::kWhole},
    {"own_program", "You play", 0, 128, 0, Kind::kWhole},
    {"fill_from", "Fill from bar", 1, kMostBars, 2, Kind::kWhole},
    {"fill_to", "Fill to bar", 1, kMostBars, 4, Kind::kWhole},
    {"surprise", "Surprise", 0.25F, 2, 1, Kind::kNumber},
    {"seed", "Seed", 0, 9999, 0, Kind::kWhole},
    {"lock", "Lock", 0, 1, 0, Kind::kSwitch},
    {"programs", "Send programs", 0, 1, 1, Kind::kSwitch},
    {"density", "Density", 0, 32, 0, Kind::kWhole},
    {"role1", "Bass", 0, 1, 1, Kind::kSwitch},
    {"program1", "Bass program", 0, 128, 32, Kind::kWhole},
    {"role2", "Chords", 0, 1, 1, Kind::kSwitch},
    {"program2", "Chords program", 0, 128, 0, Kind::kWhole},
    {"role3", "Pad", 0, 1, 0, Kind::kSwitch},
    {"program3", "Pad program", 0, 128, 48, Kind::kWhole},
    {"role4", "Drums", 0, 1, 1, Kind::kSwitch},
    {"program4", "Drums program", 0, 128, 128, Kind::kWhole},
};

}  // namespace

const ParameterInfo& parameter_info(std::uint32_t id) {
  return kInfos[std::min<std::uint32_t>(id, kParameterCount - 1)];
}

float parameter_of(const Settings& settings, std::uint32_t id) {
  switch (id) {
    case kMode:
      return static_cast<float>(settings.mode);
    case kBars:
      return static_cast<float>(settings.bars);
    case kOwnProgram:
      return static_cast<float>(settings.own_program);
    case kFillFrom:
      return static_cast<float>(settings.fill_from);
    case kFillTo:
      return static_cast<float>(settings.fill_to);
    case kSurprise:
      return settings.surprise;
    case kSeed:
      return static_cast<float>(settings.seed);
    case kLock:
      return settings.lock ? 1 : 0;
    case kPrograms:
      return settings.programs ? 1 : 0;
    case kDensity:
      return static_cast<float>(settings.density);
    default:
      break;
  }
  if (id < kFirstRole || id >= kParameterCount) return 0;
  const Role& role = settings.roles[(id - kFirstRole) / 2];
  if ((id - kFirstRole) % 2 == 0) return role.on ? 1 : 0;
  return static_cast<float>(role.program);
}

void set_parameter(Settings& settings, std::uint32_t id, float value) {
  const ParameterInfo& info = parameter_info(id);
  const float in_range =
      std::isfinite(value) ? std::clamp(value, info.least, info.most) : info.usual;
  const int whole = static_cast<int>(std::lround(in_range));
  switch (id) {
    case kMode:
      settings.mode = static_cast<Mode>(whole);
      return;
    case kBars:
      settings.bars = whole;
      return;
    case kOwnProgram:
      settings.own_program = whole;
      return;
    case kFillFrom:
      settings.fill_from = whole;
      return;
    case kFillTo:
      settings.fill_to = whole;
      return;
    case kSurprise:
      settings.surprise = in_range;
      return;
    case kSeed:
      settings.seed = whole;
      return;
    case kLock:
      settings.lock = whole != 0;
      return;
    case kPrograms:
      settings.programs = whole != 0;
      return;
    case kDensity:
      settings.density = whole;
      return;
    default:
      break;
  }
  if (id < kFirstRole || id >= kParameterCount) return;
  Role& role = settings.roles[(id - kFirstRole) / 2];
  if ((id - kFirstRole) % 2 == 0)
    role.on = whole != 0;
  else
    role.program = whole;
}

}  // namespace sage::plugin
