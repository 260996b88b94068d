// What the small hosts of the tests share: an instance of the plug-in in some format, whose
// transport moves on block by block, and the scenario that every format has to pass.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sage::plugin_test {

inline constexpr double kRate = 48'000;
inline constexpr std::uint32_t kFrames = 512;

struct Note {
  double quarter;  // of the song
  int channel, pitch;
  bool on;
};

class Instance {
 public:
  Instance() = default;
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  virtual ~Instance() = default;

  double quarter = 0, bpm = 120;  // 4/4
  std::vector<Note> input, output;

  /// By the number of the parameter, in its own range.
  virtual void set(std::uint32_t id, double value) = 0;
  virtual std::string save() = 0;
  virtual bool restore(const std::string& state) = 0;

  void block();
  void play_until(double end);
  /// Notes that began in a stretch of the song.
  std::vector<Note> ons(double from, double to) const;
  std::size_t sounding() const;

 protected:
  struct Message {
    std::uint32_t frame;
    Note note;
  };
  /// One block; calls sent() for what comes out.
  virtual void process(const std::vector<Message>& messages) = 0;
  void sent(std::uint32_t frame, int channel, int pitch, bool on);
  int bar() const { return static_cast<int>(quarter / 4); }
};

/// Returns the exit status of a test.
int run_scenario(const std::function<std::unique_ptr<Instance>()>& create);

}  // namespace sage::plugin_test
