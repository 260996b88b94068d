// A team of threads that does clients' jobs, each client in its turn: who asks for much waits for
// himself, not the others for him.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sage::serve {

struct WorkerOptions {
  int threads = 1;
  std::size_t max_waiting = 256;           // jobs of all clients
  std::size_t max_waiting_of_client = 16;  // of one
};

class Workers {
 public:
  using Job = std::function<void()>;

  explicit Workers(const WorkerOptions& options);
  ~Workers();  // ends the running jobs' threads; waiting jobs are dropped

  /// False: too many are waiting.
  bool submit(const std::string& client, Job job);
  std::size_t waiting() const;
  std::size_t running() const { return running_; }
  /// No job starts any more; returns when the running ones have ended.
  void stop();

 private:
  struct Line {
    std::string client;
    std::deque<Job> jobs;
  };
  void work();

  WorkerOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::list<Line> lines_;  // of clients with waiting jobs; the first is next
  std::map<std::string, std::list<Line>::iterator, std::less<>> line_of_;
  std::size_t waiting_ = 0;
  std::atomic<std::size_t> running_{0};
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sage::serve
