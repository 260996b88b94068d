#include "live/session.h"

#include <algorithm>
#include <thread>

#include "generate/limits.h"

namespace sage::live {
namespace {

constexpr std::int64_t kStartUs = 300'000;  // from here to the first click
constexpr std::int64_t kWatchUs = 30'000;
constexpr std::int64_t kReopenUs = 1'000'000;
constexpr std::int64_t kLongestNapUs = 5'000;     // of the live threads: they see the end in time
constexpr std::int64_t kLastWordsUs = 2'000'000;  // for a stalled sink to take the last releases
constexpr int kOutputPriority = 70, kInputPriority = 69;

std::array<std::uint8_t, kChannels> channels_of(const SessionOptions& options) {
  std::array<std::uint8_t, kChannels> channels{};
  for (std::size_t i = 0; i < channels.size(); ++i) channels[i] = static_cast<std::uint8_t>(i);
  if (!options.any_channel) return channels;
  for (const Player& player : options.lineup.players)
    if (!player.is_band) {
      channels.fill(player.channel);
      // What comes on the drum channel is drums: another program's clicks, or pads.
      channels[kDrumChannel] = kDrumChannel;
      break;
    }
  return channels;
}

Transport transport_of(const SessionOptions& options, int grid, std::int64_t now) {
  const BarTable bars(grid, options.meters);
  const auto bar = static_cast<double>(bars.at(Tick{0}).bar.length.count);
  Transport transport(grid, options.bpm, 0);
  const double count_in_us =
      options.follow_clock ? 0 : bar * options.count_in_bars * transport.us_per_tick(options.bpm);
  transport.follow(
      {0, static_cast<double>(now + kStartUs) + count_in_us, transport.us_per_tick(options.bpm)});
  for (const TempoPoint& point : options.tempos) transport.set_tempo(point.tick, point.bpm);
  return transport;
}

SchedulerOptions scheduler_options(const SessionOptions& options, const Transport& transport,
                                   int grid) {
  SchedulerOptions out;
  out.line = transport.lines().front();
  out.output_delay_us = options.output_delay_us;
  out.most_held = options.most_held;
  out.active_sensing = options.active_sensing;
  if (options.send_clock) out.ticks_per_pulse = static_cast<double>(grid) / kPulsesPerQuarter;
  return out;
}

}  // namespace

struct Session::Parts {
  Parts(Clock& clock, Band& band, const Devices& devices, const SessionOptions& options)
      : transport(transport_of(options, band.grid(), clock.now())),
        scheduler(clock, *devices.sink, scheduler_options(options, transport, band.grid())),
        listener(*devices.source, channels_of(options), options.thru ? &scheduler.thru() : nullptr),
        conductor(clock, band, listener, scheduler, transport, options) {
    devices.source->start(transport);
  }
  Transport transport;
  Scheduler scheduler;
  Listener listener;
  Conductor conductor;
};

Result<std::unique_ptr<Session>> Session::create(Band& band, const Devices& devices,
                                                 const SessionOptions& options) {
  if (find_mode(options.mode) == nullptr) {
    std::string names;
    for (const ModeWord* word : mode_registry())
      names += (names.empty() ? "" : ", ") + std::string(word->name);
    return fail(ErrorCode::kInvalidArgument, "no mode '" + options.mode + "'; there are " + names);
  }
  if (options.lineup.band().empty())
    return fail(ErrorCode::kInvalidArgument, "the band has no part: name its roles");
  if (options.phrase_bars < 1)
    return fail(ErrorCode::kInvalidArgument, "a phrase has at least one bar");
  if (auto ok = check_tempo(options.bpm); !ok) return tl::unexpected(ok.error());
  return std::unique_ptr<Session>(new Session(band, devices, options));
}

Session::Session(Band& band, const Devices& devices, const SessionOptions& options)
    : band_(band), devices_(devices), options_(options) {}

Session::~Session() = default;

const Conductor& Session::conductor() const { return parts_->conductor; }

void Session::command(const Command& command) {
  if (parts_) parts_->conductor.commands().push(command);
}

void Session::prepare(Clock& clock) {
  parts_ = std::make_unique<Parts>(clock, band_, devices_, options_);
}

void Session::end(double began_us) {
  Conductor& conductor = parts_->conductor;
  conductor.drain_log();
  report_ = report_of(conductor, options_.lineup);
  report_.input_dropped = parts_->listener.dropped();
  if (!conductor.intervals().empty()) {
    const Interval& last = conductor.intervals().back();
    report_.tempo = conductor.transport().bpm_at(last.tick);
    report_.bars = conductor.bars().at(Tick{static_cast<std::int64_t>(last.tick)}).number + 1;
  } else {
    report_.tempo = options_.bpm;
  }
  report_.seconds = began_us * 1e-6;
}

void Session::run(const Watch& watch) {
  SystemClock clock;
  prepare(clock);
  const std::int64_t began = clock.now();
  std::atomic<bool> ended{false}, played{false}, real_time{false};
  std::thread output([&] {
    real_time.store(prefer_real_time(kOutputPriority));
    while (!ended.load(std::memory_order_relaxed))
      clock.wait_until(std::min(parts_->scheduler.step(clock.now()), clock.now() + kLongestNapUs));
    const std::int64_t give_up = clock.now() + kLastWordsUs;
    while (!parts_->scheduler.silence() && clock.now() < give_up)
      clock.wait_until(clock.now() + kPollUs);
  });
  std::thread input([&] {
    prefer_real_time(kInputPriority);
    while (!ended.load(std::memory_order_relaxed))
      clock.wait_until(std::min(parts_->listener.step(clock.now()), clock.now() + kLongestNapUs));
  });
  std::thread inference([&] {
    parts_->conductor.run();
    played.store(true);
  });
  Status status;
  std::int64_t next_look = began + kReopenUs;
  while (!played.load()) {
    clock.wait_until(clock.now() + kWatchUs);
    while (parts_->conductor.status().pop(status)) {
    }
    if (watch && !watch(status)) parts_->conductor.stop();
    if (clock.now() < next_look) continue;
    next_look = clock.now() + kReopenUs;
    if (!parts_->scheduler.gone()) {
      if (!devices_.sink->alive()) parts_->scheduler.set_gone(true);
    } else if (devices_.sink->reopen()) {
      parts_->scheduler.set_gone(false);
    }
  }
  inference.join();
  ended.store(true);
  input.join();
  output.join();
  end(static_cast<double>(clock.now() - began));
  report_.real_time = real_time.load();
}

void Session::run_virtual(std::int64_t step_us, const Watch& watch) {
  VirtualClock clock(step_us);
  prepare(clock);
  clock.add([&](std::int64_t now) { return parts_->listener.step(now); });
  clock.add([&](std::int64_t now) { return parts_->scheduler.step(now); });
  clock.add([&, next = std::int64_t{0}](std::int64_t now) mutable {
    Status status;
    while (parts_->conductor.status().pop(status)) {
    }
    if (watch && !watch(status)) parts_->conductor.stop();
    return now + kWatchUs;
  });
  parts_->conductor.run();
  parts_->scheduler.silence();
  end(static_cast<double>(clock.now()));
}

}  // namespace sage::live
