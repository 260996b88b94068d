// The audio thread's half of the plug-in: follows the host's transport, records what is played into
// passes of a loop of bars, and plays a part. Neither allocates nor locks. A Composer is the other
// half; the two share nothing but queues.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <span>

#include "plugin/core/part.h"
#include "plugin/core/spsc_queue.h"

namespace sage::plugin {

/// Where the host is at the first frame of a block.
struct Transport {
  bool playing = false;
  std::int64_t bar = 0;  // from 0
  double quarter = 0;    // from the start of the bar
  int numerator = 4, denominator = 4;
  double bpm = 120;

  double bar_quarters() const { return 4.0 * numerator / denominator; }
};

struct MidiMessage {
  std::uint32_t frame = 0;
  std::uint8_t size = 0;
  std::uint8_t data[3] = {};
};

/// From the looper to the composer.
struct Heard {
  enum class Kind : std::uint8_t {
    kNote,     // `note` of the pass
    kPassEnd,  // the pass is over, all its notes have come
    kRestart,  // the transport jumped or stopped: the pass is void
  };
  Kind kind = Kind::kNote;
  LoopNote note;
  std::int64_t pass = 0;
  int bars = 0, numerator = 4, denominator = 4;
  double bpm = 120;
};

using HeardQueue = SpscQueue<Heard, 4096>;

/// From the composer to the looper: a part, for now or for the next pass. It owns it from then on.
struct Offer {
  const Part* part = nullptr;
  bool at_pass_start = false;
};

class Looper {
 public:
  ~Looper();

  /// One block: what is to be played, by frame, until the next call. `bars`: of the loop. `silent`:
  /// nothing is played (bypass).
  std::span<const MidiMessage> process(const Transport& transport, std::uint32_t frames,
                                       double sample_rate, int bars, bool silent,
                                       std::span<const MidiMessage> input) noexcept;

  HeardQueue& heard() { return heard_; }

  /// The composer's thread: a part that plays from the next block or pass on; false where too many
  /// wait. Frees the parts that play no more.
  bool offer(const Part& part, bool at_pass_start);
  void collect() noexcept;

 private:
  struct Open {
    double onset = -1;  // in the pass; negative: not sounding
    std::uint8_t velocity = 0;
  };
  /// A stretch of a block that lies in one pass.
  struct Stretch {
    double at = 0;    // in the pass, of its first frame
    double from = 0;  // what has been played up to
    double to = 0;
    std::uint32_t frame = 0, frames = 0;
    double frames_per_quarter = 0;
  };

  void stop() noexcept;
  /// Whether the transport is where the last block left it.
  bool follows(const Transport& transport, std::int64_t pass, double at, int bars) const noexcept;
  void play(const Stretch& stretch) noexcept;
  bool adopt(bool pass_starts) noexcept;
  void restart() noexcept;
  void hear(const MidiMessage& message, double at, double quarters) noexcept;
  void end_note(int channel, int pitch, double at) noexcept;
  void end_pass(double quarters) noexcept;

  void send(std::uint32_t frame, std::uint8_t status, std::uint8_t data1,
            std::uint8_t data2) noexcept;
  void silence(std::uint32_t frame) noexcept;

  HeardQueue heard_;
  SpscQueue<Offer, 64> offers_;
  SpscQueue<const Part*, 128> retired_;
  const Part* playing_ = nullptr;
  const Part* waiting_ = nullptr;  // for the next pass

  std::array<std::array<Open, 128>, 16> open_{};
  std::array<std::bitset<128>, 16> sounding_;  // of what is played
  bool running_ = false;
  std::int64_t pass_ = 0;
  double expected_ = 0;  // position of the next block, in quarters of the pass
  int bars_ = 4;
  Transport transport_;

  std::array<MidiMessage, 2048> out_;
  std::size_t out_count_ = 0;
};

}  // namespace sage::plugin
