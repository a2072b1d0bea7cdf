# Within another project: its tests are registered while it is being configured, before there is any program of ours.
# So the one that asks scripts what they need is compiled here and now.
set(early "${PROJECT_BINARY_DIR}/early/ktest-cases")
file(GLOB_RECURSE read cli/ktest-cases/*.cpp include/ktest/spec/*.hpp include/ktest/run/ask_*.hpp)
foreach(file IN LISTS read)
    if(NOT EXISTS "${early}" OR "${file}" IS_NEWER_THAN "${early}")
        set(compile TRUE)
    endif()
endforeach()
if(compile)
    message(STATUS "Compiling ktest-cases")
    try_compile(KTEST_CASES_COMPILED
        SOURCES "${PROJECT_SOURCE_DIR}/cli/ktest-cases/main.cpp"
        CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${PROJECT_SOURCE_DIR}/include"
        LINK_OPTIONS -static
        LINK_LIBRARIES fmt::fmt-header-only range-v3::range-v3 tl::expected
        CXX_STANDARD 20 CXX_STANDARD_REQUIRED TRUE
        COPY_FILE "${early}" COPY_FILE_ERROR not_copied
        OUTPUT_VARIABLE said)
    if(NOT KTEST_CASES_COMPILED OR not_copied)
        message(FATAL_ERROR "ktest: ktest-cases cannot be compiled: ${not_copied}\n${said}")
    endif()
endif()
set_property(GLOBAL PROPERTY KTEST_CASES "${early}")
