// Live sessions of clients, each in a thread of its own: they keep time, so they wait in no line.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace sage::serve {

class Jams {
 public:
  /// `stopped`: the session is to end soon.
  using Session = std::function<void(const std::atomic<bool>& stopped)>;

  Jams() = default;
  ~Jams() { stop(); }
  Jams(const Jams&) = delete;
  Jams& operator=(const Jams&) = delete;

  /// False: `most` are running, or the server stops.
  bool run(std::size_t most, Session session);
  std::size_t running() const { return running_; }
  /// No session starts any more; returns when the running ones have ended.
  void stop();

 private:
  struct Running {
    std::atomic<bool> done{false};
    std::thread thread;
  };
  std::mutex mutex_;
  std::list<Running> sessions_;
  std::atomic<std::size_t> running_{0};
  std::atomic<bool> stopped_{false};
};

}  // namespace sage::serve
