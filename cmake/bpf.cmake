# BPF programs: compiled by clang from uapi headers alone, so that the object does not depend on the build machine's
# kernel, and embedded in C++ as a libbpf skeleton.

find_program(CLANG NAMES clang clang-14 clang-15 clang-16 clang-19 REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)

# skein_bpf(<target> <folder under src> <name>)
# Builds <folder>/<name>.bpf.c and makes "<folder>/<name>.skel.h" includable for `target`.
function(skein_bpf target folder name)
  set(source ${CMAKE_SOURCE_DIR}/src/${folder}/${name}.bpf.c)
  set(output ${CMAKE_BINARY_DIR}/generated/${folder}/${name})
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/generated/${folder})
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.h)
  add_custom_command(
    OUTPUT ${output}.bpf.o ${output}.skel.h
    COMMAND ${CLANG} -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -I${CMAKE_SOURCE_DIR}/src -isystem /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
            -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -c ${source} -o ${output}.bpf.o
    COMMAND ${BPFTOOL} gen skeleton ${output}.bpf.o name ${name}_bpf > ${output}.skel.h
    DEPENDS ${source} ${headers}
    VERBATIM)
  add_custom_target(${target}_bpf DEPENDS ${output}.skel.h)
  add_dependencies(${target} ${target}_bpf)
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated)
endfunction()
