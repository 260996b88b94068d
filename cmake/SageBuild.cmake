# The vocabulary of the build: layers, registries, tests.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(SAGE_CCACHE ccache)
if(SAGE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SAGE_CCACHE})
endif()

add_library(sage_flags INTERFACE)
# GCC 12 sees overlaps in std::string where there are none (its bug 105651), hence the last one.
target_compile_options(sage_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow
                       -Wno-missing-field-initializers  # designated ones leave defaults on purpose
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(SAGE_SANITIZE)
  target_compile_options(sage_flags INTERFACE -fsanitize=${SAGE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(sage_flags INTERFACE -fsanitize=${SAGE_SANITIZE})
endif()
if(SAGE_FUZZ)
  target_compile_options(sage_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# sage_layer(NAME [SHARED] SOURCES ... [USES layer...] [LINKS target...])
#
# A layer is a static library (with SHARED, a shared one) that sees only the layers it USES (and what those see). Each layer's
# headers are reachable through a directory of their own that holds one link, <build>/layers/NAME/NAME ->
# src/NAME, so `#include "midi/reader.h"` fails to compile in a layer that does not use midi.
function(sage_layer name)
  cmake_parse_arguments(arg "SHARED" "" "SOURCES;USES;LINKS" ${ARGN})
  set(kind STATIC)
  if(arg_SHARED)
    set(kind SHARED)
  endif()
  set(view ${PROJECT_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${view}/${name} SYMBOLIC)
  add_library(sage_${name} ${kind} ${arg_SOURCES})
  target_include_directories(sage_${name} PUBLIC $<BUILD_INTERFACE:${view}>)
  list(TRANSFORM arg_USES PREPEND sage_)
  target_link_libraries(sage_${name} PUBLIC ${arg_USES} ${arg_LINKS} PRIVATE $<BUILD_INTERFACE:sage_flags>)
  set_property(GLOBAL APPEND PROPERTY SAGE_LAYERS ${name})
endfunction()

# sage_registry(LAYER REGISTRY TYPE HEADER words...)
#
# Writes <REGISTRY>_registry.cc, the list of a layer's variants, into the layer. Each word names one
# variant: a `const TYPE& word_REGISTRY()` that the variant's own file defines. HEADER declares TYPE and
# `std::span<const TYPE* const> REGISTRY_registry()`. No static initialiser registers anything.
function(sage_registry layer registry type header)
  set(declarations "")
  set(entries "")
  foreach(word IN LISTS ARGN)
    string(APPEND declarations "const ${type}& ${word}_${registry}();\n")
    string(APPEND entries "      &${word}_${registry}(),\n")
  endforeach()
  set(file ${CMAKE_CURRENT_BINARY_DIR}/${registry}_registry.cc)
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT [[// Written by cmake/SageBuild.cmake (sage_registry).
#include <span>

#include "@header@"

namespace sage {
@declarations@
std::span<const @type@* const> @registry@_registry() {
  static const @type@* const entries[] = {
@entries@  };
  return entries;
}
}  // namespace sage
]])
  target_sources(sage_${layer} PRIVATE ${file})
endfunction()

# sage_test(NAME SOURCES ... USES layer... [LINKS target...]): one GoogleTest program, one ctest entry a test.
function(sage_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;LINKS" ${ARGN})
  list(TRANSFORM arg_USES PREPEND sage_)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_USES} ${arg_LINKS} sage_flags sage_test_support
                                        rapidcheck GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endfunction()
