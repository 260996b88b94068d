// A small CLAP host, made of the format's own headers: clap_host PLUGIN.clap
#include <clap/entry.h>
#include <clap/events.h>
#include <clap/ext/state.h>
#include <clap/host.h>
#include <clap/plugin-factory.h>
#include <clap/plugin.h>
#include <clap/process.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "host.h"

namespace sage::plugin_test {
namespace {

union Event {
  clap_event_header header;
  clap_event_midi midi;
  clap_event_param_value parameter;
};

const clap_host kHost = {CLAP_VERSION,
                         nullptr,
                         "host of the tests",
                         "",
                         "",
                         "1",
                         [](const clap_host*, const char*) -> const void* { return nullptr; },
                         [](const clap_host*) {},
                         [](const clap_host*) {},
                         [](const clap_host*) {}};

class ClapInstance : public Instance {
 public:
  explicit ClapInstance(const clap_plugin_factory* factory) {
    const auto* description = factory->get_plugin_descriptor(factory, 0);
    plugin_ = factory->create_plugin(factory, &kHost, description->id);
    plugin_->init(plugin_);
    plugin_->activate(plugin_, kRate, kFrames, kFrames);
    plugin_->start_processing(plugin_);
    state_ = static_cast<const clap_plugin_state*>(plugin_->get_extension(plugin_, CLAP_EXT_STATE));
  }
  ~ClapInstance() override {
    plugin_->stop_processing(plugin_);
    plugin_->deactivate(plugin_);
    plugin_->destroy(plugin_);
  }

  void set(std::uint32_t id, double value) override {
    Event event{};
    event.parameter.header = {sizeof event.parameter, 0, CLAP_CORE_EVENT_SPACE_ID,
                              CLAP_EVENT_PARAM_VALUE, 0};
    event.parameter.param_id = id;
    event.parameter.note_id = -1;
    event.parameter.port_index = event.parameter.channel = event.parameter.key = -1;
    event.parameter.value = value;
    changes_.push_back(event);
  }

  std::string save() override {
    std::string bytes;
    const clap_ostream stream = {
        &bytes, [](const clap_ostream* to, const void* data, std::uint64_t size) {
          static_cast<std::string*>(to->ctx)->append(static_cast<const char*>(data), size);
          return static_cast<std::int64_t>(size);
        }};
    state_->save(plugin_, &stream);
    return bytes;
  }

  bool restore(const std::string& state) override {
    std::string left = state;
    const clap_istream stream = {&left,
                                 [](const clap_istream* from, void* data, std::uint64_t size) {
                                   auto& bytes = *static_cast<std::string*>(from->ctx);
                                   const auto count = std::min<std::uint64_t>(size, bytes.size());
                                   std::memcpy(data, bytes.data(), count);
                                   bytes.erase(0, count);
                                   return static_cast<std::int64_t>(count);
                                 }};
    return state_->load(plugin_, &stream);
  }

 protected:
  void process(const std::vector<Message>& messages) override {
    events_ = std::move(changes_);
    changes_.clear();
    for (const Message& message : messages) {
      Event event{};
      event.midi.header = {sizeof event.midi, message.frame, CLAP_CORE_EVENT_SPACE_ID,
                           CLAP_EVENT_MIDI, 0};
      event.midi.data[0] =
          static_cast<std::uint8_t>((message.note.on ? 0x90 : 0x80) | message.note.channel);
      event.midi.data[1] = static_cast<std::uint8_t>(message.note.pitch);
      event.midi.data[2] = message.note.on ? 90 : 0;
      events_.push_back(event);
    }
    clap_event_transport transport{};
    transport.header = {sizeof transport, 0, CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_TRANSPORT, 0};
    transport.flags = CLAP_TRANSPORT_HAS_TEMPO | CLAP_TRANSPORT_HAS_BEATS_TIMELINE |
                      CLAP_TRANSPORT_HAS_TIME_SIGNATURE | CLAP_TRANSPORT_IS_PLAYING;
    transport.song_pos_beats = static_cast<clap_beattime>(quarter * CLAP_BEATTIME_FACTOR);
    transport.bar_start = static_cast<clap_beattime>(bar()) * 4 * CLAP_BEATTIME_FACTOR;
    transport.bar_number = bar();
    transport.tempo = bpm;
    transport.tsig_num = transport.tsig_denom = 4;
    const clap_input_events in = {
        this,
        [](const clap_input_events* list) {
          return static_cast<std::uint32_t>(self(list->ctx).events_.size());
        },
        [](const clap_input_events* list, std::uint32_t i) -> const clap_event_header* {
          return &self(list->ctx).events_[i].header;
        }};
    const clap_output_events out = {
        this, [](const clap_output_events* list, const clap_event_header* event) {
          self(list->ctx).take(event);
          return true;
        }};
    clap_process block{};
    block.frames_count = kFrames;
    block.transport = &transport;
    block.in_events = &in;
    block.out_events = &out;
    plugin_->process(plugin_, &block);
  }

 private:
  static ClapInstance& self(void* context) { return *static_cast<ClapInstance*>(context); }

  void take(const clap_event_header* event) {
    if (event->type == CLAP_EVENT_MIDI) {
      const auto* midi = reinterpret_cast<const clap_event_midi*>(event);
      const int kind = midi->data[0] & 0xF0;
      if (kind == 0x90 || kind == 0x80)
        sent(event->time, midi->data[0] & 0x0F, midi->data[1], kind == 0x90);
    } else if (event->type == CLAP_EVENT_NOTE_ON || event->type == CLAP_EVENT_NOTE_OFF) {
      const auto* note = reinterpret_cast<const clap_event_note*>(event);
      sent(event->time, note->channel, note->key, event->type == CLAP_EVENT_NOTE_ON);
    }
  }

  const clap_plugin* plugin_ = nullptr;
  const clap_plugin_state* state_ = nullptr;
  std::vector<Event> changes_, events_;
};

}  // namespace
}  // namespace sage::plugin_test

int main(int argc, char** argv) {
  using namespace sage::plugin_test;  // NOLINT
  if (argc != 2) return 2;
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::puts(dlerror()), 1;
  const auto* entry = static_cast<const clap_plugin_entry*>(dlsym(library, "clap_entry"));
  if (entry == nullptr || !entry->init(argv[1])) return std::puts("no clap_entry"), 1;
  const auto* factory =
      static_cast<const clap_plugin_factory*>(entry->get_factory(CLAP_PLUGIN_FACTORY_ID));
  return run_scenario([&] { return std::make_unique<ClapInstance>(factory); });
}
