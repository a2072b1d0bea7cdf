# Cases as jobs on other machines. What `ktest launch` starts them by is in these variables, of the project or its cache:
#
#   KTEST_LAUNCHER         `slurm`; `ssh`; or a command line that runs what is put behind it somewhere and ends when it does:
#                          `{cpus}`, `{mem_mib}`, `{disk_mib}`, `{seconds}` and `{name}` stand for what the case needs
#   KTEST_HOSTS            for `ssh`: the hosts, with the processors of each that cases may occupy, `farm1:16 farm2:8`
#   KTEST_LAUNCHER_ARGS    for `slurm`: options of srun, as `--partition=tests --account=kernel`; for `ssh`: its own
#   KTEST_LAUNCHER_CANCEL  for a command line: another, which cancels the job `{name}`
#   KTEST_NODE_CACHE       a directory on each node's own disk, to which ktest copies what all its guests start from
include_guard(GLOBAL)

# QEMU's own memory beside the guest's: its code, what it translates, the disks' caches.
set(_ktest_machine_overhead_mib 256)

# Words as a shell reads them, each as code for an option of its own.
function(_ktest_split_words option text out)
    separate_arguments(words UNIX_COMMAND "${text}")
    set(code "")
    foreach(word IN LISTS words)
        _ktest_plain(word word)
        string(APPEND code " [=====[--${option}=${word}]=====]")
    endforeach()
    set(${out} "${code}" PARENT_SCOPE)
endfunction()

# code_LAUNCHER is for the command line of `ktest launch`, and empty where cases run on this machine.
function(_ktest_read_launcher)
    if("${KTEST_LAUNCHER}" STREQUAL "")
        foreach(variable KTEST_HOSTS KTEST_LAUNCHER_ARGS KTEST_LAUNCHER_CANCEL)
            if(NOT "${${variable}}" STREQUAL "")
                message(FATAL_ERROR "ktest: ${variable} is set, and KTEST_LAUNCHER is not (want slurm, ssh, or a command line)")
            endif()
        endforeach()
        set(code_LAUNCHER "" PARENT_SCOPE)
        return()
    endif()
    set(hosts "")
    if(NOT "${KTEST_HOSTS}" STREQUAL "" AND NOT KTEST_LAUNCHER STREQUAL "ssh")
        message(FATAL_ERROR "ktest: KTEST_HOSTS is for ssh, and KTEST_LAUNCHER is '${KTEST_LAUNCHER}'")
    elseif(KTEST_LAUNCHER STREQUAL "ssh")
        if(NOT "${KTEST_LAUNCHER_CANCEL}" STREQUAL "")
            message(FATAL_ERROR "ktest: KTEST_LAUNCHER_CANCEL is for a command line; what ssh started ends with it")
        endif()
        _ktest_read_hosts()
    elseif(KTEST_LAUNCHER STREQUAL "slurm")
        find_program(KTEST_SRUN srun DOC "Starts jobs of Slurm")
        if(NOT KTEST_SRUN)
            message(FATAL_ERROR "ktest: KTEST_LAUNCHER is slurm, and there is no srun (apt-get install slurm-client)")
        elseif(NOT "${KTEST_LAUNCHER_CANCEL}" STREQUAL "")
            message(FATAL_ERROR "ktest: KTEST_LAUNCHER_CANCEL is for a command line; slurm has its own")
        endif()
    elseif(NOT KTEST_LAUNCHER MATCHES "[ /]")
        message(FATAL_ERROR "ktest: KTEST_LAUNCHER '${KTEST_LAUNCHER}' is not known (want slurm, ssh, or a command line)")
    elseif(NOT "${KTEST_LAUNCHER_ARGS}" STREQUAL "")
        message(FATAL_ERROR "ktest: KTEST_LAUNCHER_ARGS are for slurm and ssh; a command line has its own")
    endif()
    _ktest_split_words(launcher "${KTEST_LAUNCHER}" command)
    _ktest_split_words(argument "${KTEST_LAUNCHER_ARGS}" arguments)
    _ktest_split_words(cancel "${KTEST_LAUNCHER_CANCEL}" cancel)
    set(code_LAUNCHER "${command}${hosts}${arguments}${cancel}" PARENT_SCOPE)
endfunction()

# code_NODE_CACHE is for the command line of `ktest run`. The directory need not be on this machine.
function(_ktest_read_node_cache)
    set(code "")
    if(NOT "${KTEST_NODE_CACHE}" STREQUAL "")
        if(NOT "${KTEST_NODE_CACHE}" MATCHES "^/")
            message(FATAL_ERROR "ktest: KTEST_NODE_CACHE '${KTEST_NODE_CACHE}' is not an absolute path")
        endif()
        _ktest_plain(directory KTEST_NODE_CACHE)
        set(code " [=====[--node-cache=${directory}]=====]")
    endif()
    set(code_NODE_CACHE "${code}" PARENT_SCOPE)
endfunction()

# The hosts of ssh are resources of CTest, which deals them out, by their places in the list. `hosts` is for the command
# line of `ktest launch`.
macro(_ktest_read_hosts)
    string(REGEX REPLACE "[ \t\r\n;]+" ";" words "${KTEST_HOSTS}")
    list(REMOVE_ITEM words "")
    if("${words}" STREQUAL "")
        message(FATAL_ERROR "ktest: KTEST_LAUNCHER is ssh: on which hosts? (want KTEST_HOSTS='farm1:16 farm2:8')")
    endif()
    set(resources "")
    set(names "")
    set(most 0)
    foreach(word IN LISTS words)
        if(NOT word MATCHES "^([A-Za-z0-9_.@:][A-Za-z0-9_.@:-]*):([1-9][0-9]*)$")
            message(FATAL_ERROR "ktest: KTEST_HOSTS: '${word}' is not a host and its processors (want farm1:16)")
        elseif(CMAKE_MATCH_1 IN_LIST names)
            message(FATAL_ERROR "ktest: KTEST_HOSTS: ${CMAKE_MATCH_1} is there twice")
        endif()
        list(LENGTH names id)
        list(APPEND names "${CMAKE_MATCH_1}")
        list(APPEND resources "{ \"id\": \"${id}\", \"slots\": ${CMAKE_MATCH_2} }")
        if(CMAKE_MATCH_2 GREATER most)
            set(most ${CMAKE_MATCH_2})
        endif()
        string(APPEND hosts " --host=${word}")
    endforeach()
    list(JOIN resources ", " resources)
    _ktest_host_resources("${resources}")
    set(most_slots ${most} PARENT_SCOPE)
endmacro()

# ktest's own limit is the timeout and 600 s more, the job's a minute later, and there may be two jobs: `ktest launch`
# checks that this is enough.
macro(_ktest_launch_command)
    math(EXPR overhead "${memory} + ${machines} * ${_ktest_machine_overhead_mib}")
    math(EXPR limit "2 * (${timeout} + 720) + 3600")
    set(command "launch --bound --name ${case} --cpus ${processors} --mem-mib ${overhead} --disk-mib ${disk} \
--timeout ${timeout} --ctest-limit ${limit}${code_LAUNCHER} --")
endmacro()

# What a case occupies is another machine's. CTest's clock starts when the job does, for a queue may take any time; with
# ssh there is none. A case that wants more than any host has gets all of the largest.
macro(_ktest_launched_properties)
    set_tests_properties(${case} PROPERTIES
        TIMEOUT 0
        TIMEOUT_AFTER_MATCH "${limit};ktest: .* runs on "
        PROCESSORS 1)
    if(KTEST_LAUNCHER STREQUAL "ssh")
        set(slots ${processors})
        if(slots GREATER most_slots)
            set(slots ${most_slots})
        endif()
        set_property(TEST ${case} PROPERTY TIMEOUT ${limit})
        set_property(TEST ${case} PROPERTY TIMEOUT_AFTER_MATCH)
        set_property(TEST ${case} PROPERTY RESOURCE_GROUPS "ktest_host:${slots}")
    endif()
endmacro()
