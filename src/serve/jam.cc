#include "serve/jam.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>
#include <vector>

#include "base/spsc_queue.h"
#include "live/clock.h"
#include "live/port.h"
#include "serve/jam_wire.h"

namespace sage::serve {
namespace {

constexpr std::size_t kRoom = 1024;          // messages of a person that wait
constexpr std::size_t kSentRoom = 8192;      // of the band
constexpr std::int64_t kOldestUs = 250'000;  // a message that was on its way for longer was not
constexpr std::size_t kMostCommands = 64;    // that wait
constexpr std::size_t kMostBatch = 256;      // MIDI messages in one of ours

/// What a person in a browser plays, stamped with when it was played.
class ClientKeys final : public live::Source {
 public:
  ClientKeys() : queue_(kRoom) {}
  /// From the server's thread.
  void press(live::Message message) {
    const std::int64_t now = clock_.now();
    message.time_us =
        message.time_us == 0 ? now : std::clamp(message.time_us, now - kOldestUs, now);
    if (!queue_.push(message)) dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  bool receive(std::int64_t, live::Message& message) noexcept override {
    return queue_.pop(message);
  }
  std::int64_t next_time(std::int64_t now) const noexcept override { return now + live::kPollUs; }
  std::uint64_t dropped() const noexcept override {
    return dropped_.load(std::memory_order_relaxed);
  }

 private:
  live::SystemClock clock_;
  SpscQueue<live::Message> queue_;
  std::atomic<std::uint64_t> dropped_{0};
};

/// What the session sends, until the session's own thread takes it to the client.
class ClientSynth final : public live::Sink {
 public:
  ClientSynth() : queue_(kSentRoom) {}
  live::Delivery send(const live::Message& message) noexcept override {
    return queue_.push(message) ? live::Delivery::kSent : live::Delivery::kBusy;
  }
  bool take(live::Message& message) noexcept { return queue_.pop(message); }

 private:
  SpscQueue<live::Message> queue_;
};

/// What the server's thread and the session's share.
struct Shared {
  ClientKeys keys;
  ClientSynth synth;
  std::mutex mutex;
  std::vector<live::Command> commands;
  std::atomic<bool> left{false};  // the client is gone
};

/// The last message, and why.
void send_error(Channel& channel, std::string_view code, std::string_view message) {
  channel.send(error_text(code, message));
  channel.close(std::string(code));
}
void send_error(Channel& channel, const Error& error) {
  send_error(channel, name_of(error.code), to_string(error));
}

/// The body of a session's thread.
class Player {
 public:
  Player(ServiceState& state, JamWish wish, std::shared_ptr<Shared> shared,
         std::shared_ptr<Channel> channel)
      : state_(state),
        wish_(std::move(wish)),
        shared_(std::move(shared)),
        channel_(std::move(channel)) {}

  void run(const std::atomic<bool>& stopped) {
    if (auto done = play(stopped); !done) return send_error(*channel_, done.error());
    channel_->close("");
  }

 private:
  Result<void> play(const std::atomic<bool>& stopped) {
    wish_.band.threads = state_.threads;
    auto band = live::stream_band(state_.engine, wish_.band);
    if (!band) return tl::unexpected(band.error());
    const int grid = (*band)->grid();
    wish_.session.end = live::BarTable(grid, {}).start(static_cast<int>(wish_.session.end.count));
    auto session = live::Session::create(**band, {&shared_->keys, &shared_->synth}, wish_.session);
    if (!session) return tl::unexpected(session.error());
    channel_->send(ready_text(wish_, grid));
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::duration<double>(state_.limits.max_jam_seconds);
    (*session)->run([&](const live::Status& status) {
      pass(**session, status);
      return !stopped && !shared_->left && std::chrono::steady_clock::now() < end;
    });
    pass_played();
    channel_->send(end_text(**session, wish_, grid));
    return {};
  }

  /// Between the client and the session, many times a second.
  void pass(live::Session& session, const live::Status& status) {
    std::vector<live::Command> commands;
    {
      const std::lock_guard lock(shared_->mutex);
      commands.swap(shared_->commands);
    }
    for (const live::Command& command : commands) session.command(command);
    pass_played();
    if (status.time_us == shown_us_) return;
    shown_us_ = status.time_us;
    channel_->send(status_text(status));
  }

  void pass_played() {
    std::vector<live::Message> played;
    for (live::Message message; shared_->synth.take(message);) {
      // Messages carry the time at which they left; they sound so much later.
      message.time_us += is_persons(message) ? 0 : wish_.ahead_us;
      played.push_back(message);
      if (played.size() < kMostBatch) continue;
      channel_->send(played_text(played));
      played.clear();
    }
    if (!played.empty()) channel_->send(played_text(played));
  }

  bool is_persons(const live::Message& message) const {
    const live::Player* player =
        message.is_channel() ? wish_.session.lineup.of_channel(message.channel()) : nullptr;
    return player != nullptr && !player->is_band;
  }

  ServiceState& state_;
  JamWish wish_;
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<Channel> channel_;
  std::int64_t shown_us_ = 0;
};

class JamTalk final : public Talk {
 public:
  explicit JamTalk(ServiceState& state) : state_(state) {}

  void opened(std::shared_ptr<Channel> channel) override { channel_ = std::move(channel); }

  void heard(std::string_view message) override {
    if (auto done = take(message); !done) {
      shared_->left = true;
      send_error(*channel_, done.error());
    }
  }

  void closed() override {
    shared_->left = true;
    channel_ = nullptr;
  }

 private:
  Result<void> take(std::string_view message) {
    const auto json = parse_body(message);
    if (!json) return tl::unexpected(json.error());
    Fields fields(*json);
    const std::string type = fields.text("type", 32).value_or("");
    if (type == "ping") {
      channel_->send(pong_text(fields.any("id"), clock_.now()));
      return {};
    }
    if (type == "start") return start(fields);
    auto input = read_input(type, fields);
    if (!input) return tl::unexpected(input.error());
    if (!started_) return fail(ErrorCode::kInvalidArgument, "send start before " + type);
    if (input->message) shared_->keys.press(*input->message);
    if (input->command) {
      if (input->command->time_us == 0) input->command->time_us = clock_.now();
      const std::lock_guard lock(shared_->mutex);
      if (shared_->commands.size() < kMostCommands) shared_->commands.push_back(*input->command);
    }
    return {};
  }

  Result<void> start(Fields& fields) {
    if (started_) return fail(ErrorCode::kInvalidArgument, "this session has started already");
    auto wish = read_start(fields);
    if (!wish) return tl::unexpected(wish.error());
    auto player = std::make_shared<Player>(state_, *std::move(wish), shared_, channel_);
    started_ =
        state_.jams.run(static_cast<std::size_t>(state_.limits.max_jams),
                        [player](const std::atomic<bool>& stopped) { player->run(stopped); });
    if (!started_)
      send_error(*channel_, "busy",
                 "as many people are playing live as this server allows; try again later");
    return {};
  }

  ServiceState& state_;
  std::shared_ptr<Channel> channel_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  live::SystemClock clock_;
  bool started_ = false;
};

}  // namespace

std::shared_ptr<Talk> jam_talk(ServiceState& state) { return std::make_shared<JamTalk>(state); }

}  // namespace sage::serve
