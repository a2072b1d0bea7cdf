# What `cmake --install` puts where, and the package that `cpack` makes of it. The CMake package is in share, where a
# project without a language looks, too.
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_DATADIR}/cmake/ktest)
install(EXPORT ktest NAMESPACE ktest:: DESTINATION ${package} FILE ktestTargets.cmake)
install(EXPORT ktest-core NAMESPACE ktest:: DESTINATION ${package} FILE ktestCoreTargets.cmake)
set(libexec_directory ${CMAKE_INSTALL_LIBEXECDIR}/ktest)
configure_package_config_file(cmake/ktestConfig.cmake.in ${PROJECT_BINARY_DIR}/ktestConfig.cmake
    INSTALL_DESTINATION ${package} PATH_VARS libexec_directory
    NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ktestConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
    ${PROJECT_BINARY_DIR}/ktestConfig.cmake ${PROJECT_BINARY_DIR}/ktestConfigVersion.cmake
    cmake/ktest.cmake cmake/ktestArguments.cmake cmake/ktestCase.cmake cmake/ktestKselftests.cmake cmake/ktestLauncher.cmake
    cmake/ktestProvide.cmake cmake/ktestResources.cmake
    DESTINATION ${package})
install(DIRECTORY cmake/kselftest DESTINATION ${package} USE_SOURCE_PERMISSIONS)

if(PROJECT_IS_TOP_LEVEL)
    set(CPACK_PACKAGE_NAME ktest)
    set(CPACK_PACKAGE_VENDOR ktest)
    set(CPACK_PACKAGE_CONTACT "ktest <ktest@localhost>")
    set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
    set(CPACK_GENERATOR DEB)
    set(CPACK_STRIP_FILES ON)
    set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
    set(CPACK_DEBIAN_PACKAGE_SECTION devel)
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON) # the libraries; what follows is what ktest runs
    set(CPACK_DEBIAN_PACKAGE_DEPENDS "qemu-system-x86, e2fsprogs, kmod, openssh-client")
    set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "mmdebstrap | debootstrap, uidmap, util-linux, gdb, xz-utils, zstd")
    set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake (>= 3.25), g++ (>= 12), libboost1.81-dev, libfmt-dev, librange-v3-dev, \
libexpected-dev, nlohmann-json3-dev, libarchive-dev, libxxhash-dev")
    include(CPack)
endif()
