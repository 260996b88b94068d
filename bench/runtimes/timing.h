// One runtime under the stopwatch, in the way of `sage-music bench speed`: reads a context into an
// empty cache, then decodes behind it, again and again. Runtimes are shared libraries that are
// opened by name, so neither their headers nor their bindings stand between the stopwatch and the
// work.
#pragma once

#include <dlfcn.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace runtimes {

[[noreturn]] inline void fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

/// Options as --name VALUE pairs.
class Options {
 public:
  Options(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; i += 2) values_[std::string(argv[i]).substr(2)] = argv[i + 1];
  }
  std::string text(const std::string& name, const std::string& otherwise = "") const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  int number(const std::string& name, int otherwise) const {
    return std::atoi(text(name, std::to_string(otherwise)).c_str());
  }
  std::vector<int> numbers(const std::string& name) const {
    std::vector<int> out;
    const std::string list = text(name);
    for (std::size_t at = 0; at < list.size(); at = std::min(list.find(',', at), list.size()) + 1)
      out.push_back(std::atoi(list.c_str() + at));
    return out;
  }

 private:
  std::map<std::string, std::string> values_;
};

/// A shared library; its functions by name.
class Library {
 public:
  explicit Library(const std::string& path)
      : handle_(dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)), path_(path) {
    if (handle_ == nullptr) fail(std::string("cannot open the library: ") + dlerror());
  }
  template <class Function>
  Function* function(const char* name) const {
    void* address = dlsym(handle_, name);
    if (address == nullptr) fail(path_ + " has no function " + name);
    return reinterpret_cast<Function*>(address);
  }

 private:
  void* handle_;
  std::string path_;
};

class Runtime {
 public:
  virtual ~Runtime() = default;
  /// Keeps the first `tokens` tokens of the cache.
  virtual void rewind(int tokens) = 0;
  /// Reads ids behind what the cache holds and computes the logits of the last one.
  virtual void read(std::span<const std::int32_t> ids) = 0;
  /// Logits of the last token that was read.
  virtual std::span<const float> logits() = 0;
  /// What it chose on this machine, as text without quotes.
  virtual std::string description() const = 0;
};

/// Seconds of the wall, or of the calling thread's processor time: that is what one thread would
/// take on a machine that others leave alone, but says nothing of two.
class Stopwatch {
 public:
  explicit Stopwatch(bool processor)
      : clock_(processor ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC), start_(now()) {}
  double seconds() const { return now() - start_; }

 private:
  double now() const {
    timespec time{};
    clock_gettime(clock_, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  clockid_t clock_;
  double start_;
};

inline void print_rates(const char* name, const std::vector<double>& rates) {
  std::printf("\"%s\":[", name);
  for (std::size_t i = 0; i < rates.size(); ++i) std::printf("%s%.1f", i == 0 ? "" : ",", rates[i]);
  std::printf("]");
}

/// Reading in one go and reading token by token must end in the same logits, or a cache is not what
/// it seems.
inline double twin_difference(Runtime& runtime, std::span<const std::int32_t> ids) {
  runtime.rewind(0);
  runtime.read(ids);
  const std::vector<float> whole(runtime.logits().begin(), runtime.logits().end());
  runtime.rewind(0);
  runtime.read(ids.first(ids.size() / 2));
  for (std::size_t i = ids.size() / 2; i < ids.size(); ++i) runtime.read(ids.subspan(i, 1));
  const std::span<const float> steps = runtime.logits();
  double difference = 0, square = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (!std::isfinite(whole[i])) return INFINITY;
    difference = std::max(difference, std::fabs(static_cast<double>(whole[i]) - steps[i]));
    square += static_cast<double>(whole[i]) * whole[i];
  }
  return difference / std::sqrt(square / static_cast<double>(whole.size()));
}

/// Times what the options ask for and prints one line of JSON.
inline int measure(Runtime& runtime, const Options& options) {
  const std::vector<int> contexts = options.numbers("contexts");
  const int tokens = options.number("tokens", 32), repeats = options.number("repeats", 7);
  const bool processor = options.text("clock", "wall") == "processor";
  const int prefills = options.number("prefills", 2),
            vocabulary = options.number("vocabulary", 718);
  std::vector<std::int32_t> ids(
      static_cast<std::size_t>(*std::max_element(contexts.begin(), contexts.end()) + tokens));
  std::uint32_t state = 2;
  for (std::int32_t& id : ids) {
    state = state * 1664525u + 1013904223u;
    id = static_cast<std::int32_t>((state >> 8) % static_cast<std::uint32_t>(vocabulary));
  }
  const std::span<const std::int32_t> all(ids);

  const double difference =
      twin_difference(runtime, all.first(std::min<std::size_t>(48, all.size())));
  if (!(difference < 0.5)) fail("decoding and prefill differ by " + std::to_string(difference));
  std::printf("{\"description\":\"%s\",\"twin_difference\":%.2g,\"first_logits\":[",
              runtime.description().c_str(), difference);
  for (std::size_t i = 0; i < 8; ++i)
    std::printf("%s%.7f", i == 0 ? "" : ",", static_cast<double>(runtime.logits()[i]));
  std::printf("],\"rows\":[");
  for (const int context : contexts) {
    std::vector<double> prefill, decode;
    const int warm_ups = context == contexts.front() ? 1 : 0;  // long contexts take long
    for (int repeat = 0; repeat < prefills + warm_ups; ++repeat) {
      runtime.rewind(0);
      const Stopwatch watch(processor);
      runtime.read(all.first(static_cast<std::size_t>(context)));
      if (repeat >= warm_ups) prefill.push_back(context / watch.seconds());
    }
    for (int repeat = 0; repeat <= repeats; ++repeat) {  // the first one warms up
      runtime.rewind(context);
      const Stopwatch watch(processor);
      for (int i = 0; i < tokens; ++i)
        runtime.read(all.subspan(static_cast<std::size_t>(context + i), 1));
      if (repeat > 0) decode.push_back(tokens / watch.seconds());
    }
    std::printf("%s{\"context\":%d,", context == contexts.front() ? "" : ",", context);
    print_rates("decode", decode);
    std::printf(",");
    print_rates("prefill", prefill);
    std::printf("}");
  }
  std::printf("]}\n");
  return 0;
}

}  // namespace runtimes
