// Scores in Python: MIDI, and notes as structured arrays.
#include <cmath>
#include <filesystem>
#include <string>

#include "convert.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "score/meter_text.h"
#include "score/note_list.h"
#include "score/program_names.h"
#include "score/timeline.h"

namespace sage::python {
namespace {

using TickRow = NoteRow<std::int64_t>;
using TimeRow = NoteRow<double>;

/// Rows of the notes in order; `time` makes a row's time of a tick.
template <class Row, class Time>
py::array_t<Row> rows(const Score& score, Time time) {
  std::vector<Row> out;
  for (const auto& [program, note] : note_list(score)) {
    const auto onset = time(note.onset);
    out.push_back(
        {onset, time(note.onset + note.duration) - onset, program, note.pitch, note.velocity});
  }
  return to_array(std::move(out));
}

py::array notes(const Score& score, const std::string& unit) {
  if (unit == "ticks") return rows<TickRow>(score, [](Tick tick) { return tick.count; });
  if (unit == "quarters") {
    const double quarter = score.ticks_per_quarter;
    return rows<TimeRow>(score,
                         [&](Tick tick) { return static_cast<double>(tick.count) / quarter; });
  }
  if (unit == "seconds") {
    const TempoMap map(score);
    return rows<TimeRow>(score, [&](Tick tick) { return map.seconds_at(tick); });
  }
  throw py::value_error("unit must be 'ticks', 'quarters' or 'seconds', not '" + unit + "'");
}

template <class Row, class Tick_>
std::vector<ListedNote> listed(const py::array_t<Row, py::array::c_style>& array, Tick_ tick) {
  std::vector<ListedNote> out;
  const Row* row = array.data();
  for (const Row* end = row + array.size(); row != end; ++row) {
    const Tick onset = tick(row->onset);
    out.push_back({row->program,
                   {onset, tick(row->onset + row->duration) - onset, row->pitch, row->velocity}});
  }
  return out;
}

/// The array with exactly the fields of a row, in their order and types.
template <class Row>
py::array_t<Row, py::array::c_style> fields_of(const py::array& array) {
  const py::list names =
      py::cast(std::vector<std::string>{"onset", "duration", "program", "pitch", "velocity"});
  const py::object has = array.dtype().attr("names");
  for (const py::handle name : names)
    if (has.is_none() || !has.contains(name))
      throw py::value_error(
          "notes must be an array with the fields onset, duration, program, pitch and velocity");
  auto rows = py::array_t<Row, py::array::c_style>::ensure(array[names]);
  if (!rows) throw py::value_error("the fields of the notes must be numbers");
  return rows;
}

Score from_notes(const py::array& array, const std::string& unit, int ticks_per_quarter,
                 double bpm) {
  if (array.ndim() != 1) throw py::value_error("notes must be an array of one dimension");
  if (unit == "ticks")
    return unwrap(score_of_notes(
        listed(fields_of<TickRow>(array), [](std::int64_t time) { return Tick{time}; }),
        ticks_per_quarter, bpm));
  if (unit != "quarters" && unit != "seconds")
    throw py::value_error("unit must be 'ticks', 'quarters' or 'seconds', not '" + unit + "'");
  const double scale = unit == "quarters" ? ticks_per_quarter : ticks_per_quarter * bpm / 60;
  const auto tick = [&](double time) {
    if (!(time * scale < 1e11)) throw py::value_error("a time of a note is no number");
    return Tick{std::llround(time * scale)};
  };
  return unwrap(score_of_notes(listed(fields_of<TimeRow>(array), tick), ticks_per_quarter, bpm));
}

py::bytes to_midi(const Score& score) {
  const std::vector<std::uint8_t> bytes = write_midi(score);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Score from_midi(const py::bytes& bytes) {
  const std::string_view text = bytes;
  const std::span data(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  return std::move(unwrap(read_midi(data)).score);
}

py::list tempos(const Score& score) {
  py::list out;
  for (const TempoChange& change : score.tempos)
    out.append(py::make_tuple(change.time.count, 60e6 / change.us_per_quarter));
  return out;
}

py::list meters(const Score& score) {
  py::list out;
  for (const MeterChange& change : score.meters)
    out.append(py::make_tuple(change.time.count, meter_text(change.meter)));
  return out;
}

py::list instruments(const Score& score) {
  py::list out;
  for (const Track& track : score.tracks)
    out.append(py::str(std::string(program_name(track.program_or_drum()))));
  return out;
}

std::string repr(const Score& score) {
  return "<sage_music.Score: " + std::to_string(note_count(score)) + " notes in " +
         std::to_string(score.tracks.size()) + " tracks>";
}

}  // namespace

void add_score(py::module_& module) {
  PYBIND11_NUMPY_DTYPE(TickRow, onset, duration, program, pitch, velocity);
  PYBIND11_NUMPY_DTYPE(TimeRow, onset, duration, program, pitch, velocity);
  using namespace py::literals;  // NOLINT
  py::class_<Score>(module, "Score")
      .def_static("from_notes", &from_notes, "notes"_a, "unit"_a = "ticks",
                  "ticks_per_quarter"_a = 480, "tempo"_a = 120.0)
      .def_static("from_midi", &from_midi, "data"_a)
      .def("notes", &notes, "unit"_a = "ticks")
      .def("to_midi", &to_midi)
      .def(
          "write_midi",
          [](const Score& score, const std::filesystem::path& path) {
            py::gil_scoped_release release;
            unwrap(write_midi_file(score, path));
          },
          "path"_a)
      .def_readonly("ticks_per_quarter", &Score::ticks_per_quarter)
      .def_property_readonly("seconds", &duration_seconds)
      .def_property_readonly("tempos", &tempos)
      .def_property_readonly("meters", &meters)
      .def_property_readonly("instruments", &instruments)
      .def("__len__", &note_count)
      .def("__repr__", &repr)
      .def("__eq__", [](const Score& a, const Score& b) { return a == b; })
      .def(py::pickle(&to_midi, &from_midi));
  module.def(
      "read_midi",
      [](const std::filesystem::path& path) {
        py::gil_scoped_release release;
        return std::move(unwrap(read_midi_file(path)).score);
      },
      "path"_a);
  module.attr("DRUMS") = kDrumProgram;
}

}  // namespace sage::python
