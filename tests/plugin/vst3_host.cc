// A small VST3 host, made of DPF's headers of the format (travesty): vst3_host PLUGIN.so
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>

#include "host.h"
#include "travesty/audio_processor.h"
#include "travesty/bstream.h"
#include "travesty/component.h"
#include "travesty/edit_controller.h"
#include "travesty/events.h"
#include "travesty/factory.h"
#include "travesty/host.h"
#include "travesty/unit.h"

namespace sage::plugin_test {
namespace {

// An object of the format is a pointer to a table of functions. Those of this host live as long as
// it, so nothing counts references.
v3_result no_interface(void*, const v3_tuid, void** object) {
  *object = nullptr;
  return V3_NO_INTERFACE;
}
std::uint32_t one(void*) { return 1; }

template <class Table>
struct Object {
  explicit Object(const Table& functions) : table(functions) {
    table.query_interface = no_interface;
    table.ref = table.unref = one;
  }
  Table table;
  Table* self = &table;
};

struct Application : Object<v3_host_application_cpp> {
  Application() : Object({}) {
    table.app.get_name = [](void*, v3_str_128 name) {
      name[0] = 'h';
      name[1] = 0;
      return v3_result{V3_OK};
    };
    table.app.create_instance = [](void*, v3_tuid, v3_tuid, void**) {
      return v3_result{V3_NOT_IMPLEMENTED};
    };
  }
};

struct StreamTable : v3_funknown {
  v3_bstream stream;
};
struct Stream : Object<StreamTable> {
  std::string bytes;
  std::size_t at = 0;
  Stream() : Object({}) {
    table.stream.read = [](void* self, void* to, std::int32_t size, std::int32_t* done) {
      auto& s = of(self);
      const auto count =
          std::min<std::size_t>(static_cast<std::size_t>(size), s.bytes.size() - s.at);
      std::memcpy(to, s.bytes.data() + s.at, count);
      s.at += count;
      if (done != nullptr) *done = static_cast<std::int32_t>(count);
      return v3_result{V3_OK};
    };
    table.stream.write = [](void* self, void* from, std::int32_t size, std::int32_t* done) {
      of(self).bytes.append(static_cast<const char*>(from), static_cast<std::size_t>(size));
      if (done != nullptr) *done = size;
      return v3_result{V3_OK};
    };
    table.stream.seek = [](void*, std::int64_t, std::int32_t, std::int64_t*) {
      return v3_result{V3_NOT_IMPLEMENTED};
    };
    table.stream.tell = [](void* self, std::int64_t* at_byte) {
      *at_byte = static_cast<std::int64_t>(of(self).at);
      return v3_result{V3_OK};
    };
  }
  static Stream& of(void* self) {
    return *reinterpret_cast<Stream*>(static_cast<char*>(self) - offsetof(Stream, self));
  }
};

struct Events : Object<v3_event_list_cpp> {
  std::vector<v3_event> events;
  Events() : Object({}) {
    table.list.get_event_count = [](void* self) {
      return static_cast<std::uint32_t>(of(self).events.size());
    };
    table.list.get_event = [](void* self, std::int32_t i, v3_event* event) {
      *event = of(self).events[static_cast<std::size_t>(i)];
      return v3_result{V3_OK};
    };
    table.list.add_event = [](void* self, v3_event* event) {
      of(self).events.push_back(*event);
      return v3_result{V3_OK};
    };
  }
  static Events& of(void* self) {
    return *reinterpret_cast<Events*>(static_cast<char*>(self) - offsetof(Events, self));
  }
};

/// One changed parameter with one point at the start of the block.
struct Queue : Object<v3_param_value_queue_cpp> {
  v3_param_id id;
  double value;
  Queue(v3_param_id parameter, double normalised) : Object({}), id(parameter), value(normalised) {
    table.queue.get_param_id = [](void* self) { return of(self).id; };
    table.queue.get_point_count = [](void*) { return std::int32_t{1}; };
    table.queue.get_point = [](void* self, std::int32_t, std::int32_t* offset, double* to) {
      *offset = 0;
      *to = of(self).value;
      return v3_result{V3_OK};
    };
    table.queue.add_point = [](void*, std::int32_t, double, std::int32_t*) {
      return v3_result{V3_NOT_IMPLEMENTED};
    };
  }
  static Queue& of(void* self) {
    return *reinterpret_cast<Queue*>(static_cast<char*>(self) - offsetof(Queue, self));
  }
};
struct Changes : Object<v3_param_changes_cpp> {
  std::vector<std::unique_ptr<Queue>> queues;
  Changes() : Object({}) {
    table.changes.get_param_count = [](void* self) {
      return static_cast<std::int32_t>(of(self).queues.size());
    };
    table.changes.get_param_data = [](void* self, std::int32_t i) {
      return reinterpret_cast<v3_param_value_queue**>(
          &of(self).queues[static_cast<std::size_t>(i)]->self);
    };
    table.changes.add_param_data = [](void*, v3_param_id*, std::int32_t*) {
      return static_cast<v3_param_value_queue**>(nullptr);
    };
  }
  static Changes& of(void* self) {
    return *reinterpret_cast<Changes*>(static_cast<char*>(self) - offsetof(Changes, self));
  }
};

class Vst3Instance : public Instance {
 public:
  explicit Vst3Instance(v3_plugin_factory_cpp** factory) {
    v3_class_info info{};
    (*factory)->v1.get_class_info(factory, 0, &info);
    (*factory)->v1.create_instance(factory, info.class_id, v3_component_iid,
                                   reinterpret_cast<void**>(&component_));
    (*component_)->base.initialize(component_, reinterpret_cast<v3_funknown**>(&application_.self));
    (*component_)
        ->query_interface(component_, v3_audio_processor_iid,
                          reinterpret_cast<void**>(&processor_));
    (*component_)
        ->query_interface(component_, v3_edit_controller_iid,
                          reinterpret_cast<void**>(&controller_));
    v3_process_setup setup{V3_REALTIME, V3_SAMPLE_32, kFrames, kRate};
    (*processor_)->proc.setup_processing(processor_, &setup);
    for (const int direction : {V3_INPUT, V3_OUTPUT})
      (*component_)->comp.activate_bus(component_, V3_EVENT, direction, 0, 1);
    (*component_)->comp.set_active(component_, 1);
    (*processor_)->proc.set_processing(processor_, 1);
    find_parameters();
  }
  ~Vst3Instance() override {
    (*processor_)->proc.set_processing(processor_, 0);
    (*component_)->comp.set_active(component_, 0);
    (*controller_)->unref(controller_);
    (*processor_)->unref(processor_);
    (*component_)->base.terminate(component_);
    (*component_)->unref(component_);
  }

  void set(std::uint32_t id, double value) override {
    const v3_param_id parameter = parameters_.at(id);
    const double normalised =
        (*controller_)->ctrl.plain_parameter_to_normalised(controller_, parameter, value);
    changes_.queues.push_back(std::make_unique<Queue>(parameter, normalised));
  }

  std::string save() override {
    Stream stream;
    (*component_)->comp.get_state(component_, reinterpret_cast<v3_bstream**>(&stream.self));
    return stream.bytes;
  }

  bool restore(const std::string& state) override {
    Stream stream;
    stream.bytes = state;
    return (*component_)
               ->comp.set_state(component_, reinterpret_cast<v3_bstream**>(&stream.self)) == V3_OK;
  }

 protected:
  void process(const std::vector<Message>& messages) override {
    Events in, out;
    for (const Message& message : messages) {
      v3_event event{};
      event.sample_offset = static_cast<std::int32_t>(message.frame);
      const auto channel = static_cast<std::int16_t>(message.note.channel);
      const auto pitch = static_cast<std::int16_t>(message.note.pitch);
      if (message.note.on) {
        event.type = V3_EVENT_NOTE_ON;
        event.note_on = {channel, pitch, 0, 0.7F, 0, -1};
      } else {
        event.type = V3_EVENT_NOTE_OFF;
        event.note_off = {channel, pitch, 0, -1, 0};
      }
      in.events.push_back(event);
    }
    v3_process_context context{};
    context.state = V3_PROCESS_CTX_PLAYING | V3_PROCESS_CTX_PROJECT_TIME_VALID |
                    V3_PROCESS_CTX_TEMPO_VALID | V3_PROCESS_CTX_BAR_POSITION_VALID |
                    V3_PROCESS_CTX_TIME_SIG_VALID;
    context.sample_rate = kRate;
    context.project_time_quarters = quarter;
    context.bar_position_quarters = bar() * 4;
    context.bpm = bpm;
    context.time_sig_numerator = context.time_sig_denom = 4;
    v3_process_data data{};
    data.process_mode = V3_REALTIME;
    data.symbolic_sample_size = V3_SAMPLE_32;
    data.nframes = kFrames;
    Changes changed;  // by the plug-in, of which there are none
    data.output_params = reinterpret_cast<v3_param_changes**>(&changed.self);
    data.input_params = reinterpret_cast<v3_param_changes**>(&changes_.self);
    data.input_events = reinterpret_cast<v3_event_list**>(&in.self);
    data.output_events = reinterpret_cast<v3_event_list**>(&out.self);
    data.ctx = &context;
    (*processor_)->proc.process(processor_, &data);
    changes_.queues.clear();
    for (const v3_event& event : out.events) {
      const auto frame = static_cast<std::uint32_t>(event.sample_offset);
      if (event.type == V3_EVENT_NOTE_ON)
        sent(frame, event.note_on.channel, event.note_on.pitch, true);
      if (event.type == V3_EVENT_NOTE_OFF)
        sent(frame, event.note_off.channel, event.note_off.pitch, false);
    }
  }

 private:
  /// The plug-in's own parameters are the last ones; before them come those of the framework.
  void find_parameters() {
    const std::int32_t count = (*controller_)->ctrl.get_parameter_count(controller_);
    for (std::int32_t i = 0; i < count; ++i) {
      v3_param_info info{};
      (*controller_)->ctrl.get_parameter_info(controller_, i, &info);
      const std::string title(info.title, std::find(info.title, info.title + 128, 0));
      if (title == "Bypass") first_ = i;
      if (first_ >= 0) parameters_[static_cast<std::uint32_t>(i - first_)] = info.param_id;
    }
  }

  Application application_;
  v3_component_cpp** component_ = nullptr;
  v3_audio_processor_cpp** processor_ = nullptr;
  v3_edit_controller_cpp** controller_ = nullptr;
  std::int32_t first_ = -1;
  std::map<std::uint32_t, v3_param_id> parameters_;
  Changes changes_;
};

}  // namespace
}  // namespace sage::plugin_test

int main(int argc, char** argv) {
  using namespace sage::plugin_test;  // NOLINT
  if (argc != 2) return 2;
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::puts(dlerror()), 1;
  const auto enter = reinterpret_cast<bool (*)(void*)>(dlsym(library, "ModuleEntry"));
  const auto get = reinterpret_cast<void* (*)()>(dlsym(library, "GetPluginFactory"));
  if (enter == nullptr || get == nullptr || !enter(library)) return std::puts("no factory"), 1;
  auto** factory = static_cast<v3_plugin_factory_cpp**>(get());
  return run_scenario([&] { return std::make_unique<Vst3Instance>(factory); });
}
