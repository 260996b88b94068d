// The plug-in as DPF sees it: parameters, state and blocks of frames go to the looper and the
// composer.
#pragma once

#include <array>
#include <atomic>

#include "DistrhoPlugin.hpp"
#include "plugin/core/composer.h"
#include "plugin/core/looper.h"
#include "plugin/dpf/parameters.h"

START_NAMESPACE_DISTRHO

class SagePlugin : public Plugin {
 public:
  SagePlugin();

  const sage::plugin::Composer* composer() const { return composer_ ? composer_.get() : nullptr; }
  /// Of the loop, 0..1; negative while nothing plays.
  float place() const { return place_.load(std::memory_order_relaxed); }

 protected:
  const char* getLabel() const override { return "sage_music"; }
  const char* getDescription() const override {
    return "Plays along: accompanies, continues or fills the loop that you play.";
  }
  const char* getMaker() const override { return "SAGE-Music"; }
  const char* getLicense() const override { return "Apache-2.0"; }
  uint32_t getVersion() const override { return d_version(0, 1, 0); }
  int64_t getUniqueId() const override { return d_cconst('S', 'a', 'g', 'e'); }

  void initParameter(uint32_t index, Parameter& parameter) override;
  void initState(uint32_t index, State& state) override;
  float getParameterValue(uint32_t index) const override;
  void setParameterValue(uint32_t index, float value) override;
  String getState(const char* key) const override;
  void setState(const char* key, const char* value) override;
  void run(const float** inputs, float** outputs, uint32_t frames, const MidiEvent* events,
           uint32_t event_count) override;

 private:
  sage::plugin::Transport transport() const;

  /// Parameters, which a host may set on any thread; the composer takes them in its turn.
  std::array<std::atomic<float>, sage::plugin::kParameterCount> values_;
  std::atomic<float> place_{-1};
  sage::plugin::Looper looper_;
  std::unique_ptr<sage::plugin::Composer>
      composer_;  // not of an instance that only describes itself
  std::array<sage::plugin::MidiMessage, 512> input_;

  DISTRHO_DECLARE_NON_COPYABLE(SagePlugin)
};

END_NAMESPACE_DISTRHO
