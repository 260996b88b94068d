// sage-music jam: a person and a band that listens, in time.
#include <filesystem>
#include <fstream>
#include <memory>

#include "apps/live/devices.h"
#include "apps/live/view.h"
#include "apps/shared/cli.h"
#include "apps/shared/files.h"
#include "apps/shared/model_choice.h"
#include "apps/shared/music_options.h"
#include "apps/shared/provenance.h"
#include "apps/shared/sampler_options.h"
#include "base/file.h"
#include "live/ports/file_player.h"
#include "live/ports/loopback.h"
#include "live/recording.h"
#include "live/session.h"
#include "live/stream_band.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "score/program_names.h"
#include "score/timeline.h"

namespace sage::cli {
namespace {

using live::Session;
using live::SessionOptions;

constexpr int kMostJamBars = 100'000;

struct JamOptions {
  ModelChoice model;
  SamplerOptions sampler{.top_p = kUsualTopP};
  std::uint64_t seed = 0;
  std::string simulate, human, roles = "bass,drums,chords";
  std::string mode = "accompany", clock = "internal", port;
  double tempo = 0;  // 0: the file's, else 120
  int bars = 0;
  int phrase = 4, listen = 0;
  double noise_ms = 0, step_ms = 0;
  double output_delay_ms = -1;  // negative: what the device says
  double input_delay_ms = 0;
  std::string sound_font;
  bool send_clock = false;
  bool fast = false, metronome = false;
  std::string record, report;
  bool no_provenance = false;
};

/// What a session is made of, whoever plays.
struct Jam {
  SessionOptions session;
  live::BandOptions band;
  std::optional<Score> file;
  Tick file_end{0};
  std::unique_ptr<live::Source> file_player;
  JamDevices devices;
  live::Devices ends() const {
    return {file_player ? file_player.get() : devices.source.get(), devices.sink.get()};
  }
};

Tick to_grid(Tick time, const Score& score, int grid) {
  return {rescale(time.count, score.ticks_per_quarter, grid)};
}

/// Meters, tempi and length of the session are the file's.
Result<void> follow_file(const JamOptions& options, int grid, Jam& jam) {
  const Score& file = *jam.file;
  const TempoMap tempo(file);
  for (const MeterChange& change : file.meters)
    jam.session.meters.push_back({to_grid(change.time, file, grid), change.meter});
  auto bars = bars_of(file, std::max(end_of(file), Tick{1}));
  if (!bars) return fail(options.simulate, bars.error());
  const auto count = options.bars > 0
                         ? std::min(bars->size(), static_cast<std::size_t>(options.bars))
                         : bars->size();
  jam.file_end = (*bars)[count - 1].end();
  jam.session.end = to_grid(jam.file_end, file, grid);
  if (options.tempo > 0) {
    jam.session.bpm = options.tempo;
    return {};
  }
  jam.session.bpm = 60e6 / tempo.tempo_at(Tick{0});
  for (const TempoChange& change : file.tempos)
    if (change.time > Tick{0})
      jam.session.tempos.push_back(
          {static_cast<double>(change.time.count) * grid / file.ticks_per_quarter,
           60e6 / change.us_per_quarter});
  return {};
}

/// "you: Flute; the band: Acoustic Bass, Drums, in place of the file's Fretless Bass"
void say_players(const live::FileLineup& lineup) {
  const auto listed = [](const std::vector<int>& programs) {
    std::string names;
    for (const int program : programs)
      names += (names.empty() ? "" : ", ") + std::string(program_name(program));
    return names;
  };
  say("you: " + std::string(program_name(lineup.human)) +
      "; the band: " + listed(lineup.lineup.band()) +
      (lineup.replaced.empty() ? "" : ", in place of the file's " + listed(lineup.replaced)));
}

Result<void> cast_file(const JamOptions& options, const std::vector<live::Role>& roles, int grid,
                       Jam& jam) {
  auto read = read_midi_file(options.simulate);
  if (!read) return tl::unexpected(read.error());
  jam.file = std::move(read->score);
  auto lineup = live::lineup_of_file(*jam.file, options.human, roles);
  if (!lineup) return fail(options.simulate, lineup.error());
  jam.session.lineup = lineup->lineup;
  say_players(*lineup);
  for (const int program : lineup->left_out)
    note("warning: " + std::string(program_name(program)) +
         " is not heard while playing: MIDI has 16 channels");
  if (auto ok = follow_file(options, grid, jam); !ok) return ok;
  live::FilePlayerOptions player{
      .noise_ms = options.noise_ms, .seed = options.seed, .end = jam.file_end};
  // A looper hears one phrase; it is repeated from then on.
  if (options.mode == "loop") {
    const live::BarTable bars(grid, jam.session.meters);
    player.end = std::min(player.end, Tick{rescale(bars.start(options.phrase).count, grid,
                                                   jam.file->ticks_per_quarter)});
  }
  jam.file_player = std::make_unique<live::FilePlayer>(*jam.file, jam.session.lineup, grid, player);
  jam.session.any_channel = false;
  return {};
}

Result<void> cast_person(const JamOptions& options, const std::vector<live::Role>& roles, int grid,
                         Jam& jam) {
  const std::string human = options.human.empty() ? "piano" : options.human;
  const auto program = program_from_name(human);
  if (!program) return fail(ErrorCode::kInvalidArgument, "--human: no instrument '" + human + "'");
  auto lineup = live::lineup_with_person(*program, roles);
  if (!lineup) return tl::unexpected(lineup.error());
  jam.session.lineup = *std::move(lineup);
  jam.session.bpm = options.tempo > 0 ? options.tempo : 120;
  jam.session.end = live::BarTable(grid, {}).start(options.bars);
  return {};
}

Result<Jam> prepare(const JamOptions& options, int grid) {
  Jam jam;
  auto roles = live::roles_from(options.roles);
  if (!roles) return tl::unexpected(roles.error());
  auto cast = options.simulate.empty() ? cast_person(options, *roles, grid, jam)
                                       : cast_file(options, *roles, grid, jam);
  if (!cast) return tl::unexpected(cast.error());
  SessionOptions& session = jam.session;
  session.mode = options.mode;
  session.phrase_bars = options.phrase;
  session.listen_bars = options.listen;
  session.metronome = options.metronome;
  session.follow_clock = options.clock == "midi";
  session.output_delay_us = static_cast<std::int64_t>(std::max(0.0, options.output_delay_ms) * 1e3);
  session.input_delay_us = static_cast<std::int64_t>(options.input_delay_ms * 1e3);
  jam.band.lineup = session.lineup;
  jam.band.meter = live::BarTable(grid, session.meters).at(Tick{0}).bar.meter;
  jam.band.bpm = std::clamp(session.bpm, 24.0, 240.0);
  jam.band.sampler = options.sampler;
  jam.band.seed = options.seed;
  jam.band.threads = options.model.threads;
  return jam;
}

Result<void> connect(const JamOptions& options, const live::Clock& clock, Jam& jam) {
  const DeviceChoice choice{options.fast ? "loopback" : options.port, options.sound_font,
                            !options.simulate.empty()};
  auto devices = open_devices(choice, clock);
  if (!devices) return tl::unexpected(devices.error());
  jam.devices = *std::move(devices);
  // A person with an instrument hears it; one who plays through us does not otherwise.
  jam.session.thru = !options.simulate.empty() || jam.devices.own_sound || jam.devices.typed;
  jam.session.active_sensing = jam.devices.cable;
  jam.session.send_clock = jam.devices.cable && options.send_clock;
  if (options.output_delay_ms < 0)
    jam.session.output_delay_us = static_cast<std::int64_t>(1e3 * jam.devices.delay_ms);
  if (!options.fast) say(jam.devices.description);
  return {};
}

void say_report(const live::Report& report) {
  say("band: " + grouped(static_cast<long long>(report.notes)) + " notes in " +
      fixed(report.bars, 0) + " bars; in time and with all that was heard in " +
      fixed(100 * report.interaction_success, 1) + " % of the intervals");
  std::string rungs;
  for (int i = 0; i < live::kRungs; ++i)
    rungs += std::string(i == 0 ? "" : ", ") + live::name_of(static_cast<live::Rung>(i)) + " " +
             std::to_string(report.rungs[static_cast<std::size_t>(i)]);
  say("intervals: " + rungs);
  say("first note that answers you: after " + fixed(report.first_reaction_ms.p50, 0) +
      " ms (median), " + fixed(report.first_reaction_ms.p99, 0) + " ms (99 of 100)");
  say("output: jitter " + fixed(report.jitter_ms.p50, 2) + " ms (median), " +
      fixed(report.jitter_ms.p99, 2) + " ms (99 of 100); lost " + std::to_string(report.lost) +
      ", doubled " + std::to_string(report.doubled) + ", stuck " + std::to_string(report.stuck) +
      ", late " + std::to_string(report.late));
  if (report.notes == 0)
    note("the band stayed silent; more --bars, other --roles or another --seed may help");
}

Result<void> write_results(const JamOptions& options, const Engine& engine, const Jam& jam,
                           const Session& session, int grid) {
  if (!options.record.empty()) {
    Score score = jam.file ? live::file_with_band(*jam.file, jam.file_end, options.tempo,
                                                  session.conductor(), jam.session.lineup, grid)
                           : live::recording_of(session.conductor(), jam.session, grid);
    if (!options.no_provenance) sign(score, provenance(engine, "jam", options.seed, {}));
    if (auto done = write_midi_file(score, options.record); !done) return done;
    say("wrote " + options.record);
  }
  if (!options.report.empty()) {
    const std::string text = live::to_json(session.report()).dump(2) + "\n";
    if (auto done = write_text(options.report, text); !done) return done;
    say("wrote " + options.report);
  }
  return {};
}

Result<void> act(const JamOptions& options) {
  for (const std::string& path : {options.record, options.report})
    if (!path.empty())
      if (auto ok = check_writable(path); !ok) return ok;
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  const int grid = (*engine)->tokenizer().vocabulary().grid();
  auto jam = prepare(options, grid);
  if (!jam) return tl::unexpected(jam.error());
  auto band = live::stream_band(*engine, jam->band);
  if (!band) return tl::unexpected(band.error());
  const live::SystemClock clock;
  if (auto ok = connect(options, clock, *jam); !ok) return ok;
  auto session = Session::create(**band, jam->ends(), jam->session);
  if (!session) return tl::unexpected(session.error());
  if (options.fast) {
    (*session)->run_virtual(static_cast<std::int64_t>(options.step_ms * 1e3),
                            [](const live::Status&) { return !stop_requested(); });
  } else {
    View view(jam->session, **session, jam->devices.typed);
    (*session)->run(
        [&](const live::Status& status) { return view.show(status) && !stop_requested(); });
  }
  say_report((*session)->report());
  return write_results(options, **engine, *jam, **session, grid);
}

std::string mode_names() {
  std::string names;
  for (const live::ModeWord* word : mode_registry())
    names +=
        (names.empty() ? "" : "; ") + std::string(word->name) + ": " + std::string(word->summary);
  return names;
}

Result<void> check(const JamOptions& options) {
  if (auto ok = validate(options.sampler); !ok) return ok;
  if (auto ok = live::roles_from(options.roles); !ok) return tl::unexpected(ok.error());
  if (options.clock == "link")
    return fail(ErrorCode::kUnsupported,
                "--clock link: this build has no Ableton Link; use --clock midi or internal");
  if (options.fast && options.simulate.empty())
    return fail(ErrorCode::kInvalidArgument,
                "--fast needs --simulate FILE: a person plays in real time");
  if (options.clock == "midi" && !options.simulate.empty())
    return fail(ErrorCode::kInvalidArgument,
                "--clock midi: a file has no clock at its input; leave out --simulate");
  for (const std::string& path : {options.record, options.report})
    if (path == "-")
      return fail(ErrorCode::kInvalidArgument, "a session needs names of files, not -");
  return check_apart({options.simulate, options.model.model}, {options.record, options.report});
}

}  // namespace

void add_jam(Cli& cli) {
  auto options = std::make_shared<JamOptions>();
  CLI::App* command = add_command(
      cli.app, cli, "jam", "Play live with a band that listens",
      "  sage-music jam\n"
      "  sage-music jam --simulate song.mid --human melody --roles bass,drums\n"
      "  sage-music jam --simulate song.mid --fast --record out/jam.mid --report out/jam.json",
      [options] {
        install_stop_handler();
        return act(*options);
      });
  command
      ->add_option("--simulate", options->simulate,
                   "play a part of this MIDI file as if by a person")
      ->check(CLI::ExistingFile);
  command->add_option(
      "--human", options->human,
      "the person's part: an instrument, or part of a track's name (default: of the "
      "file's parts that no role takes, the one with the most notes)");
  command
      ->add_option("--roles", options->roles,
                   "the band: " + live::role_words() + ", or instruments")
      ->capture_default_str();
  std::vector<std::string> modes;
  for (const live::ModeWord* word : mode_registry()) modes.emplace_back(word->name);
  command->add_option("--mode", options->mode, mode_names())
      ->check(CLI::IsMember(modes))
      ->capture_default_str();
  command->add_option("--tempo", options->tempo, "beats a minute; default: the file's, else 120")
      ->check(CLI::Range(24.0, 240.0));
  command->add_option("--clock", options->clock, "whose time: internal, midi or link")
      ->check(CLI::IsMember({"internal", "midi", "link"}))
      ->capture_default_str();
  command->add_option("--port", options->port,
                      "MIDI port by name; virtual: one for others to connect to; loopback: none");
  command
      ->add_option("--bars", options->bars,
                   "number of bars to play (default: until stopped, or to the end of the file)")
      ->check(CLI::Range(1, kMostJamBars));
  command->add_option("--phrase", options->phrase, "bars of a phrase, for respond and loop")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_option("--listen", options->listen, "bars in which the band is silent at first")
      ->check(CLI::Range(0, 1000));
  command->add_flag("--metronome", options->metronome, "clicks after the count-in too");
  command
      ->add_option("--noise", options->noise_ms,
                   "with --simulate: unsteadiness of the person, ms (standard deviation)")
      ->check(CLI::Range(0.0, 1000.0));
  command->add_flag(
      "--fast", options->fast,
      "with --simulate: in virtual time, as fast as the machine goes, the same each time");
  command
      ->add_option("--step-time", options->step_ms,
                   "with --fast: ms that a step of the model is taken to last")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  command
      ->add_option("--output-delay", options->output_delay_ms,
                   "ms from a message to its sound, made up for; default: what the device says")
      ->check(CLI::Range(0.0, 500.0));
  command->add_option("--input-delay", options->input_delay_ms, "ms from a key to its message")
      ->check(CLI::Range(0.0, 500.0));
  command->add_flag("--send-clock", options->send_clock, "MIDI clock to the output port");
  command
      ->add_option("--sound-font", options->sound_font,
                   "SoundFont file; default: the one installed")
      ->check(CLI::ExistingFile);
  command->add_option("--record", options->record, "write everybody's notes to this MIDI file");
  add_provenance_option(*command, options->no_provenance);
  command->add_option("--report", options->report, "write the session's figures to this JSON file");
  command->add_option("--seed", options->seed, "of the band's choices")->check(not_negative());
  add_model_options(*command, options->model);
  add_sampler_options(*command, options->sampler);
  check_usage(*command, [options] { return check(*options); });
}

}  // namespace sage::cli
