// What the parts of the Python module share: errors, notes as rows of an array, arrays without a
// copy.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/error.h"

namespace sage::python {
namespace py = pybind11;

/// Becomes sage_music.Error.
class Failure : public std::runtime_error {
 public:
  explicit Failure(const Error& error) : std::runtime_error(to_string(error)) {}
};

/// The value, or an exception in Python.
template <class T>
T unwrap(Result<T> result) {
  if (!result) throw Failure(result.error());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// An array that owns the vector's memory.
template <class T>
py::array_t<T> to_array(std::vector<T> values, std::vector<py::ssize_t> shape = {}) {
  auto* owned = new std::vector<T>(std::move(values));
  const py::capsule owner(owned, [](void* vector) { delete static_cast<std::vector<T>*>(vector); });
  if (shape.empty()) shape = {static_cast<py::ssize_t>(owned->size())};
  return py::array_t<T>(std::move(shape), owned->data(), owner);
}

/// A row of Score.notes(); times in ticks, or in quarter notes or seconds.
template <class Time>
struct NoteRow {
  Time onset, duration;
  std::int32_t program;
  std::uint8_t pitch, velocity;
};

void add_score(py::module_& module);
void add_tokens(py::module_& module);
void add_metrics(py::module_& module);
void add_engine(py::module_& module);

}  // namespace sage::python
