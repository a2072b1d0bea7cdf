#pragma once

#include <ktest/spec/test_spec.hpp>

#include <filesystem>

namespace ktest {

/// A test, or a library that TEST_REQUIRE brought, and its own answer to `deps`. What it requires is beside
/// it, wherever the test is.
struct asked_script {
    std::filesystem::path path;
    test_spec spec;
    friend auto operator==(asked_script const&, asked_script const&) -> bool = default;
};

} // namespace ktest
