#include <RtMidi.h>

#include <algorithm>
#include <atomic>

#include "base/hush.h"
#include "base/spsc_queue.h"
#include "live/byte_parser.h"
#include "live/ports/midi_ports.h"

namespace sage::live {
namespace {

constexpr const char* kClient = "sage-music";
constexpr std::size_t kRoom = 4096;

std::vector<RtMidi::Api> systems() {
  std::vector<RtMidi::Api> apis;
  RtMidi::getCompiledApi(apis);
  std::erase(apis, RtMidi::RTMIDI_DUMMY);
  return apis;
}

void remember(RtMidiError::Type, const std::string& message, void* to) {
  *static_cast<std::string*>(to) = message;
}
void ignore(RtMidiError::Type, const std::string&, void*) {}

/// RtMidi reports with exceptions and callbacks; here errors are values. Null where the system does
/// not work.
template <class Port>
std::unique_ptr<Port> make_port(RtMidi::Api api, std::string* problem) {
  const Hush hush;
  std::string said;
  try {
    auto port = std::make_unique<Port>(api, kClient);
    port->setErrorCallback(remember, &said);
    port->getPortCount();  // JACK is only asked now
    port->setErrorCallback(ignore);
    if (said.empty()) return port;
  } catch (const RtMidiError& error) {
    said = error.getMessage();
  }
  if (problem != nullptr) *problem = said;
  return nullptr;
}

std::vector<std::string> names_of(RtMidi& port) {
  std::vector<std::string> names;
  for (unsigned i = 0; i < port.getPortCount(); ++i) names.push_back(port.getPortName(i));
  return names;
}

bool is_own(const std::string& name) { return name.starts_with(kClient); }

/// The number of the first port with `name` in its name.
int find_port(RtMidi& port, const std::string& name) {
  const auto names = names_of(port);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].find(name) != std::string::npos) return static_cast<int>(i);
  return -1;
}

tl::unexpected<Error> no_port(const std::string& direction, const std::string& name) {
  std::string there;
  for (const MidiPorts& system : list_midi_ports())
    for (const std::string& port : direction == "input" ? system.inputs : system.outputs)
      there += (there.empty() ? "" : ", ") + port;
  return fail(ErrorCode::kIo, "no MIDI " + direction + " with '" + name + "' in its name; there " +
                                  (there.empty() ? "is none" : "are " + there));
}

tl::unexpected<Error> no_midi() {
  std::string why;
  for (const MidiPorts& system : list_midi_ports())
    why += (why.empty() ? "" : ", ") + system.system + ": " +
           (system.problem.empty() ? "works" : system.problem);
  return fail(ErrorCode::kIo, "no MIDI on this machine (" + why +
                                  "); load the ALSA sequencer (modprobe snd-seq) or start JACK");
}

template <class Port>
struct Opened {
  std::unique_ptr<Port> port;
  RtMidi::Api api = RtMidi::UNSPECIFIED;
  std::string name;  // of the port connected to; empty: a virtual one
};

template <class Port>
Result<Opened<Port>> open(const std::string& name, const std::string& direction) {
  bool any = false;
  for (const RtMidi::Api api : systems()) {
    auto port = make_port<Port>(api, nullptr);
    if (!port) continue;
    any = true;
    const Hush hush;
    try {
      if (name.empty()) {
        port->openVirtualPort(direction);
        return Opened<Port>{std::move(port), api, ""};
      }
      const int number = find_port(*port, name);
      if (number < 0) continue;
      std::string full = port->getPortName(static_cast<unsigned>(number));
      port->openPort(static_cast<unsigned>(number), direction);
      if (port->isPortOpen()) return Opened<Port>{std::move(port), api, std::move(full)};
    } catch (const RtMidiError&) {
      // The next system may do.
    }
  }
  if (!any) return no_midi();
  return no_port(direction, name);
}

/// RtMidi's own thread stamps and parses, and pushes; the input thread pops.
class RtMidiSource final : public Source {
 public:
  RtMidiSource(Opened<RtMidiIn> opened, const Clock& clock)
      : opened_(std::move(opened)), clock_(clock), queue_(kRoom) {
    opened_.port->ignoreTypes(true, false, true);
    opened_.port->setCallback(&RtMidiSource::arrived, this);
  }
  ~RtMidiSource() override { opened_.port->cancelCallback(); }

  bool receive(std::int64_t, Message& message) noexcept override { return queue_.pop(message); }
  std::int64_t next_time(std::int64_t now) const noexcept override { return now + kPollUs; }
  std::uint64_t dropped() const noexcept override { return dropped_.load(); }

 private:
  static void arrived(double, std::vector<unsigned char>* bytes, void* self) {
    auto& source = *static_cast<RtMidiSource*>(self);
    const std::int64_t now = source.clock_.now();
    for (const unsigned char byte : *bytes)
      if (auto message = source.parser_.push(byte)) {
        message->time_us = now;
        if (!source.queue_.push(*message)) source.dropped_.fetch_add(1);
      }
  }

  Opened<RtMidiIn> opened_;
  const Clock& clock_;
  ByteParser parser_;
  SpscQueue<Message> queue_;
  std::atomic<std::uint64_t> dropped_{0};
};

class RtMidiSink final : public Sink {
 public:
  explicit RtMidiSink(Opened<RtMidiOut> opened) : opened_(std::move(opened)) {}

  Delivery send(const Message& message) noexcept override {
    try {
      opened_.port->sendMessage(message.bytes.data(), message.size);
      return Delivery::kSent;
    } catch (const RtMidiError&) {
      return Delivery::kGone;
    }
  }
  bool alive() override {
    if (opened_.name.empty()) return true;
    const auto probe = make_port<RtMidiOut>(opened_.api, nullptr);
    if (!probe) return false;
    const auto names = names_of(*probe);
    return std::find(names.begin(), names.end(), opened_.name) != names.end();
  }
  bool reopen() override {
    auto again = open<RtMidiOut>(opened_.name, "output");
    if (!again) return false;
    opened_ = *std::move(again);
    return true;
  }

 private:
  Opened<RtMidiOut> opened_;
};

}  // namespace

std::vector<MidiPorts> list_midi_ports() {
  std::vector<MidiPorts> all;
  for (const RtMidi::Api api : systems()) {
    MidiPorts ports;
    ports.system = RtMidi::getApiDisplayName(api);
    if (const auto in = make_port<RtMidiIn>(api, &ports.problem)) ports.inputs = names_of(*in);
    if (const auto out = make_port<RtMidiOut>(api, &ports.problem)) ports.outputs = names_of(*out);
    std::erase_if(ports.inputs, is_own);
    std::erase_if(ports.outputs, is_own);
    all.push_back(std::move(ports));
  }
  return all;
}

Result<std::unique_ptr<Source>> open_midi_input(const std::string& name, const Clock& clock) {
  auto opened = open<RtMidiIn>(name, "input");
  if (!opened) return tl::unexpected(opened.error());
  return std::make_unique<RtMidiSource>(*std::move(opened), clock);
}

Result<std::unique_ptr<Sink>> open_midi_output(const std::string& name) {
  auto opened = open<RtMidiOut>(name, "output");
  if (!opened) return tl::unexpected(opened.error());
  return std::make_unique<RtMidiSink>(*std::move(opened));
}

}  // namespace sage::live
