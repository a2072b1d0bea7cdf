#include "catch.hpp"
#include "unit/kernel/debug_kernel.hpp"
#include <ktest/kernel/text_symbols.hpp>

#include <random>

using namespace ktest;
using kernel_test::debug_kernel;

namespace {

auto symbols_of(std::filesystem::path const& file) -> text_symbols {
    auto const object = elf_object::open(file);
    REQUIRE(object);
    auto symbols = text_symbols::read(*object);
    REQUIRE(symbols);
    return std::move(*symbols);
}

} // namespace

TEST_CASE("functions are found by name and by address, and end where the next one begins", "[symbols]") {
    debug_kernel const kernel;
    auto const symbols = symbols_of(kernel.vmlinux);
    auto const one = symbols.find("one");
    REQUIRE(one.size() == 1);
    CHECK(one[0].address == kernel.address(kernel.vmlinux, "one"));
    CHECK(one[0].size % 16 == 0); // padding and all
    CHECK(symbols.at(one[0].address + one[0].size - 1).name == "one");
    CHECK(symbols.at(one[0].address + one[0].size).name != "one");
    CHECK(symbols.at(1).size == 0);
    CHECK(symbols.at(~0ULL).size == 0);
    CHECK(symbols.find("linux_banner").empty()); // no code
    CHECK(symbols.find("nothing").empty());
    CHECK(symbols.find("twin").size() == 2);
    CHECK(symbols.find("namesake").size() == 2);
}

TEST_CASE("a module's functions lie in sections, and are as long as the kernel's layout makes them",
          "[symbols]") {
    debug_kernel const kernel;
    auto const object = elf_object::open(kernel.module);
    REQUIRE(object);
    CHECK(object->is_relocatable());
    auto const symbols = symbols_of(kernel.module);
    auto const section = [&](text_symbol const& symbol) { return object->sections()[symbol.section].name; };
    auto const write = symbols.find("thing_write");
    auto const fail = symbols.find("thing_fail");
    auto const init = symbols.find("init_module");
    REQUIRE((write.size() == 1 && fail.size() == 1 && init.size() == 1));
    CHECK(section(write[0]) == ".text");
    CHECK(section(fail[0]) == ".text.unlikely");
    CHECK(section(init[0]) == ".init.text");
    CHECK((write[0].address == 0 && fail[0].address == 0 && init[0].address == 0));
    CHECK(write[0].size_with_page == 0); // .text.unlikely is laid out behind .text
    CHECK(write[0].size >= object->section(".text")->header.sh_size);
    CHECK(fail[0].size_with_page == 4096 - write[0].size);
    CHECK(init[0].size_with_page == 4096); // the kernel has .init elsewhere
}

TEST_CASE("what has no symbols, is no ELF file or is broken, is an error", "[symbols]") {
    debug_kernel const kernel;
    CHECK(elf_object::open(kernel.build / "nowhere").error().message.find("No such file")
          != std::string::npos);
    auto const text = kernel.directory.write("text", "hello");
    CHECK(elf_object::open(text).error().message == text.string() + ": not an ELF file");
    kernel.run({"strip", "-o", "stripped", "vmlinux"});
    auto const stripped = elf_object::open(kernel.build / "stripped");
    REQUIRE(stripped);
    CHECK(text_symbols::read(*stripped).error().message == "has no symbols (it was stripped)");
}

TEST_CASE("no damage to a file makes its symbols dangerous to read", "[symbols]") {
    debug_kernel const kernel;
    auto const whole = read_file(kernel.module).value();
    std::mt19937 random{7};
    for (auto round = 0; round < 300; ++round) {
        auto damaged = whole;
        for (auto i = 0; i < 20; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
        for (auto i = 0; i < 4; ++i) damaged[16 + random() % 48] = static_cast<char>(random());
        if (round % 3 == 0) damaged.resize(random() % damaged.size());
        auto const object = elf_object::open(kernel.directory.write("damaged", damaged));
        if (!object) continue;
        (void)object->build_id();
        if (auto const symbols = text_symbols::read(*object)) (void)symbols->find("thing_write");
    }
}

TEST_CASE("the build id is the linker's note", "[symbols]") {
    debug_kernel const kernel;
    auto const object = elf_object::open(kernel.vmlinux);
    REQUIRE(object);
    auto const shown = kernel.run({"readelf", "-n", "vmlinux"});
    CHECK(object->build_id().size() == 40);
    CHECK(shown.find("Build ID: " + object->build_id()) != std::string::npos);
    CHECK(elf_object::open(kernel.module)->build_id().empty());
}
