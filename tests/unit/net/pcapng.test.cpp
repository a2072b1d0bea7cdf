#include "net_test.hpp"
#include <ktest/capture.hpp>
#include <ktest/net/frame_capture.hpp>
#include <ktest/program.hpp>

#include <csignal>

#include <sys/resource.h>

using namespace ktest;
using namespace ktest::test;

namespace {

/// A file without a name, and what stands in it.
class kept_file {
public:
    auto end() const -> descriptor { return descriptor{::dup(file_.get())}; }
    auto path() const -> std::string { return fmt::format("/proc/{}/fd/{}", ::getpid(), file_.get()); }
    auto bytes() const -> std::string { return *read_file(path()); }

private:
    descriptor file_ = *open_unnamed(std::filesystem::temp_directory_path());
};

struct block {
    std::uint32_t type;
    std::string content; ///< without the lengths
};

auto number_at(std::string_view bytes, std::size_t at) -> std::uint32_t {
    REQUIRE(bytes.size() >= at + 4);
    std::uint32_t number = 0;
    std::memcpy(&number, bytes.data() + at, 4);
    return number;
}

/// Whole blocks to the end, each of whose two lengths agree.
auto blocks_of(std::string_view file) -> std::vector<block> {
    std::vector<block> all;
    while (!file.empty()) {
        auto const size = number_at(file, 4);
        REQUIRE((size >= 12 && size % 4 == 0 && size <= file.size()));
        REQUIRE(number_at(file, size - 4) == size);
        all.push_back({number_at(file, 0), std::string{file.substr(8, size - 12)}});
        file.remove_prefix(size);
    }
    return all;
}

auto types_of(std::string_view file) -> std::vector<std::uint32_t> {
    std::vector<std::uint32_t> types;
    for (auto const& one : blocks_of(file)) types.push_back(one.type);
    return types;
}

constexpr pcapng_writer::time moment{1'700'000'000'123'456'789ns};

} // namespace

TEST_CASE("a capture is a section, its interfaces, its frames and their counts", "[net]") {
    kept_file const file;
    pcapng_writer writer{file.end(), {"server", "client"}};
    auto const frame = make_frame(mac(0), mac(1), 5, 61);
    writer.write(1, moment, frame);
    writer.write(0, moment, frame, "lost");
    REQUIRE(writer.finish());
    CHECK(types_of(file.bytes()) == std::vector<std::uint32_t>{0x0A0D0D0A, 1, 1, 6, 6, 5, 5});
    auto const blocks = blocks_of(file.bytes());
    CHECK(number_at(blocks[0].content, 0) == 0x1A2B3C4D);
    CHECK(blocks[1].content.find("server") != std::string::npos);
    auto const& first = blocks[3].content;
    CHECK(number_at(first, 0) == 1);
    CHECK((std::uint64_t{number_at(first, 4)} << 32U | number_at(first, 8)) == 1'700'000'000'123'456'789);
    CHECK(number_at(first, 12) == 61);
    CHECK(std::memcmp(first.data() + 20, frame.data(), frame.size()) == 0);
    CHECK(blocks[4].content.find("lost") != std::string::npos);
}

TEST_CASE("a capture stops at its limit, and counts on", "[net]") {
    kept_file const file;
    pcapng_writer writer{file.end(), {"server", "client"}, 10'000};
    auto const frame = make_frame(mac(0), mac(1), 0, 1514);
    for (auto n = 0; n < 100; ++n) writer.write(1, moment, frame);
    REQUIRE(writer.finish());
    auto const blocks = blocks_of(file.bytes());
    auto const kept =
        std::count_if(blocks.begin(), blocks.end(), [](auto const& one) { return one.type == 6; });
    CHECK(kept == 6);
    CHECK(writer.left_out() == 94);
    CHECK(number_at(blocks.back().content, 16) == 100); // isb_ifrecv
    CHECK(number_at(blocks.back().content, 28) == 94);  // isb_ifdrop
}

TEST_CASE("a full disk is an error at the end, and all frames are left out", "[net]") {
    pcapng_writer writer{*open_file("/dev/full", O_WRONLY), {"server"}};
    for (auto n = 0; n < 100; ++n) writer.write(0, moment, make_frame(mac(0), mac(1), 0, 1514));
    auto const done = writer.finish();
    REQUIRE_FALSE(done);
    CHECK(done.error().message == "write: No space left on device");
    CHECK(writer.left_out() == 100);
}

TEST_CASE("a file that grows no more ends in a whole block", "[net]") {
    struct rlimit before {};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    auto less = before;
    less.rlim_cur = 100'000;
    kept_file const file;
    pcapng_writer writer{file.end(), {"server"}};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &less) == 0);
    for (auto n = 0; n < 200; ++n) writer.write(0, moment, make_frame(mac(0), mac(1), 0, 1514));
    auto const done = writer.finish();
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK_FALSE(done);
    auto const types = types_of(file.bytes());
    CHECK(types.size() > 40);
    CHECK(types.size() - 2 + writer.left_out() == 200);
}

TEST_CASE("what a switch passed can be read with tshark", "[net]") {
    auto const tshark = find_program("tshark", "tshark");
    if (!tshark) {
        WARN("not tried: " << tshark.error().message);
        return;
    }
    kept_file const file;
    frame_capture capture{file.end(), {"server", "client", "peer"}};
    test_lan lan{3};
    lan.lan.on_frame([&](frame_passage const& one) { capture.keep(one); });
    lan.send(0, make_frame(mac(1), mac(0), 0, 60));
    lan.now += 1500ns;
    lan.lan.faults().cut({1}, {0});
    lan.lan.faults().set(frame_loss{{1'000'000}});
    lan.send(1, make_frame(everybody, mac(1), 0, 9018));
    REQUIRE(capture.writer().finish());

    std::vector<std::string> arguments{tshark->string(), "-n", "-r", file.path(), "-T", "fields"};
    for (auto const* field :
         {"frame.interface_name", "eth.src", "frame.len", "frame.time_delta", "frame.comment"})
        arguments.insert(arguments.end(), {"-e", field});
    auto const read = ktest::capture({.arguments = arguments});
    REQUIRE(read);
    INFO(read->err);
    CHECK(read->succeeded());
    CHECK(read->out
          == "server\t52:54:00:00:00:00\t60\t0.000000000\t\n"
             "client\t52:54:00:00:00:01\t9018\t0.000001500\tlost on the way to peer, cut off from server\n");
}
