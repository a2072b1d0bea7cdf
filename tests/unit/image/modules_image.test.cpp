#include "../kernel/kernel_test.hpp"
#include "catch.hpp"
#include <ktest/image/modules_image.hpp>

#include <sys/resource.h>

using namespace ktest;
using namespace ktest::test;

namespace {

auto debugfs(std::filesystem::path const& image, std::string const& request) {
    auto const program = find_program("debugfs", "e2fsprogs");
    REQUIRE(program);
    auto const got = capture({.arguments = {program->string(), "-R", request, image.string()}});
    REQUIRE(got);
    return got->out;
}

auto files_in(std::filesystem::path const& directory) {
    return std::distance(std::filesystem::directory_iterator{directory}, {}) - 1; // without the lock
}

} // namespace

TEST_CASE("a modules image holds the tree, all of it root's, without the links to the build tree",
          "[modules_image]") {
    temporary_home const home;
    auto const kernel = kernel_with_modules(home);
    std::filesystem::create_symlink(home.path, kernel.modules / "build");
    std::filesystem::create_symlink(home.path, kernel.modules / "source");
    home.write("made/lib/modules/6.1.0-test/a \"name\" with/build", "kept");
    std::filesystem::create_symlink("../kernel/ring.ko", kernel.modules / "a \"name\" with/link");
    auto const image = modules_image(kernel, home.where);
    REQUIRE(image);
    REQUIRE(image->has_value());
    CHECK(debugfs(**image, "cat /kernel/virtio-rng.ko") == "code of virtio-rng");
    CHECK(debugfs(**image, "cat \"/a \"\"name\"\" with/build\"") == "kept");
    CHECK(debugfs(**image, "ls -p /").find("build") == std::string::npos);
    CHECK(debugfs(**image, "ls -p /").find("source") == std::string::npos);
    CHECK(debugfs(**image, "ls -p /").find("lost+found") == std::string::npos);
    for (auto const* const path :
         {"/", "/kernel", "/kernel/ring.ko", "/modules.dep", "/a \"\"name\"\" with/link"}) {
        auto const status = debugfs(**image, fmt::format("stat \"{}\"", path));
        CHECK(status.find("User:     0   Group:     0") != std::string::npos);
    }
    auto const check = find_program("e2fsck", "e2fsprogs");
    REQUIRE(check);
    CHECK(capture({.arguments = {check->string(), "-fn", (*image)->string()}})->succeeded());
}

TEST_CASE("a modules image is made once, and anew when a module has changed", "[modules_image]") {
    temporary_home const home;
    auto const kernel = kernel_with_modules(home);
    auto const first = modules_image(kernel, home.where);
    REQUIRE(first);
    CHECK(modules_image(kernel, home.where) == first);
    CHECK(files_in(home.where.cache / "modules") == 1);
    home.write("made/lib/modules/6.1.0-test/kernel/ring.ko", "code OF ring");
    auto const second = modules_image(kernel, home.where);
    REQUIRE(second);
    CHECK(second != first);
    CHECK(debugfs(**second, "cat /kernel/ring.ko") == "code OF ring");
    home.write("made/lib/modules/6.1.0-test/extra/more.ko", "more");
    CHECK(modules_image(kernel, home.where) != second);
    CHECK(files_in(home.where.cache / "modules") == 3);
}

TEST_CASE("the same tree gives the same image", "[modules_image]") {
    temporary_home const home;
    auto const kernel = kernel_with_modules(home);
    auto const first = modules_image(kernel, home.where);
    REQUIRE(first);
    auto const before = read_file(**first);
    std::filesystem::remove(**first);
    CHECK(read_file(kernel.modules / "kernel/ring.ko")); // its time of reading counts for nothing
    REQUIRE(modules_image(kernel, home.where) == first);
    CHECK((read_file(**first) == before));
}

TEST_CASE("a kernel without modules has no modules image", "[modules_image]") {
    temporary_home const home;
    CHECK(modules_image(kernel{}, home.where) == std::nullopt);
    kernel empty{.modules = home.path / "empty"};
    std::filesystem::create_directories(empty.modules);
    CHECK(modules_image(empty, home.where) == std::nullopt);
    CHECK_FALSE(modules_image(kernel{.modules = home.path / "nothing"}, home.where));
}

TEST_CASE("a kernel whose modules are all built in has an image that says so", "[modules_image]") {
    temporary_home const home;
    auto kernel = kernel_with_modules(home);
    std::filesystem::remove_all(kernel.modules / "kernel");
    auto const image = modules_image(kernel, home.where);
    REQUIRE(image);
    CHECK(image->has_value());
}

TEST_CASE("a modules image that does not fit leaves nothing behind", "[modules_image]") {
    temporary_home const home;
    auto const kernel = kernel_with_modules(home);
    home.write("made/lib/modules/6.1.0-test/kernel/ring.ko", std::string(GENERATE(10U, 1000000U), 'x'));
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    auto const ignored = ::signal(SIGXFSZ, SIG_IGN);
    rlimit const tight{100000, old.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    auto const image = modules_image(kernel, home.where);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
    ::signal(SIGXFSZ, ignored);
    REQUIRE_FALSE(image);
    CHECK(image.error().kind == fault::unavailable);
    CHECK(image.error().message.find("mke2fs") != std::string::npos);
    CHECK(files_in(home.where.cache / "modules") == 0);
    CHECK(modules_image(kernel, home.where));
}

TEST_CASE("a missing program is an error that names its package", "[program]") {
    auto const missing = find_program("ktest-no-such-program", "some-package");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message.find("apt-get install some-package") != std::string::npos);
    CHECK(find_program("sh", "dash"));
}
