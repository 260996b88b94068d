#include "live/bars.h"

#include <algorithm>

namespace sage::live {
namespace {

Tick bar_length(int grid, Meter meter) {
  return {std::max<std::int64_t>(
      1, rescale(meter.numerator * std::int64_t{4}, meter.denominator, grid))};
}

}  // namespace

BarTable::BarTable(int grid, std::vector<MeterChange> meters) : grid_(grid) {
  if (meters.empty() || meters.front().time > Tick{0}) meters.insert(meters.begin(), MeterChange{});
  int first = 0;
  for (std::size_t i = 0; i < meters.size(); ++i) {
    const Tick length = bar_length(grid, meters[i].meter);
    const Tick end = i + 1 < meters.size() ? meters[i + 1].time : Tick{INT64_MAX / 4};
    if (end <= meters[i].time) continue;
    runs_.push_back({meters[i].time, length, first, meters[i].meter, end});
    first += static_cast<int>(std::min<std::int64_t>(
        (end.count - meters[i].time.count + length.count - 1) / length.count, INT32_MAX / 4));
  }
}

BarTable::Place BarTable::at(Tick time) const {
  if (time < Tick{0}) {
    const Run& run = runs_.front();
    const auto back = (-time.count + run.length.count - 1) / run.length.count;
    return {-static_cast<int>(back), {Tick{-back * run.length.count}, run.length, run.meter}};
  }
  auto run = std::upper_bound(runs_.begin(), runs_.end(), time,
                              [](Tick t, const Run& r) { return t < r.start; });
  --run;
  const auto before = (time - run->start).count / run->length.count;
  const Tick start = run->start + run->length * before;
  const Tick end = std::min(start + run->length, run->end);
  return {run->first + static_cast<int>(before), {start, end - start, run->meter}};
}

Tick BarTable::start(int number) const {
  auto run = std::upper_bound(runs_.begin(), runs_.end(), number,
                              [](int n, const Run& r) { return n < r.first; });
  if (run != runs_.begin()) --run;
  return run->start + run->length * (number - run->first);
}

}  // namespace sage::live
