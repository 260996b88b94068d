// What the server counts, in the text format of Prometheus. Any thread may count.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace sage::serve {

class Metrics {
 public:
  void answered(const std::string& route, int status, double seconds);
  void first_note(double seconds);
  void wrote(std::size_t notes);
  void abandoned();  // the client left before its job was done

  struct Gauges {
    std::size_t connections = 0, accepted = 0, refused = 0, evicted = 0, waiting = 0, running = 0;
    std::size_t jams = 0;
  };
  std::string text(const Gauges& gauges) const;

 private:
  static constexpr std::array kBounds = {0.005, 0.01, 0.025, 0.05, 0.1,  0.25,
                                         0.5,   1.0,  2.5,   5.0,  10.0, 30.0};
  struct Histogram {
    std::array<std::uint64_t, kBounds.size() + 1> counts = {};
    double sum = 0;
    void add(double seconds);
    void write(std::string& out, const std::string& name, const std::string& label) const;
  };

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::uint64_t> answers_;
  std::map<std::string, Histogram> seconds_;
  Histogram first_note_;
  std::uint64_t notes_ = 0, abandoned_ = 0;
};

}  // namespace sage::serve
