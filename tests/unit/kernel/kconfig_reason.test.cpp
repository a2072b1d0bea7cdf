#include "catch.hpp"
#include "unit/kernel/kconfig_test.hpp"
#include <ktest/kernel/kconfig_reader.hpp>
#include <ktest/kernel/kconfig_reason.hpp>
#include <ktest/spec/deps_values.hpp>

using namespace ktest;

namespace {

auto why(std::string_view option, std::string_view config) -> std::string {
    static test::kconfig_tree const tree;
    static auto const source = read_kconfig_source(tree.root, "x86");
    return explain(source, *read_option(option), parse_kconfig(config));
}

} // namespace

TEST_CASE("a dependency that is not met is named, and where", "[kconfig_reason]") {
    CHECK(why("CACHE=y", "CONFIG_BLOCK=y\n") == "depends on MD, which is not set (drivers/cache/Kconfig:2)");
    CHECK(why("CACHE_DEBUG", "CONFIG_BLOCK=y\nCONFIG_MD=y\n")
          == "depends on CACHE, which is not set (drivers/cache/Kconfig:7)");
    CHECK(why("DEEP", "CONFIG_BLOCK=y\nCONFIG_EXPERT=y\nCONFIG_CPUS=64\n")
          == "depends on CACHE || NOSUCH, none of which holds, and on !EXPERT, but EXPERT is y, and on CPUS "
             "< 8, "
             "but CPUS is 64 (drivers/Kconfig:18)");
}

TEST_CASE("why the dependency itself cannot be set is said, too", "[kconfig_reason]") {
    CHECK(
        why("MD=y", "")
        == "depends on BLOCK, which is not set and depends on EXPERT, which is not set (arch/x86/Kconfig:5) "
           "(drivers/Kconfig:1)");
}

TEST_CASE("y is not possible where a dependency is m", "[kconfig_reason]") {
    auto const* const config = "CONFIG_BLOCK=y\nCONFIG_MD=m\nCONFIG_MODULES=y\n";
    CHECK(why("CACHE=y", config) == "depends on MD, which is m (drivers/cache/Kconfig:2)");
    CHECK(why("CACHE=m", "CONFIG_BLOCK=y\nCONFIG_MD=y\n")
          == "there are no modules without MODULES, which is not set (drivers/cache/Kconfig:2)");
}

TEST_CASE("an option that this tree has not is told, with the one that was probably meant",
          "[kconfig_reason]") {
    CHECK(why("CACHES", "") == "this tree has no option CACHES (did you mean CACHE?)");
    CHECK(why("QUITE_ANOTHER=y", "") == "this tree has no option QUITE_ANOTHER");
    CHECK(why("OLD_NAME/NEW_NAME=y", "") == "this tree has no option OLD_NAME or NEW_NAME");
    CHECK(why("OLD_NAME/CACHE=y", "CONFIG_BLOCK=y\n")
          == "CACHE: depends on MD, which is not set (drivers/cache/Kconfig:2)");
}

TEST_CASE("an option without a prompt is selected by others", "[kconfig_reason]") {
    CHECK(why("CRC=y", "CONFIG_BLOCK=y\n")
          == "cannot be set: it has no prompt, it is selected by 64BIT, CACHE (drivers/Kconfig:16)");
    CHECK(why("CRC=n", "CONFIG_BLOCK=y\nCONFIG_CACHE=y\nCONFIG_CRC=y\nCONFIG_64BIT=y\n")
          == "it is selected by CACHE (drivers/Kconfig:16)");
}

TEST_CASE("a value that the option cannot have is told", "[kconfig_reason]") {
    CHECK(why("MD=m", "") == "it is a bool: y or n (drivers/Kconfig:1)");
    CHECK(why("CACHE=64", "") == "it is a tristate: y, m or n (drivers/cache/Kconfig:2)");
    CHECK(why("CPUS=y", "") == "it is a number (int) (arch/x86/Kconfig:10)");
    CHECK(why("CPUS=1024", "CONFIG_EXPERT=y\n") == "it must be in the range 1 512 (arch/x86/Kconfig:10)");
    CHECK(why("CPUS=64", "") == "depends on EXPERT, which is not set (arch/x86/Kconfig:10)");
    CHECK(why("VERSION_TEXT=m", "") == "it is a text, such as \"abc\" (arch/x86/Kconfig:13)");
}

TEST_CASE("of a choice another one is chosen", "[kconfig_reason]") {
    CHECK(why("FULL=y", "CONFIG_NONE=y\n")
          == "it is one of a choice, and NONE is chosen (arch/x86/Kconfig:20)");
}

TEST_CASE("what asks the compiler is told as such", "[kconfig_reason]") {
    CHECK(why("SPLIT", "CONFIG_BLOCK=y\n")
          == "depends on what the compiler and other programs can do: $(cc-option,-gsplit-dwarf) "
             "(drivers/Kconfig:13)");
}

TEST_CASE("where nothing explains it, that is said", "[kconfig_reason]") {
    CHECK(why("EXPERT=y", "")
          == "it can be set as far as its Kconfig file tells (arch/x86/Kconfig:8); another option may "
             "exclude it");
}
