#include "serve/jams.h"

#include <utility>

namespace sage::serve {

bool Jams::run(std::size_t most, Session session) {
  const std::lock_guard lock(mutex_);
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    if (it->done) it->thread.join();
    it = it->done ? sessions_.erase(it) : std::next(it);
  }
  if (stopped_ || running_ >= most) return false;
  ++running_;
  Running& running = sessions_.emplace_back();
  running.thread = std::thread([this, &running, session = std::move(session)]() mutable {
    session(stopped_);
    session = nullptr;
    --running_;
    running.done = true;
  });
  return true;
}

void Jams::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (Running& running : sessions_)
    if (running.thread.joinable()) running.thread.join();
  sessions_.clear();
}

}  // namespace sage::serve
