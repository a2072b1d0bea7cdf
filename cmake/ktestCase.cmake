# One script's CTest cases: what it needs is asked here, and every property that follows from it is set here.
include_guard(GLOBAL)

# Asks scripts, given as code, what they need: two lines for each, as ktest-cases prints them.
function(_ktest_ask_cases code out)
    get_property(program GLOBAL PROPERTY KTEST_CASES)
    _ktest_quote(program "${program}")
    _ktest_quote(here "${CMAKE_CURRENT_SOURCE_DIR}")
    cmake_language(EVAL CODE "execute_process(COMMAND ${program} ${code} WORKING_DIRECTORY ${here}
        OUTPUT_VARIABLE said ERROR_VARIABLE complaint RESULT_VARIABLE status)")
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "ktest: ${status} ${complaint}")
    endif()
    set(${out} "${said}" PARENT_SCOPE)
endfunction()

# Registers the cases of all scripts in `answers`, with the arguments of the calling function. Those below `base`,
# where it is not empty, are named by their path from there.
function(_ktest_register_cases base)
    _ktest_check_seconds("${arg_TIMEOUT}")
    _ktest_provided(KERNEL)
    _ktest_provided(IMAGE)
    _ktest_list_path(required_kernel file_KERNEL)
    _ktest_list_path(required_image file_IMAGE)
    set(required "${required_kernel};${required_image}")
    _ktest_host_resources()
    get_property(token CACHE KTEST_SKIP_TOKEN PROPERTY VALUE)
    set(options "--bound --ctest ${token}${code_KERNEL}${code_IMAGE}")
    if(arg_TIMEOUT)
        string(APPEND options " --timeout ${arg_TIMEOUT}")
    endif()
    if(NOT code_ARGS STREQUAL "")
        string(PREPEND code_ARGS " --")
    endif()
    while(answers MATCHES "^([^\n]*)\n([^\n]*)\n")
        set(script "${CMAKE_MATCH_1}")
        set(needs "${CMAKE_MATCH_2}")
        string(LENGTH "${CMAKE_MATCH_0}" length)
        string(SUBSTRING "${answers}" ${length} -1 answers)
        _ktest_register_script()
    endwhile()
endfunction()

function(_ktest_register_script)
    _ktest_plain(path script)
    _ktest_list_path(listed script)
    if(EXISTS "${script}")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${listed}")
    endif()
    if(NOT arg_NAME STREQUAL "")
        set(name "${arg_NAME}")
    elseif(base STREQUAL "")
        cmake_path(GET script STEM LAST_ONLY name)
    else()
        cmake_path(RELATIVE_PATH script BASE_DIRECTORY "${base}" OUTPUT_VARIABLE name)
        cmake_path(REMOVE_EXTENSION name LAST_ONLY)
        string(REPLACE "/" "." name "${name}")
    endif()
    if(needs MATCHES "^([0-9]+) ([0-9]+) ([^ ]+) (.*)$")
        set(memory ${CMAKE_MATCH_1})
        set(processors ${CMAKE_MATCH_2})
        set(timeout ${CMAKE_MATCH_3})
        string(REPLACE "," ";" subtests "${CMAKE_MATCH_4}")
    else() # running it tells the same, for whoever looks at the case
        string(REGEX REPLACE "^error " "" why "${needs}")
        message(WARNING "ktest: the case ${name} will fail: ${why}")
        set(memory 0)
        set(processors 1)
        set(timeout -)
        set(subtests -)
    endif()
    if(arg_TIMEOUT)
        set(timeout ${arg_TIMEOUT})
    elseif(timeout STREQUAL "-")
        set(timeout 300) # `ktest run --ctest` has the same
    endif()
    foreach(subtest IN LISTS subtests)
        if(subtest STREQUAL "-")
            _ktest_register_case("${name}" "")
        else()
            _ktest_register_case("${name}.${subtest}" "${subtest}")
        endif()
    endforeach()
endfunction()

# Names are of the characters that CTest, its dashboards, regular expressions and file names bear alike.
function(_ktest_case_name name out)
    string(REGEX REPLACE "[^A-Za-z0-9_.+-]" "_" mapped "${name}")
    get_property(other GLOBAL PROPERTY "KTEST_CASE_${mapped}")
    if(other)
        message(FATAL_ERROR "ktest: two tests have the name '${mapped}': ${other} and ${script}; give one another NAME")
    endif()
    set_property(GLOBAL PROPERTY "KTEST_CASE_${mapped}" "${script}")
    set(${out} "${mapped}" PARENT_SCOPE)
endfunction()

# The properties' long names are CTest's. Those that this version of it does not know yet do no harm.
function(_ktest_register_case name subtest)
    _ktest_case_name("${name}" case)
    set(directory "${CMAKE_CURRENT_BINARY_DIR}/ktest-runs/${case}")
    file(MAKE_DIRECTORY "${directory}")
    _ktest_plain(place directory)
    cmake_language(EVAL CODE "add_test(NAME ${case}
        COMMAND ktest::ktest run ${options} [=====[${path}]=====] ${subtest} ${code_ARGS}
        WORKING_DIRECTORY [=====[${place}]=====])")

    cmake_path(GET script PARENT_PATH suite)
    cmake_path(GET suite FILENAME suite)
    string(REGEX REPLACE "[^A-Za-z0-9_.+-]" "_" suite "${suite}")
    set(labels ktest "${suite}" ${arg_LABELS})
    cmake_path(GET script FILENAME file)
    set(environment KTEST_SOURCE_LINE=1)
    if(listed)
        list(PREPEND environment "KTEST_SOURCE_FILE=${listed}")
    endif()
    set(run "${directory}/.ktest/out/${file}/latest")
    _ktest_list_path(run run)
    if(run)
        set(attached "${run}/kernel.log;${run}/console.log;${run}/junit.xml")
    endif()
    # ktest's own deadlines come first: 240 s to boot without KVM, 20 to shut down, 20 for a panic's last words.
    math(EXPR backstop "${timeout} + 300")
    math(EXPR queued "${backstop} + 3600")
    set_tests_properties(${case} PROPERTIES
        LABELS "${labels}"
        TIMEOUT ${backstop}
        TIMEOUT_AFTER_MATCH "${queued};ktest: .*: waiting for one"
        TIMEOUT_SIGNAL_NAME SIGTERM
        TIMEOUT_SIGNAL_GRACE_PERIOD 10
        PROCESSORS ${processors}
        SKIP_RETURN_CODE 77
        SKIP_REGULAR_EXPRESSION "ktest skipped it: ${token}"
        REQUIRED_FILES "${listed};${required}"
        ATTACHED_FILES_ON_FAIL "${attached}"
        DEF_SOURCE_LINE "${path}:1"
        ENVIRONMENT "${environment}")
    if(memory GREATER 0)
        set_property(TEST ${case} PROPERTY RESOURCE_GROUPS "vm_mem_mib:${memory}")
    endif()
    if(NOT arg_FIXTURES_REQUIRED STREQUAL "")
        set_property(TEST ${case} PROPERTY FIXTURES_REQUIRED "${arg_FIXTURES_REQUIRED}")
    endif()
    if(NOT code_PROPERTIES STREQUAL "")
        cmake_language(EVAL CODE "_ktest_own_properties(${case} ${code_PROPERTIES})")
    endif()
endfunction()

# What a user says of a property comes last; a list is added to, as those who add do not know what stands there.
function(_ktest_own_properties case)
    set(lists LABELS ENVIRONMENT ENVIRONMENT_MODIFICATION REQUIRED_FILES ATTACHED_FILES ATTACHED_FILES_ON_FAIL
        FIXTURES_REQUIRED RESOURCE_LOCK DEPENDS)
    math(EXPR odd "(${ARGC} - 1) % 2")
    if(odd)
        message(FATAL_ERROR "ktest: PROPERTIES are pairs of a name and a value; the last of these has none: ${ARGN}")
    endif()
    set(index 1)
    while(index LESS ARGC)
        math(EXPR value "${index} + 1")
        if("${ARGV${index}}" IN_LIST lists)
            set_property(TEST ${case} APPEND PROPERTY ${ARGV${index}} "${ARGV${value}}")
        else()
            set_property(TEST ${case} PROPERTY ${ARGV${index}} "${ARGV${value}}")
        endif()
        math(EXPR index "${index} + 2")
    endwhile()
endfunction()

# Of a variable that holds a path: no generator expression, whatever it looks like.
macro(_ktest_plain out variable)
    string(REPLACE "$<" "$<1:$><" ${out} "${${variable}}")
endmacro()

# The same as an element of a list. One with a bracket is left out: no list can hold it for certain.
macro(_ktest_list_path out variable)
    if("${${variable}}" MATCHES "[][]")
        set(${out} "")
    else()
        string(REPLACE ";" "\\;" ${out} "${${variable}}")
        _ktest_plain(${out} ${out})
    endif()
endmacro()

function(_ktest_check_seconds text)
    if(NOT "${text}" MATCHES "^([1-9][0-9]*)?$")
        message(FATAL_ERROR "ktest: TIMEOUT '${text}' is not a number of seconds")
    endif()
endfunction()
