#include "catch.hpp"
#include "unit/kernel/kernel_test.hpp"
#include <ktest/run/run_log.hpp>

#include <string>
#include <vector>

using namespace ktest;

namespace {

struct opened_log {
    test::temporary_home home;
    run_log log = *run_log::open(home.path);

    auto keep(std::string path, std::uint64_t offset, std::string data) -> bool {
        return log
            .keep(session_event{wire::from_guest{wire::out_file{std::move(path), offset, std::move(data)}}})
            .has_value();
    }
    /// But for the logs.
    auto left() const -> std::vector<std::string> {
        std::vector<std::string> names;
        for (auto const& entry : std::filesystem::recursive_directory_iterator{home.path})
            if (auto name = entry.path().lexically_relative(home.path).string();
                entry.is_regular_file() && !name.ends_with(".log"))
                names.push_back(std::move(name));
        return names;
    }
};

} // namespace

TEST_CASE("a file of the test's is put together from its pieces", "[run_log]") {
    opened_log it;
    CHECK(it.keep("a/b", 0, "one "));
    CHECK(it.keep("a/b", 4, "two"));
    CHECK(read_file(it.home.path / "out/a/b") == result<std::string>{"one two"});
    CHECK(it.keep("a/b", 0, "anew"));
    CHECK(read_file(it.home.path / "out/a/b") == result<std::string>{"anew"});
    CHECK_FALSE(it.keep("c", 4, "what never began"));
    CHECK(it.left().size() == 1);
}

TEST_CASE("a name that leaves the directory of the test's files writes nothing", "[run_log]") {
    opened_log it;
    for (auto const* const name : {"", "..", "../x", "/x", "a/../../x", "a/..", "a/", "."})
        CHECK(it.keep(name, 0, "data"));
    CHECK(it.left().empty());
}

TEST_CASE("more files, bytes or depth than init sends are refused", "[run_log]") {
    opened_log it;
    SECTION("files") {
        for (auto i = 0; i < wire::out_file::most_files; ++i) REQUIRE(it.keep(fmt::format("f{}", i), 0, ""));
        CHECK(it.keep("TRUNCATED", 0, "and more"));
        CHECK_FALSE(it.keep("one_more", 0, ""));
    }
    SECTION("bytes") {
        std::string const piece(wire::piece_limit, 'x');
        std::uint64_t taken = 0;
        while (taken < 2 * wire::out_file::most_bytes && it.keep("f", taken, piece)) taken += piece.size();
        CHECK(taken == wire::out_file::most_bytes + wire::piece_limit);
    }
    SECTION("depth") {
        std::string path = "f";
        for (auto i = 0; i < wire::out_file::deepest; ++i) path = "d/" + path;
        CHECK(it.keep(path, 0, ""));
        CHECK_FALSE(it.keep("d/" + path, 0, ""));
    }
}
