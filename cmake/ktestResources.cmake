# What this machine has, so that `ctest -j` starts no more guests than its memory holds, and the token by which CTest
# knows that ktest itself, and no guest, says that a test was skipped.
include_guard(GLOBAL)

# A quarter is left to the host: to QEMU's own memory, the files that guests write, whoever else is there.
function(_ktest_guest_memory out)
    cmake_host_system_information(RESULT mib QUERY TOTAL_PHYSICAL_MEMORY)
    foreach(limit /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes)
        if(EXISTS ${limit})
            file(STRINGS ${limit} bytes LIMIT_COUNT 1)
            if(bytes MATCHES "^[0-9]+$" AND bytes LESS 1000000000000000)
                math(EXPR limited "${bytes} >> 20")
                if(limited LESS mib)
                    set(mib ${limited})
                endif()
            endif()
        endif()
    endforeach()
    math(EXPR mib "${mib} / 4 * 3")
    set(${out} ${mib} PARENT_SCOPE)
endfunction()

# CTest takes its specification from this variable in every directory of the build tree. One that the user has set,
# as a normal or a cached variable, stays. `hosts`, where it is not empty, are those of ssh.
function(_ktest_host_resources hosts)
    if(NOT DEFINED CACHE{KTEST_SKIP_TOKEN})
        string(RANDOM LENGTH 32 token)
        set(KTEST_SKIP_TOKEN ${token} CACHE INTERNAL "What ktest says of a skipped test, for CTest alone")
    endif()
    get_property(done GLOBAL PROPERTY KTEST_HOST_RESOURCES)
    get_property(others GLOBAL PROPERTY KTEST_HOST_RESOURCES_SSH)
    if(hosts STREQUAL "")
        set(hosts "${others}")
    elseif(NOT others STREQUAL "" AND NOT others STREQUAL hosts)
        message(FATAL_ERROR "ktest: KTEST_HOSTS is another list here than elsewhere in the project: CTest deals out one")
    endif()
    if(done AND hosts STREQUAL others)
        return()
    endif()
    set_property(GLOBAL PROPERTY KTEST_HOST_RESOURCES TRUE)
    set_property(GLOBAL PROPERTY KTEST_HOST_RESOURCES_SSH "${hosts}")
    if(NOT hosts STREQUAL "")
        set(hosts ", \"ktest_host\": [ ${hosts} ]")
    endif()
    set(file "${CMAKE_BINARY_DIR}/ktest-resources.json")
    _ktest_guest_memory(mib)
    file(CONFIGURE OUTPUT "${file}" CONTENT [[
{
  "version": { "major": 1, "minor": 0 },
  "local": [ { "vm_mem_mib": [ { "id": "host", "slots": @mib@ } ]@hosts@ } ]
}
]] @ONLY)
    if(NOT CTEST_RESOURCE_SPEC_FILE)
        set(CTEST_RESOURCE_SPEC_FILE "${file}" CACHE FILEPATH "What tests that share this machine may use of it")
    endif()
endfunction()
