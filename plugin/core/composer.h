// The other half of the plug-in, on a thread of its own: writes parts to what the looper heard.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "generate/engine.h"
#include "plugin/core/looper.h"
#include "plugin/core/part.h"
#include "plugin/core/settings.h"

namespace sage::plugin {

/// One pass of the loop as it was played.
struct Pass {
  std::vector<LoopNote> notes;
  int bars = 4, numerator = 4, denominator = 4;
  double bpm = 120;

  double quarters() const { return bars * 4.0 * numerator / denominator; }
  friend bool operator==(const Pass&, const Pass&) = default;
};

/// The part for a pass, by the settings alone: the same for the same.
Result<Part> compose(const std::shared_ptr<const Engine>& engine, const Pass& pass,
                     const Settings& settings);

/// The process's one engine of a model file: instances share its memory.
Result<std::shared_ptr<const Engine>> shared_engine(const std::filesystem::path& model);

class Composer {
 public:
  /// Starts the thread, which opens the model and asks for the settings at the end of each pass.
  /// The looper must outlive it.
  Composer(Looper& looper, std::filesystem::path model, std::function<Settings()> settings);
  ~Composer();

  // From any thread but the audio thread.
  /// The part that plays, for a picture and for the host's project file; and back.
  Part part() const;
  void restore(Part part);
  /// What the plug-in is doing, or what is wrong, in a line.
  std::string status() const;
  std::size_t parts_written() const { return parts_written_; }

 private:
  void work();
  void hear(const Heard& heard);
  void pass_ended(const Heard& end);
  void publish(Part part, bool at_pass_start);
  void say(std::string status);

  Looper& looper_;
  std::filesystem::path model_;
  std::shared_ptr<const Engine> engine_;

  std::function<Settings()> settings_;

  mutable std::mutex mutex_;  // of the next two
  Part part_;
  std::string status_ = "loading the model";

  std::vector<LoopNote> notes_;  // of the pass that runs
  Pass last_;                    // that a part was written for, with
  Settings last_settings_;
  bool answered_ = false;  // the pass that ends was the model's own (Mode::kContinue)
  std::atomic<std::size_t> parts_written_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace sage::plugin
