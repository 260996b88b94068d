// The inference side of a session: interval after interval, it tells the band what the person has
// played, has it write until a deadline, and hands the notes to the output with their ticks. Where
// time runs short it takes the next best (fallback.h) and counts it.
//
// run() is the body of the inference thread; in virtual time, of the only one. Nothing is shared
// with other threads but queues and atomics.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "live/band.h"
#include "live/bars.h"
#include "live/clock.h"
#include "live/clock_follower.h"
#include "live/fallback.h"
#include "live/hearing.h"
#include "live/lineup.h"
#include "live/listener.h"
#include "live/mode.h"
#include "live/pace.h"
#include "live/scheduler.h"
#include "live/transport.h"

namespace sage::live {

struct TempoPoint {
  double tick = 0;
  double bpm = 120;
};

struct SessionOptions {
  Lineup lineup;
  double bpm = 120;
  std::vector<TempoPoint> tempos;   // changes after tick 0
  std::vector<MeterChange> meters;  // in grid ticks; empty: 4/4
  Tick end{0};                      // 0: until stopped

  std::string mode = "accompany";
  int phrase_bars = 4;
  int listen_bars = 0;  // silent at first
  int count_in_bars = 1;
  bool metronome = false;  // clicks after the count-in too

  bool follow_clock = false;  // MIDI clock at the input: it starts and stops the session
  bool send_clock = false;
  bool thru = false;        // the person sounds at the output
  bool any_channel = true;  // all channels of the input are the person's
  bool active_sensing = false;
  bool follow_loudness = true;

  Tick interval{0};                  // 0: measured, see Pace
  std::int64_t output_delay_us = 0;  // of the output device, made up for
  std::int64_t input_delay_us = 0;
  int most_held = 64;
};

/// What a person at the controls asks for.
struct Command {
  enum class Kind { kHandOver, kPanic, kMute, kTempo, kTap, kStop };
  Kind kind = Kind::kStop;
  double value = 0;  // kMute: index of the band's part; kTempo: bpm to add
  std::int64_t time_us = 0;
};

/// What can be watched while it runs.
struct Status {
  struct Planned {
    double tick = 0, length = 0;
    std::uint8_t player = 0, pitch = 0;
  };
  std::int64_t time_us = 0;  // on the session's clock, when it is `tick`
  double tick = 0, bpm = 0;
  int bar = 0, beat = 0;  // from 0; the count-in is negative
  bool waiting = false;   // for somebody's clock
  bool band_plays = false;
  std::array<std::uint64_t, kRungs> rungs{};
  Rung rung = Rung::kFresh;
  double in_hand_ms = 0;  // between the last interval's being ready and its deadline
  int interval_ticks = 0;
  std::uint32_t muted = 0;  // a bit for each of the band's parts
  std::array<Planned, 64> planned{};
  int planned_count = 0;
  std::array<std::uint8_t, 8> keys{};  // the person's last notes, the newest first
  int key_count = 0;
};

/// An interval in which the band had to play.
struct Interval {
  double tick = 0;
  Rung rung = Rung::kFresh;
  double staleness_us = 0;  // age of what its notes answer, when its first tick sounds
  double took_us = 0;       // for writing
  double reaction_us =
      -1;  // from the person's last note to the first note that has heard it; < 0: none
};

class Conductor {
 public:
  Conductor(Clock& clock, Band& band, Listener& listener, Scheduler& scheduler,
            const Transport& transport, const SessionOptions& options);

  /// Until the end, a stop, or the end of the clock that is followed.
  void run();
  /// From any thread.
  void stop() { stopped_.store(true, std::memory_order_relaxed); }
  /// From one thread.
  SpscQueue<Command>& commands() { return commands_; }
  /// To one thread; full when nobody looks.
  SpscQueue<Status>& status() { return status_; }

  // For when run() has returned.
  const Hearing& hearing() const { return hearing_; }
  const std::vector<Interval>& intervals() const { return intervals_; }
  /// Every note that was handed to the output.
  const std::vector<BandNote>& played() const { return played_; }
  const std::vector<Sent>& log() const { return log_; }
  const Transport& transport() const { return transport_; }
  const BarTable& bars() const { return bars_; }
  /// Takes what the output has still logged.
  void drain_log();

 private:
  void service();
  void obey(const Command& command);
  void publish_lines();
  void show(Tick from);
  void wait(std::int64_t until_us);
  bool over() const;

  void begin();
  void await_clock();
  void count_in();
  void cue_clicks(Tick from, Tick to);
  void cue_note(const BandNote& note);
  void cue_message(double tick, const Message& message, std::uint8_t voice);

  Tick interval_end(Tick from);
  void set_bar(Tick from);
  Situation situation(Tick from);
  std::vector<int> playing(const Turn& turn) const;
  void tell_band(Tick time);
  Tick current_tick() const;
  void look_ahead(Tick from);
  void await(Tick from);
  void write(Tick from, Tick to, const Turn& turn);
  bool leave_out_late(std::vector<BandNote>& notes) const;
  Tick choose(Tick from, Tick to, bool complete, std::vector<BandNote>& notes, Interval& interval);
  void replay(Tick from, Tick to, const Turn& turn);
  void commit(Tick from, Tick to, const std::vector<BandNote>& notes);
  void finish();

  Clock& clock_;
  Band& band_;
  Listener& listener_;
  Scheduler& scheduler_;
  SessionOptions options_;
  int grid_;
  Transport transport_;
  ClockFollower follower_;
  BarTable bars_;
  std::unique_ptr<Mode> mode_;
  Hearing hearing_;
  Pace pace_;
  SpscQueue<Command> commands_;
  SpscQueue<Status> status_;
  std::atomic<bool> stopped_{false};

  Tick committed_{0};
  Tick heard_{0};
  Tick plan_from_{0}, plan_to_{0}, plan_heard_{0};
  std::vector<int> playing_;  // programs that the band was told last
  std::vector<BandNote> plan_;
  std::vector<BandNote> played_;
  std::vector<BandNote> loop_;  // scratch of replay()
  std::vector<Interval> intervals_;
  std::vector<Sent> log_;
  double published_ = -1e300;  // the last of the transport's lines that the output knows
  bool hand_over_ = false;
  std::uint32_t muted_ = 0;
  int bar_ = -1;
  Meter meter_;
  double bpm_ = 0;  // that the band was told last
  std::int64_t last_tap_us_ = 0;
  double tapped_bpm_ = 0;
  std::int64_t told_us_ = -1;  // hearing's last note that an interval has answered
  Status shown_;
  std::int64_t next_show_us_ = 0;
};

}  // namespace sage::live
