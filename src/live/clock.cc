#include "live/clock.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <thread>

namespace sage::live {

std::int64_t SystemClock::now() const noexcept {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

void SystemClock::wait_until(std::int64_t time_us) noexcept {
  if (time_us <= now()) return;
  const timespec time{time_us / 1'000'000, (time_us % 1'000'000) * 1000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR) {
  }
}

bool prefer_real_time(int priority) {
  sched_param parameter{};
  parameter.sched_priority = priority;
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter) == 0;
}

bool may_have_real_time_priority() {
  bool may = false;
  std::thread([&] { may = prefer_real_time(1); }).join();
  return may;
}

void VirtualClock::wait_until(std::int64_t time_us) noexcept {
  if (passing_ || time_us < now_) return;  // a part that waits would wait for itself
  passing_ = true;
  for (;;) {
    const auto next =
        std::min_element(parts_.begin(), parts_.end(),
                         [](const Scheduled& a, const Scheduled& b) { return a.due < b.due; });
    if (next == parts_.end() || next->due > time_us) break;
    now_ = std::max(now_, next->due);
    next->due = std::max(next->part(now_), now_ + 1);
  }
  now_ = time_us;
  passing_ = false;
}

}  // namespace sage::live
