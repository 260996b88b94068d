// The output side of a session: takes cues (what to send at which tick), waits for their time and
// sends them.
//
// Runs in a thread of its own, with real-time priority where allowed; step() neither allocates nor
// locks. It alone knows which keys are down, so it alone can promise that each is released: at the
// end of its note, when it is struck again, beyond the limit of held notes, on panic and at the
// end.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "base/spsc_queue.h"
#include "live/clock.h"
#include "live/message.h"
#include "live/port.h"
#include "live/transport.h"

namespace sage::live {

/// Who a cue is from; shown in the log.
inline constexpr std::uint8_t kNobody = 255;  // controls, clock, clicks
inline constexpr std::uint8_t kThru = 254;    // the person, passed on

struct Cue {
  enum class Kind : std::uint8_t {
    kMessage,
    kNote,   // `message` is its note-on; released at `end`
    kLine,   // from `tick` on, time runs along `line`
    kForget  // notes that have not begun are dropped
  };
  Kind kind = Kind::kMessage;
  std::uint8_t voice = kNobody;
  Message message;
  double tick = 0;
  double end = 0;
  Line line;
};

/// What was sent, and when.
struct Sent {
  Message message;
  std::uint8_t voice = kNobody;
  double tick = 0;  // that it was due at
  std::int64_t due_us = 0;
  std::int64_t sent_us = 0;
};

struct SchedulerOptions {
  Line line;                         // until a cue says otherwise
  std::int64_t output_delay_us = 0;  // of the device: everything is sent so much earlier
  int most_held = 64;                // notes; beyond, the oldest is released
  bool active_sensing = false;       // so that the receiver falls silent if we die
  double ticks_per_pulse = 0;        // sends MIDI clock; 0: not
};

struct SchedulerCounts {
  std::uint64_t dropped = 0;    // note-ons never sent: the sink was gone or busy too long
  std::uint64_t unlogged = 0;   // messages sent that the log had no room for
  std::uint64_t forced = 0;     // releases because of the limit
  std::uint64_t overflows = 0;  // cues that did not fit
};

class Scheduler {
 public:
  Scheduler(Clock& clock, Sink& sink, const SchedulerOptions& options);

  // From the inference thread.
  SpscQueue<Cue>& cues() { return cues_; }
  SpscQueue<Sent>& sent() { return sent_; }
  // From the input thread.
  SpscQueue<Message>& thru() { return thru_; }

  /// Sends what is due; returns when to be called next at the latest.
  std::int64_t step(std::int64_t now) noexcept;
  /// Releases everything that is down and says so on all channels. Part of the output thread; call
  /// it after the last step too. False where the sink did not take all of it.
  bool silence() noexcept;

  /// From any thread: silence() at the next step, and notes that have not begun are dropped.
  void panic() { panic_.store(true, std::memory_order_relaxed); }
  /// From any thread.
  bool gone() const { return gone_.load(std::memory_order_acquire); }
  /// The device is back (or away, as some outside of the output thread find out).
  void set_gone(bool gone) { gone_.store(gone, std::memory_order_release); }

  /// Whether nothing is down and nothing waits. For when the other threads have ended.
  bool idle() const { return held_count_ == 0 && heap_.empty() && cues_.size() == 0; }
  SchedulerCounts counts() const { return counts_; }

 private:
  struct Item {
    double tick;
    std::uint64_t order;  // of two at one tick the smaller one goes first
    Cue cue;
    bool release;  // of the note of that cue
  };
  struct Key {
    std::uint64_t note = 0;  // 0: up
    std::uint64_t age = 0;
  };
  static bool later(const Item& a, const Item& b);

  void take_cues() noexcept;
  void add(const Item& item) noexcept;
  void forget_notes() noexcept;
  void forget_lines(double tick) noexcept;
  void pass_thru(std::int64_t now) noexcept;
  bool perform(const Item& item, std::int64_t now) noexcept;
  bool strike(const Item& item, std::int64_t now) noexcept;
  bool release_key(int channel, int key, double tick, std::int64_t due,
                   std::uint8_t voice) noexcept;
  bool release_oldest(std::int64_t now) noexcept;
  bool send(const Message& message, double tick, std::int64_t due, std::uint8_t voice) noexcept;
  void send_pulses(std::int64_t now) noexcept;
  std::int64_t due_of(double tick) const noexcept;
  std::int64_t due_of(const Item& item) const noexcept;
  Key& key_of(int channel, int key) {
    return keys_[static_cast<std::size_t>(channel * kKeys + key)];
  }

  Clock& clock_;
  Sink& sink_;
  SchedulerOptions options_;
  Line line_;
  SpscQueue<Cue> cues_;
  SpscQueue<Sent> sent_;
  SpscQueue<Message> thru_;
  std::vector<Item> heap_;  // by tick; its capacity never changes
  std::array<Key, static_cast<std::size_t>(kChannels) * kKeys> keys_{};
  int held_count_ = 0;
  std::uint64_t next_order_ = 1;
  std::uint64_t strikes_ = 0;
  double next_pulse_ = 0;
  std::int64_t last_sent_us_ = 0;
  std::atomic<bool> panic_{false};
  std::atomic<bool> gone_{false};
  bool owes_silence_ = false;
  SchedulerCounts counts_;
};

}  // namespace sage::live
