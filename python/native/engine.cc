// Engines in Python. Everything that computes releases the interpreter's lock.
#include <cmath>
#include <optional>
#include <tuple>

#include "convert.h"
#include "generate/engine.h"
#include "generate/generator.h"
#include "generate/infill.h"
#include "generate/likelihood.h"
#include "generate/note_feed.h"
#include "generate/request_json.h"

namespace sage::python {
namespace {

using Shared = std::shared_ptr<const Engine>;

/// pybind11 holds no pointers to const.
struct PyEngine {
  Shared engine;
};

/// Throws what a signal's handler raised.
void let_python_error_out() {
  py::gil_scoped_acquire acquire;
  if (PyErr_Occurred() != nullptr) throw py::error_already_set();
}

/// Between bars, Python may stop the work (Ctrl+C).
void let_python_interrupt() {
  py::gil_scoped_acquire acquire;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

Score generate(const PyEngine& self, const std::string& json, const std::optional<Score>& prompt) {
  Request request = unwrap(request_from_json(json, *self.engine, prompt.has_value()));
  request.prompt = prompt;
  Generator generator = unwrap(Generator::create(self.engine, request));
  for (;;) {
    const ReadEvent event = generator.next();
    if (event.type == ReadEvent::Type::kEnd) return generator.score();
    if (event.type == ReadEvent::Type::kBar) let_python_interrupt();
  }
}

Score infill_piece(const PyEngine& self, const std::string& json, const Score& piece) {
  InfillRequest request = unwrap(infill_request_from_json(json));
  request.piece = piece;
  return unwrap(infill(self.engine, request,
                       [](int, int) {
                         let_python_interrupt();
                         return true;
                       }))
      .score;
}

/// Nats of all notes together, and their number.
std::pair<double, std::size_t> likelihood_of(const PyEngine& self, const Score& score) {
  const auto ids = unwrap(self.engine->tokenizer().encode(score));
  Workspace workspace(self.engine->model().config());
  const Likelihood found = unwrap(likelihood(*self.engine, ids, workspace));
  return {found.nats, found.notes};
}

py::dict info(const PyEngine& self) {
  const Engine& engine = *self.engine;
  py::dict out;
  out["hash"] = engine.weights().hash();
  const auto licence = engine.weights().metadata().find(std::string(kLicenceKey));
  out["licence"] = licence == engine.weights().metadata().end() ? "" : licence->second;
  out["type"] = std::string(to_string(engine.weights().type()));
  out["context"] = engine.context();
  out["tokenizer"] = describe(engine.tokenizer().config());
  return out;
}

std::optional<WeightType> type_of(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  return unwrap(weight_type_from_string(*name));
}

/// Times in quarter notes, as Python has them, and in the stream's ticks.
class PyStream {
 public:
  explicit PyStream(Stream stream) : feed_(std::move(stream)) {}

  std::optional<std::tuple<double, double, int, int, int>> next(double until) {
    const auto note = feed_.next(tick(until), [] {
      py::gil_scoped_acquire acquire;
      return PyErr_CheckSignals() != 0;  // Ctrl+C
    });
    let_python_error_out();
    if (!note) return std::nullopt;
    return std::tuple(quarters(note->note.onset), quarters(note->note.duration), note->program,
                      static_cast<int>(note->note.pitch), static_cast<int>(note->note.velocity));
  }
  void push(int program, double onset, double duration, int pitch, int velocity) {
    if (pitch < 0 || pitch > 127 || velocity < 1 || velocity > 127)
      throw py::value_error("pitches lie in 0..127, velocities in 1..127");
    unwrap(feed_.push(program, {tick(onset), tick(duration), static_cast<std::uint8_t>(pitch),
                                static_cast<std::uint8_t>(velocity)}));
  }
  void hear(double time) { feed_.hear(tick(time)); }
  void rewind(double time) { feed_.rewind(tick(time)); }
  void change(const std::string& json) { unwrap(change_stream(feed_.stream(), json)); }
  Score score() const { return feed_.stream().score(); }
  double end_of_bar(int number) const {
    Tick end;
    for (int bar = 0; bar <= number; ++bar) end = feed_.stream().bar_at(end).end();
    return quarters(end);
  }

 private:
  Tick tick(double time) const {
    if (!(time >= 0 && time < 1e9)) throw py::value_error("times are quarter notes from 0 on");
    return {std::llround(time * feed_.stream().grid())};
  }
  double quarters(Tick time) const {
    return static_cast<double>(time.count) / feed_.stream().grid();
  }

  NoteFeed feed_;
};

}  // namespace

void add_engine(py::module_& module) {
  using namespace py::literals;  // NOLINT
  using Release = py::call_guard<py::gil_scoped_release>;
  py::class_<PyEngine>(module, "Engine")
      .def(py::init([](const std::filesystem::path& path, const std::optional<std::string>& type) {
             return PyEngine{unwrap(Engine::open(path, type_of(type)))};
           }),
           "path"_a, "type"_a = py::none(), Release())
      .def_static(
          "from_bytes",
          [](const py::bytes& bytes) {
            const std::string_view text = bytes;
            const std::span data(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
            py::gil_scoped_release release;
            return PyEngine{unwrap(Engine::open(data))};
          },
          "data"_a)
      .def_property_readonly("info", &info)
      .def_property_readonly("tokenizer",
                             [](const PyEngine& self) { return self.engine->tokenizer(); })
      .def("generate", &generate, "request"_a, "prompt"_a = py::none(), Release())
      .def("infill", &infill_piece, "request"_a, "piece"_a, Release())
      .def(
          "stream",
          [](const PyEngine& self, const std::string& options) {
            return PyStream(
                unwrap(Stream::create(self.engine, unwrap(stream_options_from_json(options)))));
          },
          "options"_a, Release())
      .def("likelihood", &likelihood_of, "score"_a, Release());
  py::class_<PyStream>(module, "Stream")
      .def("next", &PyStream::next, "until"_a, Release())
      .def("push", &PyStream::push, "program"_a, "onset"_a, "duration"_a, "pitch"_a,
           "velocity"_a = 80, Release())
      .def("hear", &PyStream::hear, "time"_a, Release())
      .def("rewind", &PyStream::rewind, "time"_a, Release())
      .def("change", &PyStream::change, "changes"_a, Release())
      .def("score", &PyStream::score)
      .def("end_of_bar", &PyStream::end_of_bar, "number"_a);
}

}  // namespace sage::python
