#include "study/queue.h"

#include <algorithm>
#include <optional>

#include "base/stopwatch.h"
#include "study/file_lock.h"
#include "study/measure.h"

namespace sage {
namespace {

namespace fs = std::filesystem;
struct Job {
  const ArmSpec* arm;
  std::uint64_t seed;
  std::string name() const { return run_name(arm->name, seed); }
};

class Queue {
 public:
  Queue(const StudyPlan& plan, const StudyFolder& folder,
        const std::map<MusicKind, HeldOut>& held_out, Workshop& workshop,
        const QueueOptions& options)
      : plan_(plan), folder_(folder), held_out_(held_out), workshop_(workshop), options_(options) {}

  /// Seed by seed, so that whatever ends the work leaves about equally many seeds of every arm.
  void add(const std::vector<std::string>& arms) {
    for (const std::uint64_t seed : options_.seeds)
      for (const ArmSpec& arm : plan_.arms)
        if (std::find(arms.begin(), arms.end(), arm.name) != arms.end())
          jobs_.push_back({&arm, seed});
  }

  Result<QueueSummary> run() {
    for (const Job& job : jobs_) done(job);
    summary_.kept = jobs_.size() - left().size();
    for (bool something = true; something;) {
      something = false;
      for (const Job& job : left()) {
        if (stopped()) return fail(ErrorCode::kInterrupted, "interrupted");
        if (!fits(job)) continue;
        const auto locks = take(job);
        if (!locks || done(job)) continue;
        if (auto made = make(job); !made) return tl::unexpected(made.error());
        ++summary_.made;
        something = true;
      }
    }
    for (const Job& job : left()) {
      summary_.left.push_back(job.name());
      summary_.seconds_left += estimate(job);
    }
    return summary_;
  }

 private:
  bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  bool done(const Job& job) {
    if (seconds_.contains(job.name())) return true;
    const auto result = folder_.find(*job.arm, job.seed);
    if (result) seconds_[job.name()] = result->seconds;
    return result.has_value();
  }

  std::vector<Job> left() const {
    std::vector<Job> jobs;
    for (const Job& job : jobs_)
      if (!seconds_.contains(job.name())) jobs.push_back(job);
    return jobs;
  }

  /// As long as the arm took with another seed, or as the others take on average; 0 as long as
  /// nothing is known.
  double estimate(const Job& job) const {
    double sum = 0, own = 0;
    for (const Job& other : jobs_) {
      const auto at = seconds_.find(other.name());
      if (at == seconds_.end()) continue;
      sum += at->second;
      if (other.arm == job.arm) own = std::max(own, at->second);
    }
    if (own > 0 || seconds_.empty()) return own;
    return sum / static_cast<double>(seconds_.size());
  }

  bool fits(const Job& job) const {
    return options_.budget_minutes <= 0 ||
           seconds_since(begin_) + estimate(job) <= 60 * options_.budget_minutes;
  }

  /// Of the run, and of the one that it starts from.
  std::optional<std::vector<FileLock>> take(const Job& job) const {
    std::vector<FileLock> locks;
    for (const ArmSpec* arm : {job.arm, plan_.find(job.arm->merged_from)}) {
      if (arm == nullptr) continue;
      auto lock = FileLock::take(options_.work / "locks" /
                                 work_name(arm->name, job.seed, folder_.key(*arm, job.seed)));
      if (!lock) return std::nullopt;
      locks.push_back(*std::move(lock));
    }
    return locks;
  }

  void report(const Job& job, const char* what, double share, double share_of_job) const {
    if (!options_.progress) return;
    double seconds = 0;
    for (const Job& other : left()) seconds += estimate(other);
    options_.progress(job.name() + ": " + what, share,
                      std::max(0.0, seconds - share_of_job * estimate(job)));
  }

  Result<void> make(const Job& job) {
    ArmResult result;
    result.arm = job.arm->name;
    result.seed = job.seed;
    result.key = folder_.key(*job.arm, job.seed);
    result.machine = options_.machine;
    auto trained = workshop_.train(
        *job.arm, job.seed, [&](double share) { report(job, "training", share, 0.7 * share); });
    if (!trained) return tl::unexpected(trained.error());
    result.training = std::move(trained->training);
    const auto watch = [&](std::size_t at, std::size_t total) {
      const double share =
          static_cast<double>(at) / static_cast<double>(std::max<std::size_t>(1, total));
      report(job, "measuring", share, 0.7 + 0.3 * share);
      return !stopped();
    };
    const auto measuring = Stopwatch::now();
    // Outputs of a retrained model differ from those of the old one.
    const fs::path outputs =
        options_.work / "outputs" / work_name(result.arm, job.seed, result.key);
    if (auto ok = measure_model(trained->model, held_out_.at(job.arm->music),
                                folder_.facts().settings, outputs, watch, result);
        !ok)
      return ok;
    // Without the preparation of data, which the next arm finds done.
    result.seconds = result.training.seconds + seconds_since(measuring);
    if (auto ok = folder_.keep(result); !ok) return ok;
    seconds_[job.name()] = result.seconds;
    if (options_.finished) options_.finished(result);
    return {};
  }

  const StudyPlan& plan_;
  const StudyFolder& folder_;
  const std::map<MusicKind, HeldOut>& held_out_;
  Workshop& workshop_;
  const QueueOptions& options_;
  std::vector<Job> jobs_;
  std::map<std::string, double> seconds_;  // of finished runs
  QueueSummary summary_;
  Stopwatch::time_point begin_ = Stopwatch::now();
};

}  // namespace

Result<QueueSummary> work_through(const StudyPlan& plan, const std::vector<std::string>& arms,
                                  const StudyFolder& folder,
                                  const std::map<MusicKind, HeldOut>& held_out, Workshop& workshop,
                                  const QueueOptions& options) {
  Queue queue(plan, folder, held_out, workshop, options);
  queue.add(arms);
  return queue.run();
}

}  // namespace sage
