#include "catch.hpp"
#include "unit/kernel/kconfig_test.hpp"
#include <ktest/kernel/kconfig_reader.hpp>

using namespace ktest;

namespace {

auto trimmed(std::vector<std::string> texts) -> std::vector<std::string> {
    for (auto& text : texts) text.erase(0, text.find_first_not_of(" \t"));
    return texts;
}

} // namespace

TEST_CASE("Kconfig files are followed from the top, with the architecture's", "[kconfig_reader]") {
    test::kconfig_tree const tree;
    auto const source = read_kconfig_source(tree.root, "x86");
    CHECK(source.files == 5);
    auto const* const cache = source.find("CACHE");
    REQUIRE(cache != nullptr);
    CHECK(cache->type == "tristate");
    REQUIRE(cache->definitions.size() == 1);
    CHECK(cache->definitions[0].file == "drivers/cache/Kconfig");
    CHECK(cache->definitions[0].line == 2);
    CHECK(cache->definitions[0].has_prompt);
    CHECK(trimmed(cache->definitions[0].conditions) == std::vector<std::string>{"BLOCK", "MD"});
    CHECK(trimmed(source.find("CACHE_DEBUG")->definitions[0].conditions)
          == std::vector<std::string>{"BLOCK", "MD", "CACHE"});
    CHECK(read_kconfig_source(tree.root, "arm64").find("64BIT") == nullptr);
}

TEST_CASE("help texts define nothing, and what is only selected is no option", "[kconfig_reader]") {
    test::kconfig_tree tree;
    tree.write("arch/x86/Kconfig",
               "config A\n\tbool \"a\"\n\tselect NOWHERE\n\thelp\n\t  if X\n\nconfig B\n\tbool\n");
    auto const source = read_kconfig_source(tree.root, "x86");
    CHECK(source.find("NOT_THIS") == nullptr);
    CHECK(source.find("NOWHERE") == nullptr);
    REQUIRE(source.find("B") != nullptr);
    CHECK(source.find("B")->definitions[0].conditions.empty());
    CHECK_FALSE(source.find("B")->definitions[0].has_prompt);
}

TEST_CASE("prompts, ranges, choices and selections are read", "[kconfig_reader]") {
    test::kconfig_tree const tree;
    auto const source = read_kconfig_source(tree.root, "x86");
    CHECK(source.find("BLOCK")->definitions[0].prompt_condition == "EXPERT");
    CHECK(source.find("CPUS")->range == "1 512");
    CHECK(source.find("NONE")->definitions[0].choice == source.find("FULL")->definitions[0].choice);
    CHECK(source.find("NONE")->definitions[0].choice >= 0);
    CHECK(source.find("EXPERT")->definitions[0].choice == -1);
    CHECK_FALSE(source.find("CRC")->definitions[0].has_prompt);
    CHECK(source.find("CRC")->selected_by
          == std::vector<std::pair<std::string, std::string>>{{"CACHE", ""}, {"64BIT", "MD"}});
    CHECK(source.find("SPLIT")->definitions[0].has_prompt);
    CHECK(source.find("SPLIT")->definitions[0].prompt_condition.empty());
}

TEST_CASE("a tree that is not there, or is rubbish, has no options", "[kconfig_reader]") {
    CHECK(read_kconfig_source("/nonexistent", "x86").files == 0);
    test::kconfig_tree const tree;
    tree.write(
        "Kconfig",
        "endmenu\nendif\nendif\nif\nmenu\nconfig\nhelp\n\n depends on\n\"\nsource\nsource \"Kconfig\"\n"
        "choice\nprompt\n\tbool \"a\" if\nselect\nconfig A \\");
    auto const source = read_kconfig_source(tree.root, "x86");
    CHECK(source.files == 1);
    tree.write("Kconfig", std::string(100'000, '\0'));
    CHECK(read_kconfig_source(tree.root, "x86").symbols.empty());
}

TEST_CASE("ARCH is a directory under arch, as make knows it", "[kconfig_reader]") {
    CHECK(source_architecture("x86_64") == "x86");
    CHECK(source_architecture("i386") == "x86");
    CHECK(source_architecture("aarch64") == "arm64");
    CHECK(source_architecture("arm64") == "arm64");
    CHECK(source_architecture("um") == "um");
    CHECK_FALSE(source_architecture("").empty());
}
