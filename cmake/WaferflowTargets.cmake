# Two kinds of library: leaves that know nothing of MLIR, and those that do.

add_library(waferflow_options INTERFACE)
target_include_directories(waferflow_options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}")
target_compile_options(waferflow_options INTERFACE -Wall -Wextra -Wno-unused-parameter)
if(WAFERFLOW_WERROR)
  target_compile_options(waferflow_options INTERFACE -Werror)
endif()

add_library(waferflow_mlir_options INTERFACE)
target_link_libraries(waferflow_mlir_options INTERFACE waferflow_options)
target_include_directories(waferflow_mlir_options SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_compile_definitions(waferflow_mlir_options INTERFACE ${LLVM_DEFINITIONS_LIST})

# wf_add_leaf(NAME SOURCES... [LINK libs...]): no MLIR header is reachable from here.
function(wf_add_leaf name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC waferflow_options ${ARG_LINK})
endfunction()

# MLIR's headers are precompiled once; ccache needs to be told that it may look
# behind them.
option(WAFERFLOW_PCH "precompile MLIR's headers" ON)
if(WAFERFLOW_PCH)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
  endif()
  foreach(language C CXX)
    if("${CMAKE_${language}_COMPILER_LAUNCHER}" MATCHES "ccache$")
      set(CMAKE_${language}_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
          CCACHE_SLOPPINESS=pch_defines,time_macros ccache)
    endif()
  endforeach()
  add_library(waferflow_mlir_pch OBJECT "${PROJECT_SOURCE_DIR}/cmake/pch.cpp")
  target_link_libraries(waferflow_mlir_pch PRIVATE waferflow_mlir_options)
  target_precompile_headers(waferflow_mlir_pch PRIVATE "${PROJECT_SOURCE_DIR}/cmake/pch.h")
endif()

# wf_add_mlir_library(NAME SOURCES... [LINK libs...] [DEPENDS tablegen targets...])
function(wf_add_mlir_library name)
  cmake_parse_arguments(ARG "" "" "LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC waferflow_mlir_options ${ARG_LINK} MLIR LLVM)
  if(WAFERFLOW_PCH)
    target_precompile_headers(${name} REUSE_FROM waferflow_mlir_pch)
  endif()
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()
