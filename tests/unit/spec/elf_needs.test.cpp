#include "catch.hpp"
#include "unit/spec/spec_test.hpp"
#include <ktest/spec/elf_machine.hpp>
#include <ktest/spec/elf_needs.hpp>

#include <random>

using namespace ktest;
using spec_test::made_elf;
using words = std::vector<std::string>;

namespace {

auto needs(std::string_view content) -> elf_needs {
    auto const got = read_elf(content);
    REQUIRE(got);
    REQUIRE(*got);
    return **got;
}

} // namespace

TEST_CASE("what an ELF file needs is read from it", "[elf]") {
    auto const read = needs(made_elf{
        .needed = {"libfoo.so.1", "libc.so.6"},
        .runpath = "$ORIGIN/../lib:/opt/lib::",
        .versions = {"GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.4", "GLIBC_PRIVATE",
                     "FOO_9.9"}}.make());
    CHECK(read.machine == EM_X86_64);
    CHECK(read.is_native);
    CHECK(read.is_program());
    CHECK(read.interpreter == "/lib64/ld-linux-x86-64.so.2");
    CHECK(read.needed == words{"libfoo.so.1", "libc.so.6"});
    CHECK(read.runpath == words{"$ORIGIN/../lib", "/opt/lib"});
    CHECK(read.rpath.empty());
    CHECK(read.libc == glibc_version{2, 34});
}

TEST_CASE("an RPATH counts only without a RUNPATH", "[elf]") {
    CHECK(needs(made_elf{.rpath = "/a:/b"}.make()).rpath == words{"/a", "/b"});
    CHECK(needs(made_elf{.rpath = "/a", .runpath = "/b"}.make()).rpath.empty());
}

TEST_CASE("the running program's own needs are those that one knows", "[elf]") {
    auto const self = read_file("/proc/self/exe");
    REQUIRE(self);
    auto const read = needs(*self);
    CHECK(read.is_native);
    CHECK(read.is_program());
    CHECK(std::count(read.needed.begin(), read.needed.end(), "libc.so.6") == 1);
    CHECK(read.interpreter.find("/ld-linux") != std::string::npos);
    CHECK(read.libc >= glibc_version{2, 2});
    CHECK(read.libc <= glibc_version{3, 0});
}

TEST_CASE("a static program and an object file need nothing", "[elf]") {
    auto const read = needs(made_elf{.interpreter = "", .needed = {}, .versions = {}}.make());
    CHECK(read.interpreter.empty());
    CHECK(read.needed.empty());
    CHECK(read.libc == glibc_version{});
    Elf64_Ehdr object{};
    std::copy_n("\x7f"
                "ELF\x02\x01\x01",
                7, object.e_ident);
    object.e_type = ET_REL;
    CHECK_FALSE(needs({reinterpret_cast<char const*>(&object), sizeof object})
                    .is_program()); // NOLINT(*-reinterpret-cast)
}

TEST_CASE("what is not ELF is no error", "[elf]") {
    for (std::string_view const text : {"", "#!/bin/sh\n",
                                        "\x7f"
                                        "EL",
                                        "MZ"}) {
        auto const got = read_elf(text);
        REQUIRE(got);
        CHECK_FALSE(*got);
    }
}

TEST_CASE("of a foreign class or byte order only the machine is known", "[elf]") {
    auto image = made_elf{.machine = EM_386}.make();
    image[EI_CLASS] = ELFCLASS32;
    auto const narrow = needs(image);
    CHECK(narrow.machine == EM_386);
    CHECK_FALSE(narrow.is_native);
    CHECK(narrow.needed.empty());

    image = made_elf{}.make();
    image[EI_DATA] = ELFDATA2MSB;
    std::copy_n("\x00\x02\x00\x16", 4, image.begin() + offsetof(Elf64_Ehdr, e_type)); // ET_EXEC, s390
    auto const big = needs(image);
    CHECK(big.machine == EM_S390);
    CHECK(big.is_program());
    CHECK_FALSE(big.is_native);
}

TEST_CASE("an ELF file that was cut off is an error, wherever", "[elf]") {
    auto const image = made_elf{.rpath = "/a"}.make();
    auto const whole = needs(image);
    for (std::size_t size = SELFMAG; size < image.size(); ++size) {
        auto const got = read_elf(std::string_view{image}.substr(0, size));
        if (got)
            CHECK(
                (size + sizeof(Elf64_Dyn) >= image.size() && **got == whole)); // but for the closing DT_NULL
        else
            CHECK(got.error().kind == fault::usage);
    }
}

TEST_CASE("no ELF file, however broken, does more than fail", "[elf]") {
    std::mt19937 random{3};
    auto const number = [&](std::size_t below) {
        return std::uniform_int_distribution<std::size_t>{0, below - 1}(random);
    };
    auto const image =
        made_elf{.rpath = "/a:/b", .versions = {"GLIBC_2.3", "GLIBC_2.30", "GLIBC_ABI_DT_RELR"}}.make();
    for (auto i = 0; i < 20000; ++i) {
        auto broken = image;
        for (auto n = 1 + number(8); n > 0; --n) {
            auto const value = number(3) == 0 ? 0xFF : number(256);
            broken[number(broken.size())] = static_cast<char>(value);
        }
        if (number(8) == 0) broken.resize(number(broken.size()));
        (void)read_elf(broken);
    }
    for (std::size_t i = 0; i + 4 <= image.size(); ++i) { // and what points at itself, for ever
        auto circle = image;
        circle.replace(i, 4, std::string(4, '\0'));
        (void)read_elf(circle);
        circle.replace(i, 2, "\xff\xff");
        (void)read_elf(circle);
    }
}

TEST_CASE("versions of glibc are read and compared as numbers", "[elf]") {
    CHECK(parse_glibc_version("2.36") == glibc_version{2, 36});
    CHECK(parse_glibc_version("2.2.5") == glibc_version{2, 2});
    CHECK(glibc_version{2, 4} < glibc_version{2, 34});
    for (auto const* text : {"", "2", "2.", ".36", "a.b", "2.36x", "-2.3", "2.99999999999"})
        CHECK_FALSE(parse_glibc_version(text));
    CHECK(glibc_with("GLIBC_2.34") == glibc_version{2, 34});
    CHECK(glibc_with("GLIBC_ABI_DT_RELR") == glibc_version{2, 36});
    CHECK(glibc_with("GLIBC_ABI_WHATEVER") > glibc_version{2, 36});
    CHECK_FALSE(glibc_with("GLIBC_PRIVATE"));
    CHECK_FALSE(glibc_with("GLIBCXX_3.4.30"));
}

TEST_CASE("machines have the names of uname -m", "[elf]") {
    CHECK(elf_machine_name(EM_AARCH64) == "aarch64");
    CHECK(elf_machine_name(999) == "machine 999");
    CHECK(find_elf_machine("x86_64") == EM_X86_64);
    CHECK(find_elf_machine("i686") == EM_386);
    CHECK_FALSE(find_elf_machine("vax"));
}

TEST_CASE("versions that go in circles end with the room that the file has for them", "[elf]") {
    auto image = made_elf{.versions = {"GLIBC_2.3", "GLIBC_2.30"}}.make();
    Elf64_Verneed const file{1, 2, 0, sizeof(Elf64_Verneed), 0};
    auto const name_at = offsetof(Elf64_Verneed, vn_file);
    auto const at =
        image.find(std::string{reinterpret_cast<char const*>(&file), name_at}); // NOLINT(*-reinterpret-cast)
    REQUIRE(at != std::string::npos);
    image.replace(at + offsetof(Elf64_Verneed, vn_cnt), 2, "\xff\xff");
    auto const next = at + sizeof file + sizeof(Elf64_Vernaux) + offsetof(Elf64_Vernaux, vna_next);
    image.replace(next, 4, std::string(4, '\0')); // the second is its own successor
    auto const got = read_elf(image);
    REQUIRE_FALSE(got);
    CHECK(got.error().kind == fault::usage);
}
