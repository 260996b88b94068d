#include "plugin/dpf/plugin.h"

#include <dlfcn.h>

#include <cmath>
#include <cstring>
#include <string>

#include "generate/bundled_model.h"

START_NAMESPACE_DISTRHO

namespace {

using sage::plugin::MidiMessage;
using sage::plugin::ParameterInfo;
using sage::plugin::Settings;

constexpr const char* kPartKey = "part";

void here() {}  // for its address

/// The model beside the plug-in's own file, as it is built or installed.
std::filesystem::path model_path() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&here), &info) == 0) return sage::kBundledModel;
  std::error_code code;
  const auto file = std::filesystem::canonical(info.dli_fname, code);
  return sage::bundled_model(file).value_or(file.parent_path() / sage::kBundledModel);
}

}  // namespace

SagePlugin::SagePlugin() : Plugin(sage::plugin::kParameterCount, 0, 1) {
  for (uint32_t id = 0; id < values_.size(); ++id)
    values_[id].store(sage::plugin::parameter_info(id).usual, std::memory_order_relaxed);
  if (isDummyInstance()) return;
  composer_ = std::make_unique<sage::plugin::Composer>(looper_, model_path(), [this] {
    Settings settings;
    for (uint32_t id = 0; id < values_.size(); ++id)
      sage::plugin::set_parameter(settings, id, values_[id].load(std::memory_order_relaxed));
    return settings;
  });
}

void SagePlugin::initParameter(uint32_t index, Parameter& parameter) {
  const ParameterInfo& info = sage::plugin::parameter_info(index);
  if (index == sage::plugin::kBypass) {
    parameter.initDesignation(kParameterDesignationBypass);
    return;
  }
  parameter.hints = kParameterIsAutomatable;
  if (info.kind == ParameterInfo::Kind::kWhole) parameter.hints |= kParameterIsInteger;
  if (info.kind == ParameterInfo::Kind::kSwitch)
    parameter.hints |= kParameterIsBoolean | kParameterIsInteger;
  parameter.name = info.name;
  parameter.symbol = info.symbol;
  parameter.ranges = ParameterRanges(info.usual, info.least, info.most);
  if (index != sage::plugin::kMode) return;
  parameter.enumValues.count = 3;
  parameter.enumValues.restrictedMode = true;
  parameter.enumValues.values =
      new ParameterEnumerationValue[3]{{0.0F, "Accompany"}, {1.0F, "Continue"}, {2.0F, "Fill"}};
}

void SagePlugin::initState(uint32_t, State& state) {
  state.key = kPartKey;
  state.label = "The part that plays";
  state.hints = kStateIsOnlyForDSP;
}

float SagePlugin::getParameterValue(uint32_t index) const {
  return index < values_.size() ? values_[index].load(std::memory_order_relaxed) : 0;
}

void SagePlugin::setParameterValue(uint32_t index, float value) {
  if (index < values_.size()) values_[index].store(value, std::memory_order_relaxed);
}

String SagePlugin::getState(const char* key) const {
  if (composer_ == nullptr || std::strcmp(key, kPartKey) != 0) return String();
  const sage::plugin::Part part = composer_->part();
  return part.notes.empty() ? String() : String(to_text(part).c_str());
}

void SagePlugin::setState(const char* key, const char* value) {
  if (composer_ == nullptr || std::strcmp(key, kPartKey) != 0 || value[0] == '\0') return;
  composer_->restore(sage::plugin::part_from_text(value));
}

sage::plugin::Transport SagePlugin::transport() const {
  const TimePosition& position = getTimePosition();
  sage::plugin::Transport transport;
  transport.playing = position.playing;
  if (!transport.playing) return transport;
  const auto& bbt = position.bbt;
  if (!bbt.valid) {  // a host without bars: 4/4 at 120 quarter notes a minute
    const double quarters = static_cast<double>(position.frame) / getSampleRate() * 2;
    transport.bar = static_cast<int64_t>(quarters / 4);
    transport.quarter = quarters - static_cast<double>(transport.bar) * 4;
    return transport;
  }
  transport.bpm = bbt.beatsPerMinute;
  transport.numerator = static_cast<int>(std::lround(bbt.beatsPerBar));
  transport.denominator = static_cast<int>(std::lround(bbt.beatType));
  transport.bar = bbt.bar - 1;
  transport.quarter = (bbt.beat - 1 + bbt.tick / bbt.ticksPerBeat) * 4 / bbt.beatType;
  return transport;
}

void SagePlugin::run(const float**, float**, uint32_t frames, const MidiEvent* events,
                     uint32_t event_count) {
  std::size_t count = 0;
  for (uint32_t i = 0; i < event_count && count < input_.size(); ++i) {
    if (events[i].size > MidiEvent::kDataSize) continue;
    MidiMessage& message = input_[count++];
    message.frame = events[i].frame;
    message.size = static_cast<uint8_t>(std::min<uint32_t>(events[i].size, sizeof message.data));
    std::memcpy(message.data, events[i].data, sizeof message.data);
  }
  const sage::plugin::Transport now = transport();
  const auto value = [this](sage::plugin::ParameterId id) {
    return values_[id].load(std::memory_order_relaxed);
  };
  const int bars = static_cast<int>(std::lround(value(sage::plugin::kBars)));
  const bool bypassed = value(sage::plugin::kBypass) > 0.5F;
  const auto output =
      looper_.process(now, frames, getSampleRate(), bars, bypassed, {input_.data(), count});
  for (const MidiMessage& message : output) {
    MidiEvent event{};
    event.frame = message.frame;
    event.size = message.size;
    std::memcpy(event.data, message.data, sizeof message.data);
    if (!writeMidiEvent(event)) break;
  }
  const double bar = now.bar_quarters();
  place_.store(now.playing
                   ? static_cast<float>((static_cast<double>(now.bar % bars) * bar + now.quarter) /
                                        (bars * bar))
                   : -1,
               std::memory_order_relaxed);
}

Plugin* createPlugin() { return new SagePlugin(); }

END_NAMESPACE_DISTRHO
