#include "catch.hpp"
#include <ktest/image/initramfs.hpp>
#include <ktest/kernel/guest_config.hpp>
#include <ktest/kernel/kconfig.hpp>

#include <algorithm>

using namespace ktest;

TEST_CASE("every line of the guest's configuration is an option, a remark or empty", "[guest_config]") {
    std::size_t options = 0;
    detail::for_config_lines(guest_config.text(), [&](std::string_view line, auto const& said) {
        INFO(line);
        CHECK((said || line.empty() || line.starts_with("# ")));
        if (said) ++options;
    });
    CHECK(options == options_of(guest_config.text()).size());
    CHECK(options > 150);
}

TEST_CASE("no option of the guest's configuration is there twice", "[guest_config]") {
    auto const options = options_of(guest_config.text());
    for (auto one = options.begin(); one != options.end(); ++one) {
        INFO(to_string(*one));
        CHECK(std::none_of(options.begin(), one, [&](auto const& o) { return o.names == one->names; }));
    }
}

TEST_CASE("what the guest cannot boot without is required of the configuration", "[guest_config]") {
    auto const required = parse_kconfig(guest_config.required);
    for (auto const& module : detail::guest_modules) {
        if (module.option.empty()) continue;
        INFO(module.option);
        CHECK(required.value(module.option.substr(7)) == "y");
    }
}
