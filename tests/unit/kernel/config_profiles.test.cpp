#include "catch.hpp"
#include <ktest/kernel/config_profiles.hpp>
#include <ktest/kernel/kconfig.hpp>

using namespace ktest;

TEST_CASE("a profile is found by its name", "[config_profiles]") {
    for (auto const name : profile_names()) {
        INFO(name);
        auto const profile = find_profile(name);
        REQUIRE(profile);
        CHECK_FALSE(options_of(profile->required).empty());
    }
    CHECK(parse_kconfig(find_profile("kasan")->required).value("KASAN") == "y");
}

TEST_CASE("every line of a profile is an option, and none is there twice", "[config_profiles]") {
    for (auto const name : profile_names()) {
        std::vector<std::string_view> names;
        auto const text = find_profile(name)->text();
        detail::for_config_lines(text, [&](std::string_view line, auto const& said) {
            INFO(name << ": " << line);
            REQUIRE(said);
            CHECK(std::count(names.begin(), names.end(), said->name) == 0);
            names.push_back(said->name);
        });
    }
}

TEST_CASE("an unknown profile is an error that lists them all", "[config_profiles]") {
    auto const unknown = find_profile("kasn");
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error()
          == error{fault::usage,
                   "--with: no profile 'kasn', did you mean 'kasan'? (there are lockdep, kasan, "
                   "ubsan, kmemleak, kcsan, kmsan, kfence, debug_pages, debug_objects, faults, "
                   "gcov, kcov)"});
    CHECK_FALSE(find_profile(""));
    CHECK(find_profile("nothing like it").error().message.find("mean") == std::string::npos);
}

TEST_CASE("profiles come in order, each once", "[config_profiles]") {
    auto const found = find_profiles({"lockdep", "kasan", "lockdep", "kasan"});
    REQUIRE(found);
    CHECK(*found == std::vector{*find_profile("lockdep"), *find_profile("kasan")});
    CHECK(find_profiles({})->empty());
}

TEST_CASE("profiles that no kernel can have together are an error", "[config_profiles]") {
    auto const clash = find_profiles({"lockdep", "kasan", "kcsan"});
    REQUIRE_FALSE(clash);
    CHECK(clash.error()
          == error{fault::usage, "--with kasan,kcsan: a kernel can have only one of kasan, kcsan, kmsan"});
    CHECK_FALSE(find_profiles({"kasan", "nosuch"}));
}
