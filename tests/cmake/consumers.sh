# Every way to use ktest from CMake gives the tests that it should, property by property.
. "$(dirname "$0")/project.sh" || exit

case_installed() {
    configure "$projects/installed"
    expect 0 cmake --build build
    lists_as "$projects/installed/expected.txt"
    # What CTest tells from 3.30 on.
    grep -qF "DEF_SOURCE_LINE \"$projects/installed/one.ktest:1\"" build/CTestTestfile.cmake || fail "no DEF_SOURCE_LINE"
    grep -qF 'TIMEOUT_SIGNAL_NAME "SIGTERM"' build/CTestTestfile.cmake || fail "no TIMEOUT_SIGNAL_NAME"
    [ "$(ctest --test-dir build -N | grep -c 'Test *#')" = 9 ] || fail "ctest -N"
    [ "$(ctest --test-dir build -N -L '^deep$' | grep -c 'Test *#')" = 1 ] || fail "ctest -L"
}

case_moved() { # the installation, somewhere else than it was installed
    cp -r "$PREFIX" "$sandbox/moved here"
    PREFIX="$sandbox/moved here"
    configure "$projects/installed"
    lists_as "$projects/installed/expected.txt"
    expect 0 "$PREFIX/bin/ktest" list "$projects/installed/one.ktest"
    ! grep -rqF "$KTEST_BUILD" "$PREFIX/share" || fail "the build tree is named in $(grep -rlF "$KTEST_BUILD" "$PREFIX/share")"
}

case_subdirectory() {
    configure "$projects/subdirectory" -DKTEST_SOURCE="$projects/../.." -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
    expect 0 cmake --build build --target ktest-cases
    cp "$KTEST" build/ktest/ # built elsewhere, to save the time
    lists_as "$projects/subdirectory/expected.txt"
    ! grep -q -e -Werror -e -Wall build/compile_commands.json || fail "ktest is compiled with warnings"
    ! grep -q -e /tests/unit/ build/compile_commands.json || fail "ktest's own tests are compiled"
}

case_core() {
    configure "$projects/core"
    expect 0 cmake --build build
    expect 0 build/core
}

case_provided() { # kernels and images: what is built, and when
    write_test it 'echo MEM=256M'
    project 'ktest_add_kernel(NAME debug SOURCE_DIR linux CONFIG KASAN BCACHE=m KCONFIG defconfig)' \
        'ktest_add_image(NAME big PACKAGES gcc make SIZE 4G SUITE trixie)' \
        'ktest_add_kernel(NAME unused SOURCE_DIR linux)' \
        'ktest_add_test(NAME with SCRIPT it KERNEL debug IMAGE big)'
    local build=$work/build
    ninja -C build -t commands all | tr -d "\"'" >commands
    grep -qF "ktest kernel build -C $work/linux --build-dir $build/debug --config KASAN,BCACHE=m --kconfig defconfig" commands \
        || fail "the kernel is not built so: $(cat commands)"
    grep -qF "create_vm_image --size 4G --suite trixie --include gcc,make $build/big.img" commands \
        || fail "the image is not made so: $(cat commands)"
    ! grep -q /unused commands || fail "a kernel that no test names is built"
    list_tests
    for word in "--kernel=BUILD/debug" "--image=BUILD/big.img"; do
        grep -qxF "    word $word" listing || fail "no word $word: $(cat listing)"
    done
    grep -qF 'REQUIRED_FILES [ "SOURCE/it", "BUILD/debug", "BUILD/big.img" ]' listing || fail "not required: $(cat listing)"
    expect 1 cmake --build build --target unused # there is no such tree, and ktest says so
    grep -q "ktest: .*$work/linux" "$sandbox/out" "$sandbox/err" || fail "it does not say why"
}

case_launched() { # what a case needs is told to the launcher; what it occupies is another machine's
    write_test it 'echo MEM=512M' 'echo SCRATCH=1G,500M' 'echo CPUS=4' 'echo TIMEOUT=100'
    write_test nodes 'echo MEM=512M' 'echo NODES=a,b' 'echo SCRATCH.b=1G'
    project_options=('-DKTEST_LAUNCHER=run-on "a b" {name}' '-DKTEST_LAUNCHER_CANCEL=cancel {name}'
        '-DKTEST_NODE_CACHE=/local disk')
    project 'ktest_add_test(SCRIPT it ARGS x)' 'ktest_add_test(SCRIPT nodes TIMEOUT 50)'
    list_tests
    sed -n '/^it$/,/^    ATTACHED/s/^    word //p' listing | tr '\n' '|' >words
    grep -qxF "PREFIX/bin/ktest|launch|--bound|--name|it|--cpus|4|--mem-mib|768|--disk-mib|1524|--timeout|100|--ctest-limit|5240|\
--launcher=run-on|--launcher=a b|--launcher={name}|--cancel=cancel|--cancel={name}|--|--bound|--ctest|TOKEN|--node-cache=/local disk|SOURCE/it|--|x|" words \
        || fail "not these words: $(cat words)"
    sed -n '/^nodes$/,/^    ATTACHED/s/^    word //p' listing | tr '\n' '|' >words
    grep -qF '|--cpus|2|--mem-mib|1536|--disk-mib|1024|--timeout|50|' words || fail "not these words: $(cat words)"
    ! grep -qE 'PROCESSORS|RESOURCE_GROUPS' listing || fail "a case occupies this machine: $(cat listing)"
    grep -qxF '    TIMEOUT_AFTER_MATCH { "regex" : [ "ktest: .* runs on " ], "timeout" : 5240.0 }' listing \
        || fail "CTest's limit is another: $(cat listing)"
}

case_package() {
    command -v dpkg-shlibdeps >/dev/null || skip "no dpkg-shlibdeps (apt-get install dpkg-dev)"
    expect 0 cpack --config "$KTEST_BUILD/CPackConfig.cmake" -B "$work/package"
    local package=("$work"/package/ktest_*.deb)
    dpkg-deb --field "$package" Depends >depends
    for needed in libarchive13 libc6 libstdc++6 qemu-system-x86 e2fsprogs openssh-client; do
        grep -qF "$needed" depends || fail "does not depend on $needed: $(cat depends)"
    done
    dpkg-deb --extract "$package" root
    PREFIX=$work/root/usr
    configure "$projects/installed"
    lists_as "$projects/installed/expected.txt"
}

"case_$1"
