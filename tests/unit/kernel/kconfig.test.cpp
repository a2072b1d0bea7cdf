#include "catch.hpp"
#include <ktest/kernel/kconfig.hpp>

using namespace ktest;

namespace {

constexpr auto written = R"(#
# Automatically generated file; DO NOT EDIT.
#
CONFIG_MD=y
CONFIG_BCACHE=m
# CONFIG_BCACHE_DEBUG is not set
CONFIG_NR_CPUS=64
CONFIG_LOCALVERSION="-mine"
CONFIG_EMPTY=""
CONFIG_PHYSICAL_START=0x1000000
)";

auto option(std::string name, std::optional<std::string> value = std::nullopt) -> kernel_option {
    return {{std::move(name)}, std::move(value)};
}

auto unmet(kernel_option const& wanted) -> std::string {
    auto const list = unmet_options(parse_kconfig(written), {wanted});
    return list.empty() ? "" : to_string(list.front());
}

} // namespace

TEST_CASE("a .config is read by name; what is not set is not there", "[kconfig]") {
    auto const config = parse_kconfig(written);
    CHECK(config.values.size() == 6);
    CHECK(config.value("MD") == "y");
    CHECK(config.value("BCACHE") == "m");
    CHECK(config.value("LOCALVERSION") == "\"-mine\"");
    CHECK(config.value("BCACHE_DEBUG").empty());
    CHECK(config.value("NOSUCH").empty());
}

TEST_CASE("lines that are no options are passed over, and the last line about one counts", "[kconfig]") {
    auto const config = parse_kconfig("rubbish\nCONFIG_\nCONFIG_=y\nCONFIG_A\nCONFIG_B C=y\n#CONFIG_D=y\n# "
                                      "CONFIG_E=y\nCONFIG_F=n\nCONFIG_G=y\r\nCONFIG_G=\n# CONFIG_A-B is "
                                      "not set\nCONFIG_H=y\nCONFIG_H=m\nCONFIG_I=y\n# CONFIG_I is not set");
    CHECK(config.values == decltype(config.values){{"G", "y"}, {"H", "m"}});
    CHECK(parse_kconfig("") == kconfig{});
    CHECK(parse_kconfig("CONFIG_A=y").value("A") == "y");
}

TEST_CASE("a bare name is content with y or m, a value is compared", "[kconfig]") {
    CHECK(unmet(option("MD")).empty());
    CHECK(unmet(option("BCACHE")).empty());
    CHECK(unmet(option("BCACHE", "m")).empty());
    CHECK(unmet(option("BCACHE", "y")) == "BCACHE=y (is m)");
    CHECK(unmet(option("BCACHE_DEBUG")) == "BCACHE_DEBUG (is not set)");
    CHECK(unmet(option("BCACHE_DEBUG", "y")) == "BCACHE_DEBUG=y (is not set)");
    CHECK(unmet(option("NR_CPUS")) == "NR_CPUS (is 64)");
    CHECK(unmet(option("NR_CPUS", "64")).empty());
    CHECK(unmet(option("NR_CPUS", "8")) == "NR_CPUS=8 (is 64)");
    CHECK(unmet(option("PHYSICAL_START", "0x1000000")).empty());
}

TEST_CASE("n means that it is not there, or not in this kernel at all", "[kconfig]") {
    CHECK(unmet(option("BCACHE_DEBUG", "n")).empty());
    CHECK(unmet(option("NOSUCH", "n")).empty());
    CHECK(unmet(option("MD", "n")) == "MD=n (is y)");
}

TEST_CASE("the quotes of a text do not count", "[kconfig]") {
    CHECK(unmet(option("LOCALVERSION", "\"-mine\"")).empty());
    CHECK(unmet(option("LOCALVERSION", "-mine")).empty());
    CHECK(unmet(option("LOCALVERSION", "\"\"")) == "LOCALVERSION=\"\" (is \"-mine\")");
    CHECK(unmet(option("EMPTY", "\"\"")).empty());
    CHECK(unmet(option("NOSUCH", "\"\"")) == "NOSUCH=\"\" (is not set)");
}

TEST_CASE("of alternatives one is enough, and n means none of them", "[kconfig]") {
    CHECK(unmet({{"NOSUCH", "MD"}, "y"}).empty());
    CHECK(unmet({{"MD", "NOSUCH"}, std::nullopt}).empty());
    CHECK(unmet({{"NOSUCH", "BCACHE"}, "y"}) == "NOSUCH/BCACHE=y (is m)");
    CHECK(unmet({{"NOSUCH", "BCACHE_DEBUG"}, std::nullopt}) == "NOSUCH/BCACHE_DEBUG (is not set)");
    CHECK(unmet({{"NOSUCH", "MD"}, "n"}) == "NOSUCH/MD=n (is y)");
    CHECK(unmet({{"NOSUCH", "BCACHE_DEBUG"}, "n"}).empty());
}

TEST_CASE("options are applied in one go, each line once, the rest stays", "[kconfig]") {
    auto const text =
        applied("# first\nCONFIG_A=y\nCONFIG_B=m\n# CONFIG_C is not set\nCONFIG_A=m\nCONFIG_D=1",
                {option("A", "n"),
                 option("B"),
                 option("C"),
                 option("D", "2"),
                 option("S", "\"a b\""),
                 {{"OLD", "NEW"}, "m"}});
    CHECK(text
          == "# first\n# CONFIG_A is not set\nCONFIG_B=m\nCONFIG_C=y\nCONFIG_D=2\nCONFIG_NEW=m\n"
             "CONFIG_OLD=m\nCONFIG_S=\"a b\"\n");
    CHECK(applied(text, {}) == text);
    CHECK(applied("", {}).empty());
    CHECK(applied("CONFIG_A=y", {}) == "CONFIG_A=y\n");
}

TEST_CASE("of two that name one option, a value wins over none, and one name over alternatives",
          "[kconfig]") {
    CHECK(applied("", {option("A", "m"), option("A")}) == "CONFIG_A=m\n");
    CHECK(applied("", {option("A"), option("A", "m")}) == "CONFIG_A=m\n");
    CHECK(applied("", {option("A", "n"), {{"A", "B"}, "y"}}) == "# CONFIG_A is not set\nCONFIG_B=y\n");
    CHECK(applied("CONFIG_A=y\n", {option("A")}) == "CONFIG_A=y\n");
}

TEST_CASE("a fragment is a list of options", "[kconfig]") {
    CHECK(options_of("CONFIG_A=y\n\n# a remark\n# CONFIG_B is not set\nCONFIG_C=\"x\"")
          == std::vector{option("A", "y"), option("B", "n"), option("C", "\"x\"")});
}
