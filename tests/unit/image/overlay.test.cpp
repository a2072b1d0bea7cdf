#include "catch.hpp"
#include <ktest/capture.hpp>
#include <ktest/file.hpp>
#include <ktest/image/overlay.hpp>

using namespace ktest;
using namespace ktest::literals;

TEST_CASE("QEMU's own tool finds nothing wrong with an empty overlay", "[overlay]") {
    auto const size = GENERATE(bytes{512}, 1_MiB, 512_MiB, 2_GiB, bytes{(2_GiB).count + 512}, 2048_GiB);
    auto const path = std::filesystem::temp_directory_path() / fmt::format("overlay-{}.qcow2", ::getpid());
    REQUIRE(write_file(path, empty_overlay(size)));
    auto const checked = capture({.arguments = {"qemu-img", "check", path.string()}});
    auto const info = capture({.arguments = {"qemu-img", "info", "--output=json", path.string()}});
    std::filesystem::remove(path);
    REQUIRE(checked);
    CHECK(checked->out.find("No errors were found") != std::string::npos);
    CHECK(info->out.find(fmt::format("\"virtual-size\": {}", size.count)) != std::string::npos);
}
