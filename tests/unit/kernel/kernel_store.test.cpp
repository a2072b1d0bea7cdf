#include "catch.hpp"
#include "kernel_test.hpp"
#include <ktest/kernel/kernel_store.hpp>

using namespace ktest;
using namespace ktest::test;

namespace {

/// A kernel as `ktest kernel get` leaves it, in the home's store.
auto store(temporary_home const& home, std::string const& name) {
    auto const place = std::filesystem::path{".ktest/kernels"} / name;
    home.write(place / ("boot/vmlinuz-" + name), bzimage(name));
    home.write(place / ("boot/config-" + name), "CONFIG_MODULES=y\n");
    home.write(place / "lib/modules" / name / "modules.dep", "");
    return std::filesystem::canonical(home.path / place);
}

void make_default(temporary_home const& home, std::string const& name) {
    std::filesystem::create_symlink(name, home.where.kernels() / "default");
}

} // namespace

TEST_CASE("a stored kernel is found by its name, with its modules and its config", "[kernel_store]") {
    temporary_home const home;
    auto const place = store(home, "6.1.0-a");
    CHECK(find_kernel("6.1.0-a", home.where)
          == kernel{.name = "6.1.0-a",
                    .image = place / "boot/vmlinuz-6.1.0-a",
                    .release = "6.1.0-a",
                    .modules = place / "lib/modules/6.1.0-a",
                    .config = place / "boot/config-6.1.0-a"});
}

TEST_CASE("a kernel is found by the path of a directory or of its image", "[kernel_store]") {
    temporary_home const home;
    auto const place = store(home, "6.1.0-a");
    for (auto const& path : {place, place / "boot/vmlinuz-6.1.0-a"}) {
        auto const found = find_kernel(path.string(), home.where);
        REQUIRE(found);
        CHECK(found->name == path.string());
        CHECK(found->release == "6.1.0-a");
        CHECK(found->modules == place / "lib/modules/6.1.0-a");
    }
}

TEST_CASE("of a build tree the image, the config and the installed modules are taken", "[kernel_store]") {
    temporary_home const home;
    auto const image = home.write("tree/arch/x86/boot/bzImage", bzimage("6.12.0-dirty"));
    home.write("tree/vmlinux", "\177ELF Linux version 6.12.0-dirty (someone)");
    home.write("tree/.config", "");
    auto const tree = std::filesystem::canonical(home.path / "tree");
    auto found = find_kernel(tree.string(), home.where);
    REQUIRE(found);
    CHECK(found->image == std::filesystem::canonical(image));
    CHECK(found->config == tree / ".config");
    CHECK(found->modules.empty());
    home.write("tree/lib/modules/6.12.0-dirty/modules.dep", "");
    for (auto const& path : {tree, tree / "arch/x86/boot/bzImage", tree / "vmlinux"}) {
        found = find_kernel(path.string(), home.where);
        REQUIRE(found);
        CHECK(found->config == tree / ".config");
        CHECK(found->modules == tree / "lib/modules/6.12.0-dirty");
    }
}

TEST_CASE("a tree that is not built, an empty directory and two kernels in one say so", "[kernel_store]") {
    temporary_home const home;
    home.write("tree/.config", "");
    home.write("two/boot/vmlinuz-1", bzimage("1"));
    home.write("two/boot/vmlinuz-2", bzimage("2"));
    std::filesystem::create_directory(home.path / "empty");
    auto const message = [&](char const* name) {
        auto const found = find_kernel((home.path / name).string(), home.where);
        REQUIRE_FALSE(found);
        CHECK(found.error().kind == fault::usage);
        return found.error().message;
    };
    CHECK(message("tree").find("not built") != std::string::npos);
    CHECK(message("two").find("several") != std::string::npos);
    CHECK(message("empty").find("no kernel") != std::string::npos);
    CHECK(message("nothing").find("no such kernel") != std::string::npos);
}

TEST_CASE("a name that nobody has is an error that lists the names there are", "[kernel_store]") {
    temporary_home const home;
    auto found = find_kernel("mine", home.where);
    REQUIRE_FALSE(found);
    CHECK(found.error().message.find("ktest kernel get") != std::string::npos);
    store(home, "6.1.0-a");
    store(home, "6.1.0-b");
    found = find_kernel("mine", home.where);
    REQUIRE_FALSE(found);
    CHECK(found.error().message.find("6.1.0-a, 6.1.0-b") != std::string::npos);
    CHECK_FALSE(find_kernel("", home.where));
}

TEST_CASE("the list tells the default, and what cannot be used any more", "[kernel_store]") {
    temporary_home const home;
    CHECK(list_kernels(home.where).empty());
    store(home, "6.1.0-b");
    store(home, "6.1.0-a");
    make_default(home, "6.1.0-b");
    std::filesystem::create_symlink(home.path / "gone", home.where.kernels() / "old");
    std::filesystem::create_directory(home.where.kernels() / ".new-unfinished");
    auto const all = list_kernels(home.where);
    REQUIRE(all.size() == 3);
    CHECK(all[0].name == "6.1.0-a");
    CHECK_FALSE(all[0].is_default);
    CHECK(all[1].name == "6.1.0-b");
    CHECK(all[1].is_default);
    CHECK(all[1].found);
    CHECK(all[2].name == "old");
    CHECK_FALSE(all[2].found);
}

TEST_CASE("an added kernel is a link, to a file or to a tree, that is followed each time", "[kernel_store]") {
    temporary_home const home;
    auto const image = home.write("tree/arch/x86/boot/bzImage", bzimage("6.12.0-one"));
    home.write("tree/.config", "");
    std::filesystem::create_symlink(image, home.where.kernels() / "image");
    std::filesystem::create_symlink(home.path / "tree", home.where.kernels() / "tree");
    CHECK(find_kernel("image", home.where)->config == std::filesystem::canonical(home.path / "tree/.config"));
    CHECK(find_kernel("tree", home.where)->release == "6.12.0-one");
    home.write("tree/arch/x86/boot/bzImage", bzimage("6.12.0-two"));
    CHECK(find_kernel("tree", home.where)->release == "6.12.0-two");
}

TEST_CASE(
    "the option comes before the environment, that before the default, and that before the host's kernel",
    "[kernel_store]") {
    temporary_home const home;
    utsname host{};
    ::uname(&host);
    kernel_request request{.boot = home.path / "host/boot"};
    auto nothing = choose_kernel(request, home.where);
    REQUIRE_FALSE(nothing);
    CHECK(nothing.error().kind == fault::unavailable);
    CHECK(nothing.error().message.find("ktest kernel get") != std::string::npos);

    home.write(std::filesystem::path{"host/boot"} / fmt::format("vmlinuz-{}", host.release),
               bzimage("5.0-host"));
    auto chosen = choose_kernel(request, home.where);
    REQUIRE(chosen);
    CHECK(chosen->chosen.release == "5.0-host");
    CHECK_FALSE(chosen->announced.empty());

    store(home, "6.1.0-default");
    make_default(home, "6.1.0-default");
    chosen = choose_kernel(request, home.where);
    REQUIRE(chosen);
    CHECK(chosen->chosen.release == "6.1.0-default");
    CHECK(chosen->announced == (home.where.kernels() / "default").string());

    store(home, "6.1.0-environment");
    request.environment = "6.1.0-environment";
    chosen = choose_kernel(request, home.where);
    REQUIRE(chosen);
    CHECK(chosen->chosen.release == "6.1.0-environment");
    CHECK(chosen->announced.empty());

    store(home, "6.1.0-option");
    request.option = "6.1.0-option";
    CHECK(choose_kernel(request, home.where)->chosen.release == "6.1.0-option");
}

TEST_CASE("what was asked for and is not there is an error, not another kernel", "[kernel_store]") {
    temporary_home const home;
    store(home, "6.1.0-a");
    make_default(home, "6.1.0-gone");
    auto const lost_default = choose_kernel({}, home.where);
    REQUIRE_FALSE(lost_default);
    CHECK(lost_default.error().message.find("ktest kernel get --default") != std::string::npos);
    auto const environment = choose_kernel({.environment = "nope"}, home.where);
    REQUIRE_FALSE(environment);
    CHECK(environment.error().message.rfind("KTEST_KERNEL: ", 0) == 0);
    CHECK_FALSE(choose_kernel({.option = "nope", .environment = "6.1.0-a"}, home.where));
}
