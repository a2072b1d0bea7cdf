#include "catch.hpp"
#include "unit/spec/spec_test.hpp"
#include <ktest/kernel/module_files.hpp>

using namespace ktest;

TEST_CASE("modules are found in a build tree by what its build says, elsewhere by looking", "[symbols]") {
    spec_test::scratch_directory const place;
    place.write("build/vmlinux", "");
    place.write("build/modules.order", "drivers/net/my-net.o\nfs/it.ko\n");
    place.write("build/drivers/other.ko", "");
    place.write("installed/kernel/lib/crc4.ko.xz", "");
    place.write("installed/kernel/fs/it.ko", "");
    place.write("installed/kernel/fs/it.ko.txt", "");
    module_files files{{place.path / "nowhere", place.path / "build", place.path / "installed"}};
    CHECK(files.find("my_net") == place.path / "build/drivers/net/my-net.ko");
    CHECK(files.find("it") == place.path / "build/fs/it.ko"); // the first directory wins
    CHECK(files.find("crc4") == place.path / "installed/kernel/lib/crc4.ko.xz");
    CHECK_FALSE(files.find("other")); // not of this build any more
    CHECK_FALSE(files.find("nothing"));
}
