#include "catch.hpp"
#include <ktest/run/exchanged_files.hpp>

using namespace ktest;

namespace {

auto put(exchanged_files& files, node_process who, std::string const& name, std::string const& text)
    -> std::string {
    auto done = files.put(who, {name, 0, text});
    if (done) done = files.put_end(who, {name});
    return done ? "done" : done.error().message;
}

} // namespace

TEST_CASE("the bytes of all nodes' files are bounded together", "[exchanged_files]") {
    exchanged_files files{"/tmp", {.bytes = 10}};
    CHECK(put(files, {0, 1}, "a", "123456") == "done");
    CHECK(put(files, {1, 1}, "a", "12345") == "the nodes' files have more than 10 bytes together");
    CHECK(put(files, {1, 1}, "a", "1234") == "done");
    CHECK(put(files, {0, 1}, "b", "x") == "the nodes' files have more than 10 bytes together");
}

TEST_CASE("a file in the place of another one takes no more than its own room", "[exchanged_files]") {
    exchanged_files files{"/tmp", {.bytes = 10, .files = 2}};
    for (auto round = 0; round < 5; ++round) CHECK(put(files, {0, 1}, "a", "12345") == "done");
}

TEST_CASE("how many files there are is bounded; what somebody still reads counts", "[exchanged_files]") {
    exchanged_files files{"/tmp", {.files = 2}};
    CHECK(put(files, {0, 1}, "a", "old") == "done");
    CHECK(files.get({1, 1}, {0, "a", 0}) == "old");
    CHECK(put(files, {0, 1}, "a", "new") == "done");
    CHECK(put(files, {0, 1}, "a", "newer") == "the nodes have 2 files (no more are possible)");
    files.drop({1, 1});
    CHECK(put(files, {0, 1}, "a", "newer") == "done");
    CHECK(files.get({1, 1}, {0, "a", 0}) == "newer");
}

TEST_CASE("how many processes fetch files at once is bounded", "[exchanged_files]") {
    exchanged_files files{"/tmp", {.readers = 2}};
    CHECK(put(files, {0, 1}, "a", "text") == "done");
    CHECK(files.get({1, 1}, {0, "a", 0}) == "text");
    CHECK(files.get({1, 2}, {0, "a", 0}) == "text");
    CHECK(files.get({1, 3}, {0, "a", 0}).error().message == "2 processes fetch files (no more can at once)");
    CHECK(files.get({1, 2}, {0, "a", 4}) == ""); // the end
    CHECK(files.get({1, 3}, {0, "a", 0}) == "text");
}

TEST_CASE("a node that begins anew leaves nothing half done", "[exchanged_files]") {
    exchanged_files files{"/tmp", {.files = 1}};
    CHECK(files.put({0, 1}, {"a", 0, "text"}));
    CHECK_FALSE(files.put({1, 1}, {"a", 0, "text"}));
    files.drop_all(0);
    CHECK(put(files, {1, 1}, "a", "text") == "done");
    CHECK_FALSE(files.has(0, "a"));
    CHECK(files.has(1, "a"));
}
