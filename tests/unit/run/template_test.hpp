#pragma once

#include <ktest/run/template_files.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace ktest::test {

/// A store in a directory of its own, gone at the end.
struct temporary_templates {
    temporary_templates() {
        auto name = (std::filesystem::temp_directory_path() / "ktest-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{name};
        path = name;
    }
    ~temporary_templates() { std::filesystem::remove_all(path); }
    temporary_templates(temporary_templates const&) = delete;
    auto operator=(temporary_templates const&) -> temporary_templates& = delete;

    auto store(template_limits limits = {}) const -> template_store {
        return template_store{path / "templates", limits};
    }
    auto file(std::string const& key, char const* name) const -> std::filesystem::path {
        return path / "templates" / key / name;
    }

    /// A template that no guest was needed for.
    void make(std::string const& key) const {
        auto const lock = store().begin_making(key);
        if (!lock || !*lock) throw std::runtime_error{key};
        auto files = template_files::open(store().place_of(key), path, bytes{1U << 20U}, bytes{1U << 20U});
        if (!files || !write_all(files->state.number(), "devices of " + key)
            || !files->finish(store().place_of(key), "6,0,0,-;Linux version\n", "6.1, 256M"))
            throw std::runtime_error{key};
    }
    /// Lets a template be that old.
    void age(std::string const& key, std::chrono::seconds by) const {
        auto const then = std::filesystem::file_time_type::clock::now() - by;
        std::filesystem::last_write_time(file(key, "manifest.json"), then);
    }
    auto keys() const -> std::vector<std::string> {
        std::vector<std::string> all;
        for (auto const& one : store().list()) all.push_back(one.key);
        return all;
    }

    std::filesystem::path path;
};

} // namespace ktest::test
