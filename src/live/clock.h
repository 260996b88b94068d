// The one clock of a session, in microseconds from an arbitrary start. Everything else derives from
// it.
//
// SystemClock is the monotonic clock of the machine. VirtualClock passes only when somebody waits,
// and then lets the other parts of the session do what falls due: a session runs as fast as the
// machine goes, and the same each time.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace sage::live {

inline constexpr std::int64_t kNever = INT64_MAX;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now() const noexcept = 0;
  virtual void wait_until(std::int64_t time_us) noexcept = 0;
  /// Somebody has worked for one step of the model. Real time passes by itself.
  virtual void worked() noexcept {}
};

class SystemClock final : public Clock {
 public:
  std::int64_t now() const noexcept override;
  void wait_until(std::int64_t time_us) noexcept override;
};

/// Real-time priority for the calling thread; false where the system does not allow it.
bool prefer_real_time(int priority);
/// Whether it would be allowed.
bool may_have_real_time_priority();

class VirtualClock final : public Clock {
 public:
  /// A part that falls due: called with the time, returns when it wants to be called next.
  using Part = std::function<std::int64_t(std::int64_t now)>;

  /// A step of the model is taken to last `step_us`.
  explicit VirtualClock(std::int64_t step_us) : step_us_(step_us) {}

  /// Called from now on while time passes, in the order of adding where two are due at once.
  void add(Part part) { parts_.push_back({std::move(part), now_}); }

  std::int64_t now() const noexcept override { return now_; }
  void wait_until(std::int64_t time_us) noexcept override;
  void worked() noexcept override { wait_until(now_ + step_us_); }

 private:
  struct Scheduled {
    Part part;
    std::int64_t due;
  };
  std::int64_t step_us_;
  std::int64_t now_ = 0;
  bool passing_ = false;
  std::vector<Scheduled> parts_;
};

}  // namespace sage::live
