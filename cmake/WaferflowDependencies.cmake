# Finds what the project stands on: MLIR 22, SystemC, Boost.Graph, Python.
find_program(LLVM_CONFIG NAMES llvm-config-22 llvm-config)
if(LLVM_CONFIG AND NOT MLIR_DIR)
  execute_process(COMMAND ${LLVM_CONFIG} --prefix OUTPUT_VARIABLE WAFERFLOW_LLVM_PREFIX
                  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(MLIR_DIR "${WAFERFLOW_LLVM_PREFIX}/lib/cmake/mlir")
endif()

set(MLIR_LINK_MLIR_DYLIB ON)
find_package(MLIR 22.1 REQUIRED CONFIG)
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")

# Before any target: or an installed module can't find libMLIR.so.
set(CMAKE_INSTALL_RPATH "${LLVM_LIBRARY_DIR}")
set(CMAKE_BUILD_RPATH "${LLVM_LIBRARY_DIR}")
set(LLVM_EXTERNAL_LIT "${LLVM_TOOLS_BINARY_DIR}/lit" CACHE STRING "")

include(TableGen)
include(AddLLVM)
include(AddMLIR)

find_package(PkgConfig REQUIRED)
pkg_check_modules(SystemC REQUIRED IMPORTED_TARGET systemc)
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
find_package(pybind11 CONFIG QUIET)
if(NOT pybind11_FOUND)
  execute_process(COMMAND "${Python_EXECUTABLE}" -m pybind11 --cmakedir
                  OUTPUT_VARIABLE WAFERFLOW_PYBIND11 OUTPUT_STRIP_TRAILING_WHITESPACE
                  COMMAND_ERROR_IS_FATAL ANY)
  find_package(pybind11 REQUIRED CONFIG HINTS "${WAFERFLOW_PYBIND11}")
endif()

find_program(WAFERFLOW_LLD NAMES ld.lld-22)
if(WAFERFLOW_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(--ld-path=${WAFERFLOW_LLD})
endif()
