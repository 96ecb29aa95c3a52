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

# wf_add_mlir_library(NAME SOURCES... [LINK libs...] [DEPENDS tablegen targets...])
function(wf_add_mlir_library name)
  cmake_parse_arguments(ARG "" "" "LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC waferflow_mlir_options ${ARG_LINK} MLIR LLVM)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()
