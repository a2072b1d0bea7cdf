# Kernel tests as CTest cases. `find_package(ktest)` and `add_subdirectory(ktest)` both bring these functions:
#
#   ktest_add_test([NAME name] SCRIPT script... [options])
#       A case for each script, and one `name.subtest` for each of its TESTS. Without NAME, which goes with one
#       script only, a case has the script's file name without its extension.
#   ktest_add_tests(DIRECTORY directory [PATTERN pattern] [options])
#       The same for every file below a directory that matches (default: *.ktest): `directory/a/b.ktest` is `a.b`.
#       New files are found by the next build.
#   ktest_add_kernel(NAME target SOURCE_DIR tree [CONFIG option...] [KCONFIG file])
#   ktest_add_image(NAME target [PACKAGES package...] [SIZE size] [SUITE suite])
#       A kernel, an image, to be named by KERNEL and IMAGE. They are built when a test names them, else only when
#       asked for.
#   ktest_add_kselftests([NAME name] TREE directory TARGETS collection... EACH collection...
#                        [MEM size] [CPUS number] [options but ARGS])
#       The kernel's selftests in a source tree: a case `name.collection` for each of TARGETS, and for each test of the
#       collections in EACH a case `name.collection.test`. `name`, else kselftest, is the target that builds them.
#
# The options:
#   KERNEL file|target|name   IMAGE file|target   what to boot; else what `ktest run` finds
#   TIMEOUT seconds           for the test itself; else what the script says, else 300
#   ARGS word...              for the script, after `deps` too
#   LABELS label...           beside `ktest` and the name of the script's directory
#   FIXTURES_REQUIRED fixture...
#   PROPERTIES name value...  of CTest, last of all; lists are added to, everything else is replaced
#
# KTEST_LAUNCHER, a variable of the project or of its cache, runs each case on another machine: see ktestLauncher.cmake.
#
# A script that cannot say what it needs is a case that fails and says why; the project is configured all the same.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

include(${CMAKE_CURRENT_LIST_DIR}/ktestArguments.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/ktestCase.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/ktestKselftests.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/ktestLauncher.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/ktestProvide.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/ktestResources.cmake)

function(ktest_add_test)
    _ktest_read_arguments(ktest_add_test ${ARGC}
        "NAME;KERNEL;IMAGE;TIMEOUT" "SCRIPT;ARGS;LABELS;FIXTURES_REQUIRED;PROPERTIES")
    if(given_SCRIPT EQUAL 0)
        message(FATAL_ERROR "ktest_add_test: which script? (want SCRIPT file...)")
    elseif(NOT arg_NAME STREQUAL "" AND given_SCRIPT GREATER 1)
        message(FATAL_ERROR "ktest_add_test: NAME '${arg_NAME}' is one name for ${given_SCRIPT} scripts")
    endif()
    _ktest_ask_cases("${code_SCRIPT} -- ${code_ARGS}" answers)
    _ktest_register_cases("")
endfunction()

function(ktest_add_tests)
    _ktest_read_arguments(ktest_add_tests ${ARGC}
        "DIRECTORY;PATTERN;KERNEL;IMAGE;TIMEOUT" "ARGS;LABELS;FIXTURES_REQUIRED;PROPERTIES")
    if(arg_DIRECTORY STREQUAL "")
        message(FATAL_ERROR "ktest_add_tests: which directory? (want DIRECTORY directory)")
    elseif(arg_PATTERN STREQUAL "")
        set(arg_PATTERN "*.ktest")
    endif()
    set(arg_NAME "")
    cmake_path(ABSOLUTE_PATH arg_DIRECTORY BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    # Only so that the build notices files that come and go: a list cannot hold every name that a file can have.
    file(GLOB_RECURSE ignored CONFIGURE_DEPENDS "${arg_DIRECTORY}/${arg_PATTERN}")
    _ktest_quote(below "${arg_DIRECTORY}" "${arg_PATTERN}")
    _ktest_ask_cases("--below ${below} -- ${code_ARGS}" answers)
    _ktest_register_cases("${arg_DIRECTORY}")
endfunction()
