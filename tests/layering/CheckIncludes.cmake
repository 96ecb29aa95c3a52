# Do the leaves and the simulator stay free of MLIR?
#
# cmake -DROOT=<source tree> -P CheckIncludes.cmake
#
# Fails with one line an include of MLIR or of a layer above, or of LLVM anywhere but in
# simulator/machine's .cpp files, which read YAML with it.
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE files RELATIVE "${ROOT}"
     "${ROOT}/simulator/*.h" "${ROOT}/simulator/*.cpp"
     "${ROOT}/models/masks/*.h" "${ROOT}/models/masks/*.cpp")
if(NOT files)
  message(FATAL_ERROR "no source file under ${ROOT}")
endif()
set(wrong "")
foreach(file ${files})
  file(STRINGS "${ROOT}/${file}" includes
       REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"](mlir|llvm|dialects|compiler|runtime)/")
  foreach(include ${includes})
    if(file MATCHES "^simulator/machine/[^/]*\\.cpp$" AND include MATCHES "[<\"]llvm/")
      continue()
    endif()
    list(APPEND wrong "${file}: ${include}")
  endforeach()
endforeach()
list(LENGTH files count)
if(wrong)
  list(JOIN wrong "\n" text)
  message(FATAL_ERROR "includes from above:\n${text}")
endif()
message(STATUS "${count} files are clean")
