#pragma once

#include <ktest/result.hpp>
#include <ktest/take_line.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// Where Debian packages come from, and how apt gets there.
struct debian_sources {
    std::string suite;                ///< `bookworm`
    std::vector<std::string> mirrors; ///< lines of sources.list(5): `deb URI SUITE COMPONENT`
    std::vector<std::string> options; ///< lines of apt.conf(5): proxies, certificates
    friend auto operator==(debian_sources const&, debian_sources const&) -> bool = default;
};

namespace detail {

/// The fields of `a|b|c`.
inline auto split_fields(std::string_view line) -> std::vector<std::string_view> {
    std::vector<std::string_view> fields;
    for (std::size_t end = 0; end != std::string_view::npos; line.remove_prefix(end + 1)) {
        end = line.find('|');
        fields.push_back(line.substr(0, end));
        if (end == std::string_view::npos) break;
    }
    return fields;
}

} // namespace detail

/// What `apt-get indextargets --format` is asked for; apt reads both forms of sources lists.
constexpr auto index_target_format =
    "$(ORIGIN)|$(CODENAME)|$(RELEASE)|$(REPO_URI)|$(COMPONENT)|$(CREATED_BY)";

/// The machine's own mirrors of a Debian suite with its updates and security, from apt's index targets.
/// Other origins are left out: a vendor's repository has no place in a test image.
inline auto mirrors_of(std::string_view suite, std::string_view index_targets) -> std::vector<std::string> {
    std::vector<std::string> mirrors;
    while (!index_targets.empty()) {
        auto const fields = detail::split_fields(take_line(index_targets));
        if (fields.size() != 6 || fields[0] != "Debian" || fields[4] != "main" || fields[5] != "Packages")
            continue;
        for (auto const* const part : {"", "-updates", "-security"})
            if (fields[1] == fmt::format("{}{}", suite, part))
                mirrors.push_back(fmt::format("deb {} {} main", fields[3], fields[2]));
    }
    return mirrors;
}

/// The options of `apt-config dump` that say how to reach a mirror from this machine.
inline auto network_options(std::string_view apt_config) -> std::vector<std::string> {
    std::vector<std::string> options;
    while (!apt_config.empty()) {
        auto const line = take_line(apt_config);
        for (std::string_view const name :
             {"Acquire::http::", "Acquire::https::", "Acquire::ftp::", "Acquire::Retries ",
              "Acquire::ForceIPv4 ", "Acquire::ForceIPv6 ", "Acquire::Check-Valid-Until ",
              "Acquire::Check-Date ", "Acquire::Max-FutureTime "})
            if (line.starts_with(name) && !line.ends_with(" \"\";")) options.emplace_back(line);
    }
    return options;
}

/// The code name (`bookworm`) of a Debian, from os-release(5); empty for any other distribution.
inline auto debian_codename(std::string_view os_release) -> std::string {
    std::string codename;
    auto debian = false;
    while (!os_release.empty()) {
        auto const line = take_line(os_release);
        if (line == "ID=debian") debian = true;
        if (line.starts_with("VERSION_CODENAME=")) codename = line.substr(line.find('=') + 1);
    }
    return debian ? codename : "";
}

} // namespace ktest
