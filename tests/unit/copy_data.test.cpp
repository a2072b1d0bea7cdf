#include "catch.hpp"
#include <ktest/copy_data.hpp>
#include <ktest/file.hpp>

#include <sys/mman.h>
#include <sys/stat.h>

namespace {

using namespace ktest;

auto in_memory() -> descriptor { return descriptor{::memfd_create("test", MFD_CLOEXEC)}; }

} // namespace

TEST_CASE("A copy has the data of a sparse file at its places, and its holes") {
    auto const from = in_memory();
    auto const to = in_memory();
    constexpr off_t size = 64 << 20;
    REQUIRE(::ftruncate(from.get(), size) == 0);
    REQUIRE(::pwrite(from.get(), "begin", 5, 0) == 5);
    REQUIRE(::pwrite(from.get(), "middle", 6, size / 2 + 17) == 6);
    REQUIRE(copy_data(from.get(), to.get(), "copy"));
    struct stat status {};
    REQUIRE(::fstat(to.get(), &status) == 0);
    CHECK(status.st_size == size);
    CHECK(status.st_blocks * 512 < size / 4);
    std::string text(6, '\0');
    REQUIRE(::pread(to.get(), text.data(), 6, size / 2 + 17) == 6);
    CHECK(text == "middle");
    REQUIRE(::pread(to.get(), text.data(), 5, 0) == 5);
    CHECK(text == "begine");
}

TEST_CASE("A file that is all hole, or empty, is copied too") {
    for (off_t const size : {off_t{0}, off_t{1} << 20}) {
        auto const from = in_memory();
        auto const to = in_memory();
        REQUIRE(::ftruncate(from.get(), size) == 0);
        REQUIRE(copy_data(from.get(), to.get(), "copy"));
        CHECK(::lseek(to.get(), 0, SEEK_END) == size);
    }
}

TEST_CASE("A copy that does not fit says where") {
    auto const from = in_memory();
    REQUIRE(::pwrite(from.get(), "x", 1, 0) == 1);
    descriptor const full{::open("/dev/full", O_RDWR | O_CLOEXEC)};
    auto const copied = copy_data(from.get(), full.get(), "/templates/memory");
    REQUIRE_FALSE(copied);
    CHECK(copied.error().message.starts_with("/templates/memory: "));
}
