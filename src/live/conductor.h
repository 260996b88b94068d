// The inference side of a session: interval after interval, it tells the band what the person has
// played, has it write until a deadline, and hands the notes to the output with their ticks. Where
// time runs short it takes the next best (fallback.h) and counts it.
//
// run() is the body of the inference thread; in virtual time, of the only one. Nothing is shared
// with other threads but queues and atomics.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "live/band.h"
#include "live/bars.h"
#include "live/clock.h"
#include "live/clock_follower.h"
#include "live/cue_writer.h"
#include "live/fallback.h"
#include "live/hearing.h"
#include "live/listener.h"
#include "live/mode.h"
#include "live/pace.h"
#include "live/scheduler.h"
#include "live/session_options.h"
#include "live/status.h"
#include "live/tap_tempo.h"
#include "live/transport.h"

namespace sage::live {

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
  void cue_note(const BandNote& note);

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
  bool is_muted(std::size_t part) const { return (muted_ >> part & 1) != 0; }
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
  CueWriter cues_;
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
  std::vector<Interval> intervals_;
  std::vector<Sent> log_;
  bool hand_over_ = false;
  std::uint32_t muted_ = 0;
  int bar_ = -1;
  Meter meter_;
  double bpm_ = 0;  // that the band was told last
  TapTempo taps_;
  std::int64_t told_us_ = -1;  // hearing's last note that an interval has answered
  Status shown_;
  std::int64_t next_show_us_ = 0;
};

}  // namespace sage::live
