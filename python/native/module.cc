// The native part of the Python package sage_music.
#include "convert.h"

PYBIND11_MODULE(_native, module) {
  using namespace sage::python;  // NOLINT
  module.attr("__version__") = SAGE_PROJECT_VERSION;
  py::register_exception<Failure>(module, "Error", PyExc_ValueError);
  add_score(module);
  add_tokens(module);
  add_metrics(module);
  add_engine(module);
}
