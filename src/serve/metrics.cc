#include "serve/metrics.h"

#include <algorithm>

namespace sage::serve {
namespace {

void describe(std::string& out, const char* name, const char* type, const char* help) {
  out += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

void plain(std::string& out, const char* name, const char* type, const char* help,
           std::uint64_t value) {
  describe(out, name, type, help);
  out += std::string(name) + " " + std::to_string(value) + "\n";
}

}  // namespace

void Metrics::Histogram::add(double seconds) {
  const auto at = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  ++counts[static_cast<std::size_t>(at - kBounds.begin())];
  sum += seconds;
}

void Metrics::Histogram::write(std::string& out, const std::string& name,
                               const std::string& label) const {
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    so_far += counts[i];
    std::string bound = "+Inf";
    if (i < kBounds.size()) {
      bound = std::to_string(kBounds[i]);
      bound.erase(bound.find_last_not_of('0') + 1);
      if (bound.back() == '.') bound.pop_back();
    }
    out += name + "_bucket{" + label + (label.empty() ? "" : ",") + "le=\"" + bound + "\"} " +
           std::to_string(so_far) + "\n";
  }
  const std::string braces = label.empty() ? "" : "{" + label + "}";
  out += name + "_sum" + braces + " " + std::to_string(sum) + "\n";
  out += name + "_count" + braces + " " + std::to_string(so_far) + "\n";
}

void Metrics::answered(const std::string& route, int status, double seconds) {
  const std::lock_guard lock(mutex_);
  ++answers_[{route, status}];
  seconds_[route].add(seconds);
}

void Metrics::first_note(double seconds) {
  const std::lock_guard lock(mutex_);
  first_note_.add(seconds);
}

void Metrics::wrote(std::size_t notes) {
  const std::lock_guard lock(mutex_);
  notes_ += notes;
}

void Metrics::abandoned() {
  const std::lock_guard lock(mutex_);
  ++abandoned_;
}

std::string Metrics::text(const Gauges& gauges) const {
  const std::lock_guard lock(mutex_);
  std::string out;
  describe(out, "sage_requests_total", "counter", "Requests answered, by route and status.");
  for (const auto& [key, count] : answers_)
    out += "sage_requests_total{route=\"" + key.first + "\",status=\"" +
           std::to_string(key.second) + "\"} " + std::to_string(count) + "\n";
  describe(out, "sage_request_seconds", "histogram",
           "Time from a request to the end of its answer.");
  for (const auto& [route, histogram] : seconds_)
    histogram.write(out, "sage_request_seconds", "route=\"" + route + "\"");
  describe(out, "sage_first_note_seconds", "histogram",
           "Time from a request to the first note, waiting included.");
  first_note_.write(out, "sage_first_note_seconds", "");
  plain(out, "sage_notes_total", "counter", "Notes written.", notes_);
  plain(out, "sage_abandoned_total", "counter", "Jobs whose client left.", abandoned_);
  plain(out, "sage_connections", "gauge", "Open connections.", gauges.connections);
  plain(out, "sage_connections_total", "counter", "Connections accepted.", gauges.accepted);
  plain(out, "sage_refused_total", "counter", "Requests refused unread, and connections.",
        gauges.refused);
  plain(out, "sage_evicted_total", "counter", "Idle connections that made room.", gauges.evicted);
  plain(out, "sage_jobs_waiting", "gauge", "Jobs waiting for a thread.", gauges.waiting);
  plain(out, "sage_jobs_running", "gauge", "Jobs running.", gauges.running);
  plain(out, "sage_jams_running", "gauge", "Live sessions running.", gauges.jams);
  return out;
}

}  // namespace sage::serve
