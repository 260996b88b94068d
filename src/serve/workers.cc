#include "serve/workers.h"

#include <utility>

namespace sage::serve {

Workers::Workers(const WorkerOptions& options) : options_(options) {
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
}

Workers::~Workers() { stop(); }

bool Workers::submit(const std::string& client, Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || waiting_ >= options_.max_waiting) return false;
    auto at = line_of_.find(client);
    if (at == line_of_.end())
      at = line_of_.emplace(client, lines_.insert(lines_.end(), Line{client, {}})).first;
    auto& jobs = at->second->jobs;
    if (jobs.size() >= options_.max_waiting_of_client) return false;
    jobs.push_back(std::move(job));
    ++waiting_;
  }
  wake_.notify_one();
  return true;
}

std::size_t Workers::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

void Workers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  lines_.clear();
  line_of_.clear();
  waiting_ = 0;
}

void Workers::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopped_ || waiting_ > 0; });
    if (stopped_) return;
    const auto line = lines_.begin();
    Job job = std::move(line->jobs.front());
    line->jobs.pop_front();
    --waiting_;
    if (line->jobs.empty()) {
      line_of_.erase(line->client);
      lines_.erase(line);
    } else {
      lines_.splice(lines_.end(), lines_, line);
    }
    ++running_;
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    --running_;
  }
}

}  // namespace sage::serve
