# A layer is one folder under src/: a static library of its .cc files, and one test program of its *_test.cc files.
# Files are found by their names, so adding one needs no edit here. The builds with sanitizers compile a layer's files
# eight at a time (CMAKE_UNITY_BUILD of the presets), in half the time: names in unnamed namespaces are unique in a layer.

find_package(PkgConfig REQUIRED)
find_package(GTest REQUIRED)
find_package(Threads REQUIRED)
include(GoogleTest)

# skein_layer(<name> [UNITS_BY_ROOM] [NEEDS <layers…>] [ROOMS <folders…>] [LINK <targets…>] [PKG <pkg-config modules…>])
# ROOMS are its folders in the order of their dependencies, for tools/check_layers. With UNITS_BY_ROOM no files of two rooms
# are compiled as one, so that programs hold only the rooms that they use, and load no libraries of others. Makes
# skein_<name> and, if the folder has tests, <name>_test.
function(skein_layer name)
  cmake_parse_arguments(ARG "UNITS_BY_ROOM" "" "NEEDS;ROOMS;LINK;PKG;TEST_LINK" ${ARGN})
  set(folder ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  set(libraries "")
  foreach(layer ${ARG_NEEDS})
    list(APPEND libraries skein_${layer})
  endforeach()
  foreach(module ${ARG_PKG})
    string(MAKE_C_IDENTIFIER ${module} id)
    if(NOT TARGET PkgConfig::${id})
      pkg_check_modules(${id} REQUIRED IMPORTED_TARGET GLOBAL ${module})
    endif()
    list(APPEND libraries PkgConfig::${id})
  endforeach()
  list(APPEND libraries ${ARG_LINK})

  if(sources)
    add_library(skein_${name} STATIC ${sources})
    target_include_directories(skein_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(skein_${name} PUBLIC ${libraries})
    if(ARG_UNITS_BY_ROOM)
      set_target_properties(skein_${name} PROPERTIES UNITY_BUILD_MODE GROUP)
      foreach(source ${sources})
        string(REGEX REPLACE "^${folder}/([^/]*)/.*" "\\1" room ${source})
        set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${room})
      endforeach()
    endif()
  else()
    add_library(skein_${name} INTERFACE)
    target_include_directories(skein_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(skein_${name} INTERFACE ${libraries})
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE skein_${name} ${ARG_TEST_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE SKEIN_TEST_DATA="tests/data")
    # What is tested is watched by the address sanitizer; the tests themselves would take twice as long to compile. (The
    # thread sanitizer must see everything.)
    if(SKEIN_SANITIZE MATCHES "address")
      target_compile_options(${name}_test PRIVATE -fno-sanitize=all)
    endif()
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS unit TIMEOUT 600)
  endif()
endfunction()
