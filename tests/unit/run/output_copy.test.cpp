#include "catch.hpp"
#include <ktest/file.hpp>
#include <ktest/run/output_copy.hpp>

#include <csignal>

using namespace ktest;

namespace {

struct pipe_ends {
    descriptor reading, writing;
};
auto make_pipe() -> pipe_ends {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    return {descriptor{ends[0]}, descriptor{ends[1]}};
}

} // namespace

TEST_CASE("a reader that takes its time gets everything, and nobody waits for it", "[output_copy]") {
    boost::asio::io_context loop;
    auto log = open_unnamed(std::filesystem::temp_directory_path());
    auto ends = make_pipe();
    output_copy copy{loop, log->get(), ends.writing.get(), [](auto const& why) { FAIL(why); }};
    std::string const text(1U << 20U, 'x'); // more than a pipe holds
    REQUIRE(write_all(log->get(), text));
    copy.grown();
    CHECK_FALSE(copy.done());

    std::string got;
    std::string block(1U << 16U, '\0');
    while (got.size() < text.size()) {
        got.append(block, 0,
                   static_cast<std::size_t>(::read(ends.reading.get(), block.data(), block.size())));
        loop.poll();
    }
    CHECK(got == text);
    CHECK(copy.done());
    CHECK((::fcntl(ends.writing.get(), F_GETFL) & O_NONBLOCK) == 0); // it is not ours alone

    struct stat status {};
    ::fstat(log->get(), &status);
    CHECK(status.st_blocks * 512 < static_cast<off_t>(text.size())); // a log without a name is only a buffer
}

TEST_CASE("a reader that has gone is told of once", "[output_copy]") {
    auto* const before = std::signal(SIGPIPE, SIG_IGN);
    boost::asio::io_context loop;
    auto log = open_unnamed(std::filesystem::temp_directory_path());
    auto ends = make_pipe();
    ends.reading.close();
    auto told = 0;
    output_copy copy{loop, log->get(), ends.writing.get(), [&](auto const&) { ++told; }};
    for (auto i = 0; i < 3; ++i) {
        REQUIRE(write_all(log->get(), "line\n"));
        copy.grown();
    }
    CHECK(told == 1);
    CHECK(copy.done());
    std::signal(SIGPIPE, before);
}
