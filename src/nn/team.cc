#include "nn/team.h"

#include <chrono>

#include "base/relax.h"

namespace sage {
namespace {

// Some 20 to 50 microseconds: longer than a step of decoding, and than what lies between two
// tokens.
constexpr int kSpins = 4000;
// A caller that waits longer than this waits for somebody who is not running.
constexpr auto kStall = std::chrono::milliseconds(3);
constexpr int kJobsAlone = 64;
using Clock = std::chrono::steady_clock;

// The fields of the state: step (40 bits), items (12), claimed (12).
constexpr int kItemBits = 12;
constexpr std::uint64_t kItemMask = (1 << kItemBits) - 1;

constexpr std::uint64_t step_of(std::uint64_t state) { return state >> (2 * kItemBits); }
constexpr std::uint64_t items_of(std::uint64_t state) { return state >> kItemBits & kItemMask; }
constexpr std::uint64_t claimed_of(std::uint64_t state) { return state & kItemMask; }
constexpr bool is_open(std::uint64_t state) { return claimed_of(state) < items_of(state); }

}  // namespace

Team::Team(int threads) {
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
}

Team::~Team() {
  {
    std::lock_guard lock(mutex_);
    stop_.store(true);
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker.join();
}

/// The state of a job's step, or of the next one that has items; past the end, a state without any.
std::uint64_t Team::at(std::uint64_t step) {
  const std::uint64_t end = first_ + static_cast<std::uint64_t>(job_.steps);
  std::uint64_t items = 0;
  for (; step < end; ++step) {
    items = static_cast<std::uint64_t>(job_.items(job_.object, static_cast<int>(step - first_)));
    if (items > 0) break;
  }
  return step << (2 * kItemBits) | items << kItemBits;
}

/// Does an item of the step that `state` shows. False: somebody else was faster.
bool Team::claim(std::uint64_t state, int thread) {
  if (!state_.compare_exchange_strong(state, state + 1, std::memory_order_acq_rel)) return false;
  // From here on, and until the item is finished, the step stays open, and the job as it is.
  const std::uint64_t step = step_of(state);
  job_.run(job_.object, static_cast<int>(step - first_), static_cast<int>(claimed_of(state)),
           thread);
  const auto items = static_cast<int>(items_of(state));
  if (finished_.fetch_add(1, std::memory_order_acq_rel) + 1 < items) return true;
  finished_.store(0, std::memory_order_relaxed);
  state_.store(at(step + 1), std::memory_order_release);
  return true;
}

void Team::go(const Job& job) {
  job_ = job;
  if (workers_.empty() || alone_ > 0) {
    alone_ -= alone_ > 0;
    go_alone();
    return;
  }
  first_ = step_of(state_.load(std::memory_order_relaxed)) + 1;
  const std::uint64_t end = first_ + static_cast<std::uint64_t>(job.steps);
  state_.store(at(first_), std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_seq_cst) > 0) {
    std::lock_guard lock(mutex_);
    wake_.notify_all();
  }
  Clock::time_point since;
  bool stalled = false;
  for (int spins = 0;; ++spins) {
    const std::uint64_t state = state_.load(std::memory_order_acquire);
    if (step_of(state) >= end) break;
    if (is_open(state)) {
      claim(state, 0);
      spins = 0;
    } else if (spins < kSpins) {
      relax();
    } else {
      if (spins == kSpins) since = Clock::now();
      std::this_thread::yield();
      stalled |= Clock::now() - since > kStall;
    }
  }
  // Somebody who has claimed an item lost its processor. That will happen again for a while.
  if (stalled) alone_ = kJobsAlone;
}

void Team::go_alone() {
  for (int step = 0; step < job_.steps; ++step) {
    const int items = job_.items(job_.object, step);
    for (int item = 0; item < items; ++item) job_.run(job_.object, step, item, 0);
  }
}

void Team::work(int thread) {
  for (int spins = 0;;) {
    const std::uint64_t state = state_.load(std::memory_order_acquire);
    if (is_open(state)) {
      claim(state, thread);
      spins = 0;
    } else if (++spins < kSpins) {
      relax();
    } else {
      std::unique_lock lock(mutex_);
      sleeping_.fetch_add(1, std::memory_order_seq_cst);
      wake_.wait(lock, [&] { return stop_.load() || is_open(state_.load()); });
      sleeping_.fetch_sub(1, std::memory_order_relaxed);
      spins = 0;
    }
    if (stop_.load(std::memory_order_relaxed)) return;
  }
}

}  // namespace sage
