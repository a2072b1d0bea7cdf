# Kernels and images as targets.
include_guard(GLOBAL)

# What KERNEL or IMAGE names: code_KERNEL is for the command line, file_KERNEL must be there when a case runs.
macro(_ktest_provided what)
    set(code_${what} "")
    set(file_${what} "")
    _ktest_find_provided(${what} "${arg_${what}}")
endmacro()

function(_ktest_find_provided what given)
    if(given STREQUAL "")
        return()
    endif()
    string(TOLOWER ${what} option)
    if(TARGET "${given}")
        get_target_property(value ${given} KTEST_${what})
        if(NOT value)
            message(FATAL_ERROR "ktest: ${what} ${given} is a target that no ktest_add_${option}() has made")
        endif()
        set_property(TARGET ${given} PROPERTY EXCLUDE_FROM_ALL FALSE)
        set(file "${value}")
    else()
        set(file "${given}")
        cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
        set(value "${file}")
        if(what STREQUAL "KERNEL" AND NOT given MATCHES "/" AND NOT EXISTS "${file}")
            set(value "${given}") # a name of `ktest kernel list`
            set(file "")
        endif()
    endif()
    _ktest_plain(value value)
    _ktest_quote(code "--${option}=${value}")
    set(code_${what} "${code}" PARENT_SCOPE)
    set(file_${what} "${file}" PARENT_SCOPE)
endfunction()

function(_ktest_check_name function)
    if(arg_NAME STREQUAL "")
        message(FATAL_ERROR "${function}: which name? (want NAME target)")
    endif()
endfunction()

# The kernel's own make knows what has changed, so each build asks it; nothing is built for no test.
function(ktest_add_kernel)
    _ktest_read_arguments(ktest_add_kernel ${ARGC} "NAME;SOURCE_DIR;KCONFIG" "CONFIG")
    _ktest_check_name(ktest_add_kernel)
    if(arg_SOURCE_DIR STREQUAL "")
        message(FATAL_ERROR "ktest_add_kernel: which kernel tree? (want SOURCE_DIR tree)")
    endif()
    cmake_path(ABSOLUTE_PATH arg_SOURCE_DIR BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    set(directory "${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}")
    set(options "")
    if(arg_KCONFIG)
        set(kconfig "${arg_KCONFIG}")
        cmake_path(ABSOLUTE_PATH kconfig BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
        if(NOT EXISTS "${kconfig}") # a target of the kernel's make, as `defconfig`
            set(kconfig "${arg_KCONFIG}")
        endif()
        list(APPEND options --kconfig "${kconfig}")
    endif()
    # Selftests that are run with it add what they need.
    set(config "$<REMOVE_DUPLICATES:$<TARGET_PROPERTY:${arg_NAME},KTEST_CONFIG>>")
    add_custom_target(${arg_NAME}
        COMMAND ktest::ktest kernel build -C "${arg_SOURCE_DIR}" --build-dir "${directory}"
            "$<$<BOOL:${config}>:--config;$<JOIN:${config},$<COMMA>>>" ${options}
        COMMENT "Building the kernel ${arg_NAME} from ${arg_SOURCE_DIR}"
        USES_TERMINAL VERBATIM COMMAND_EXPAND_LISTS)
    set_target_properties(${arg_NAME} PROPERTIES KTEST_KERNEL "${directory}" KTEST_CONFIG "${arg_CONFIG}")
endfunction()

function(ktest_add_image)
    _ktest_read_arguments(ktest_add_image ${ARGC} "NAME;SIZE;SUITE" "PACKAGES")
    _ktest_check_name(ktest_add_image)
    set(file "${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}.img")
    set(options "")
    foreach(option SIZE SUITE)
        if(arg_${option})
            string(TOLOWER ${option} word)
            list(APPEND options --${word} "${arg_${option}}")
        endif()
    endforeach()
    if(arg_PACKAGES)
        list(JOIN arg_PACKAGES "," packages)
        list(APPEND options --include "${packages}")
    endif()
    add_custom_command(OUTPUT "${file}"
        COMMAND ktest::create_vm_image ${options} "${file}"
        COMMENT "Making the image ${arg_NAME}"
        USES_TERMINAL VERBATIM)
    add_custom_target(${arg_NAME} DEPENDS "${file}")
    set_target_properties(${arg_NAME} PROPERTIES KTEST_IMAGE "${file}")
endfunction()
