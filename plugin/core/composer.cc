#include "plugin/core/composer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "generate/generator.h"
#include "generate/infill.h"
#include "score/note_list.h"

namespace sage::plugin {
namespace {

constexpr int kTicks = 480;  // a quarter note
constexpr auto kNap = std::chrono::milliseconds(2);

Tick tick_at(double quarter) { return {static_cast<std::int64_t>(std::llround(quarter * kTicks))}; }

int program_of(const LoopNote& note, const Settings& settings) {
  return note.channel == 9 ? kDrumProgram : settings.own_program;
}

Result<Score> score_of(const Pass& pass, const Settings& settings) {
  std::vector<ListedNote> notes;
  for (const LoopNote& note : pass.notes)
    notes.push_back({program_of(note, settings),
                     {tick_at(note.onset), tick_at(note.duration), note.pitch, note.velocity}});
  auto score = score_of_notes(notes, kTicks, pass.bpm);
  if (score)
    score->meters = {
        {{0},
         {static_cast<std::uint8_t>(pass.numerator), static_cast<std::uint8_t>(pass.denominator)}}};
  return score;
}

/// The programs of the roles that are on, each with its channel; without those that are played.
std::map<int, int> channels_of_roles(const Pass& pass, const Settings& settings) {
  std::map<int, int> channels;
  for (std::size_t i = 0; i < settings.roles.size(); ++i)
    if (settings.roles[i].on)
      channels.emplace(settings.roles[i].program, channel_of(i, settings.roles[i].program));
  for (const LoopNote& note : pass.notes) channels.erase(program_of(note, settings));
  return channels;
}

/// Program changes for the channels; the drum channel has its kit already.
std::vector<ChannelProgram> programs_of(const std::map<int, int>& channels,
                                        const Settings& settings) {
  std::vector<ChannelProgram> programs;
  for (const auto& [program, channel] : channels)
    if (settings.programs && program != kDrumProgram)
      programs.push_back({static_cast<std::uint8_t>(channel), static_cast<std::uint8_t>(program)});
  return programs;
}

/// The notes of a score from a time on, for the channels of their programs.
Part part_of(const Score& score, double from, double quarters, const std::map<int, int>& channels,
             const Settings& settings) {
  std::vector<LoopNote> notes;
  const double ticks = score.ticks_per_quarter;
  for (const auto& [program, note] : note_list(score)) {
    const auto channel = channels.find(program);
    if (channel == channels.end()) continue;
    notes.push_back({static_cast<double>(note.onset.count) / ticks - from,
                     static_cast<double>(note.duration.count) / ticks,
                     static_cast<std::uint8_t>(channel->second), note.pitch, note.velocity});
  }
  return make_part(quarters, std::move(notes), programs_of(channels, settings));
}

SamplerOptions sampler_of(const Settings& settings) {
  SamplerOptions sampler;
  sampler.top_p = kUsualTopP;
  sampler.temperature = settings.surprise;
  return sampler;
}

/// The wished density holds for the roles; a continuation or a fill is dense as the person is.
Wishes wishes_of(const Settings& settings) {
  Wishes wishes;
  if (settings.density > 0)
    wishes.density = {{kEveryProgram, static_cast<double>(settings.density)}};
  return wishes;
}

/// A request for the music of a pass, with a prompt or from nothing.
Result<Score> generate(const std::shared_ptr<const Engine>& engine, const Pass& pass,
                       const Settings& settings, Request request) {
  request.bars = pass.bars;
  request.sampler = sampler_of(settings);
  request.seed = static_cast<std::uint64_t>(settings.seed);
  auto generator = Generator::create(engine, request);
  if (!generator) return tl::unexpected(generator.error());
  while (generator->next().type != ReadEvent::Type::kEnd) {
  }
  return generator->score();
}

Result<Part> accompany(const std::shared_ptr<const Engine>& engine, const Pass& pass,
                       const Settings& settings, Score heard) {
  const auto channels = channels_of_roles(pass, settings);
  std::vector<int> programs;
  for (const auto& [program, channel] : channels) programs.push_back(program);
  if (programs.empty()) return make_part(pass.quarters(), {});
  if (pass.notes.empty()) {  // nothing to listen to
    Request request;
    request.programs = programs;
    request.meter = heard.meters.front().meter;
    request.bpm = std::clamp(pass.bpm, 24.0, 240.0);
    request.wishes = wishes_of(settings);
    auto score = generate(engine, pass, settings, request);
    if (!score) return tl::unexpected(score.error());
    return part_of(*score, 0, pass.quarters(), channels, settings);
  }
  InfillRequest request{.piece = std::move(heard),
                        .programs = programs,
                        .bars = pass.bars,
                        .sampler = sampler_of(settings),
                        .seed = static_cast<std::uint64_t>(settings.seed),
                        .takes = 1};
  request.wishes = wishes_of(settings);
  auto filled = infill(engine, request);
  if (!filled) return tl::unexpected(filled.error());
  return part_of(filled->score, 0, pass.quarters(), channels, settings);
}

Result<Part> answer(const std::shared_ptr<const Engine>& engine, const Pass& pass,
                    const Settings& settings, Score heard) {
  if (pass.notes.empty()) return make_part(pass.quarters(), {});
  std::map<int, int> channels;
  for (const LoopNote& note : pass.notes)
    channels[program_of(note, settings)] = own_channel(program_of(note, settings));
  Request request;
  request.prompt = std::move(heard);
  request.prompt_bars = pass.bars;
  auto score = generate(engine, pass, settings, std::move(request));
  if (!score) return tl::unexpected(score.error());
  return part_of(*score, pass.quarters(), pass.quarters(), channels, settings);
}

Result<Part> fill(const std::shared_ptr<const Engine>& engine, const Pass& pass,
                  const Settings& settings, Score heard) {
  const int first = std::min(settings.fill_from, pass.bars) - 1;
  const int last = std::clamp(settings.fill_to, first + 1, pass.bars);
  if (pass.notes.empty()) return make_part(pass.quarters(), {});
  std::map<int, int> channels;
  for (const LoopNote& note : pass.notes)
    channels[program_of(note, settings)] = own_channel(program_of(note, settings));
  InfillRequest request{.piece = std::move(heard),
                        .first_bar = first,
                        .bars = last - first,
                        .sampler = sampler_of(settings),
                        .seed = static_cast<std::uint64_t>(settings.seed),
                        .takes = 1};
  auto filled = infill(engine, request);
  if (!filled) return tl::unexpected(filled.error());
  Part part = part_of(filled->score, 0, pass.quarters(), channels, settings);
  const double bar = pass.quarters() / pass.bars;
  std::erase_if(part.notes, [&](const LoopNote& note) {
    return note.onset < first * bar || note.onset >= last * bar;
  });
  return make_part(pass.quarters(), std::move(part.notes), std::move(part.programs));
}

}  // namespace

Result<Part> compose(const std::shared_ptr<const Engine>& engine, const Pass& pass,
                     const Settings& settings) {
  auto heard = score_of(pass, settings);
  if (!heard) return tl::unexpected(heard.error());
  switch (settings.mode) {
    case Mode::kContinue:
      return answer(engine, pass, settings, *std::move(heard));
    case Mode::kFill:
      return fill(engine, pass, settings, *std::move(heard));
    case Mode::kAccompany:
      break;
  }
  return accompany(engine, pass, settings, *std::move(heard));
}

Result<std::shared_ptr<const Engine>> shared_engine(const std::filesystem::path& model) {
  static std::mutex mutex;
  static std::map<std::filesystem::path, std::weak_ptr<const Engine>> engines;
  const std::lock_guard lock(mutex);
  if (auto engine = engines[model].lock()) return engine;
  auto opened = Engine::open(model);
  if (opened) engines[model] = *opened;
  return opened;
}

Composer::Composer(Looper& looper, std::filesystem::path model, std::function<Settings()> settings)
    : looper_(looper),
      model_(std::move(model)),
      settings_(std::move(settings)),
      thread_([this] { work(); }) {}

Composer::~Composer() {
  stop_ = true;
  thread_.join();
}

Part Composer::part() const {
  const std::lock_guard lock(mutex_);
  return part_;
}

void Composer::restore(Part part) { publish(std::move(part), false); }

std::string Composer::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Composer::say(std::string status) {
  const std::lock_guard lock(mutex_);
  status_ = std::move(status);
}

void Composer::publish(Part part, bool at_pass_start) {
  const std::lock_guard lock(mutex_);  // also: one thread at a time offers
  looper_.offer(part, at_pass_start);
  part_ = std::move(part);
}

void Composer::work() {
  auto engine = shared_engine(model_);
  if (!engine) {
    say(engine.error().message);
  } else {
    engine_ = *std::move(engine);
    say("listening");
  }
  while (!stop_) {
    Heard heard;
    if (looper_.heard().pop(heard)) {
      hear(heard);
    } else {
      looper_.collect();
      std::this_thread::sleep_for(kNap);
    }
  }
}

void Composer::hear(const Heard& heard) {
  switch (heard.kind) {
    case Heard::Kind::kNote:
      notes_.push_back(heard.note);
      return;
    case Heard::Kind::kRestart:
      notes_.clear();
      answered_ = false;
      return;
    case Heard::Kind::kPassEnd:
      pass_ended(heard);
      notes_.clear();
  }
}

void Composer::pass_ended(const Heard& end) {
  const Settings settings = settings_();
  if (engine_ == nullptr || settings.lock) return;
  Pass pass{std::move(notes_), end.bars, end.numerator, end.denominator, end.bpm};
  notes_ = {};
  if (settings.mode == Mode::kContinue && answered_) {
    answered_ = false;  // the model has had its pass: silence, and yours
    publish(make_part(pass.quarters(), {}), false);
    last_ = {};
    return;
  }
  std::ranges::sort(pass.notes, {}, [](const LoopNote& note) {
    return std::tuple(note.onset, note.channel, note.pitch);
  });
  if (pass == last_ && settings == last_settings_ && parts_written_ > 0) return;
  say("writing");
  auto part = compose(engine_, pass, settings);
  if (!part) {
    say(part.error().message);
    return;
  }
  if (settings_().lock) return;  // meanwhile
  say("playing " + std::to_string(part->notes.size()) + " notes");
  answered_ = settings.mode == Mode::kContinue;
  publish(*std::move(part), false);
  last_ = std::move(pass);
  last_settings_ = settings;
  ++parts_written_;
}

}  // namespace sage::plugin
