// A session from its first click to its last release: listener, conductor and scheduler on three
// threads, or all of them in virtual time on one. The caller's thread watches.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"
#include "live/conductor.h"
#include "live/report.h"

namespace sage::live {

struct Devices {
  Source* source = nullptr;
  Sink* sink = nullptr;
};

class Session {
 public:
  /// Errors: a mode that there is not, nobody to play, numbers out of their range.
  static Result<std::unique_ptr<Session>> create(Band& band, const Devices& devices,
                                                 const SessionOptions& options);
  ~Session();

  /// Called many times a second with the latest status; false ends the session.
  using Watch = std::function<bool(const Status& status)>;
  /// In real time; calls `watch` on this thread.
  void run(const Watch& watch = {});
  /// In virtual time, in which a step of the model lasts `step_us`: as fast as the machine goes,
  /// and the same each time.
  void run_virtual(std::int64_t step_us, const Watch& watch = {});

  /// From the thread that watches.
  void command(const Command& command);

  // For when it has run.
  const Report& report() const { return report_; }
  const Conductor& conductor() const;

 private:
  struct Parts;
  Session(Band& band, const Devices& devices, const SessionOptions& options);
  void prepare(Clock& clock);
  void end(double began_us);

  Band& band_;
  Devices devices_;
  SessionOptions options_;
  std::unique_ptr<Parts> parts_;
  Report report_;
};

}  // namespace sage::live
