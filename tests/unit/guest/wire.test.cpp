#include "catch.hpp"
#include <ktest/guest/wire.hpp>

#include <random>

using namespace ktest;

namespace {

template<class Variant>
auto read_all_of(std::string_view stream, std::size_t piece) -> std::vector<Variant> {
    std::vector<Variant> messages;
    wire::reader<Variant> reader;
    for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) {
        reader.feed(stream.substr(0, piece));
        while (auto message = reader.next()) messages.push_back(*std::move(message));
    }
    CHECK(reader.broken() == "");
    return messages;
}

template<class Variant>
auto bytes_of(std::vector<Variant> const& messages) -> std::string {
    std::string stream;
    for (auto const& message : messages)
        stream += std::visit([](auto const& m) { return wire::encode(m); }, message);
    return stream;
}

auto const guest_says = std::vector<wire::from_guest>{
    wire::ready{.release = "6.1.0", .kernel_offset = "ffffffff81000000"},
    wire::trouble{"no disk"},
    wire::kernel_log{7, std::string("6,1,2,-;text\0\n", 14)},
    wire::started{"nonce"},
    wire::ended{"nonce", 0x8b},
    wire::finished{"nonce"},
    wire::out_file{"a/b", 1ULL << 40U, std::string(70000, 'x')},
    wire::command_output{2, ""},
    wire::resting{1U << 9U, 1},
    wire::awake{"nonce", "6.1.0", "ffffffff81000000", 0xfedcba9876543210},
    wire::alive{},
    wire::request{7, {"put", "log", "0"}, std::string(wire::piece_limit, '\0')},
    wire::request{~0U, {}, ""},
    wire::request_dropped{7},
};
auto const host_says = std::vector<wire::to_guest>{
    wire::run{.nonce = "n",
              .authorized_key = "k",
              .host_key = "-----BEGIN OPENSSH PRIVATE KEY-----\n",
              .hostname = "h",
              .wall_clock_ns = 0xfedcba9876543210,
              .io = 2,
              .rows = 65535,
              .columns = 1,
              .scratch = {30, std::uint64_t{1} << 40U},
              .has_payload = 1,
              .arguments = {"/cdrom/test", "", "a b"},
              .environment = {"KTEST_BOOT=1"},
              .settings = {"/proc/sys/kernel/sysrq=1"},
              .heartbeat_ms = 1000,
              .networks = {"10.77.1.2/24 fd77:0:0:1::2/64 1500"},
              .hosts = "10.77.1.1 server server.lan\n"},
    wire::finish{"nonce"},
    wire::input{"bytes"},
    wire::input{},
    wire::resize{50, 132},
    wire::power_off{},
    wire::rest{},
    wire::sysrq{"lw"},
    wire::wake{"nonce", 1'700'000'000'000'000'000, std::string(32, '\xff'), 7, "DE:AD:BE:EF:01:07", {512}},
    wire::answer{~0U, 1, "client will not come", std::string("\0\n", 2)},
    wire::answer{},
};

// Reads garbage as far as it goes; nothing to check but that it ends, gives nothing after an error, and
// (sanitizers) is sound.
template<class Variant>
void survive(std::string_view stream) {
    wire::reader<Variant> reader;
    reader.feed(stream);
    while (reader.next()) {
    }
    if (reader.broken().empty()) return;
    reader.feed(wire::encode(wire::finish{"after"}));
    CHECK_FALSE(reader.next());
}

} // namespace

TEST_CASE("every message arrives as it was sent, whatever the pieces", "[wire]") {
    for (auto const piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, std::size_t{1} << 20U}) {
        CHECK(read_all_of<wire::from_guest>(bytes_of(guest_says), piece) == guest_says);
        CHECK(read_all_of<wire::to_guest>(bytes_of(host_says), piece) == host_says);
    }
}

TEST_CASE("a stream that is split at any one byte arrives whole", "[wire]") {
    auto const stream = bytes_of(host_says);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        wire::reader<wire::to_guest> reader;
        std::vector<wire::to_guest> got;
        for (auto const part :
             {std::string_view{stream}.substr(0, cut), std::string_view{stream}.substr(cut)}) {
            reader.feed(part);
            while (auto message = reader.next()) got.push_back(*std::move(message));
        }
        REQUIRE(got == host_says);
    }
}

TEST_CASE("the bytes of a frame are what the protocol says", "[wire]") {
    CHECK(wire::encode(wire::resize{0x0102, 3}) == std::string("\4\0\0\0\x43\2\1\3\0", 9));
    CHECK(wire::encode(wire::finish{"ab"}) == std::string("\6\0\0\0\x41\2\0\0\0ab", 11));
    CHECK(wire::encode(wire::power_off{}) == std::string("\0\0\0\0\x44", 5));
}

TEST_CASE("a frame as long as the limit is read, a longer one is refused by its header", "[wire]") {
    auto const fits = wire::encode(wire::input{std::string(wire::frame_limit - 4, 'x')});
    CHECK(read_all_of<wire::to_guest>(fits, 65536).size() == 1);
    auto const longer = wire::encode(wire::input{std::string(wire::frame_limit - 3, 'x')});
    wire::reader<wire::to_guest> reader;
    reader.feed(std::string_view{longer}.substr(0, 5));
    CHECK_FALSE(reader.next());
    CHECK(reader.broken().find("limit") != std::string_view::npos);
}

TEST_CASE("a frame of the other direction, or of no type at all, breaks the stream", "[wire]") {
    wire::reader<wire::to_guest> reader;
    reader.feed(wire::encode(wire::started{"nonce"}));
    CHECK_FALSE(reader.next());
    CHECK_FALSE(reader.broken().empty());
}

TEST_CASE("a payload that is too short or too long for its type breaks the stream", "[wire]") {
    for (auto const& frame : {std::string("\3\0\0\0\x43\2\1\3", 8), std::string("\5\0\0\0\x43\2\1\3\0\0", 10),
                              std::string("\4\0\0\0\x41\xff\xff\xff\xff", 9)}) {
        wire::reader<wire::to_guest> reader;
        reader.feed(frame);
        CHECK_FALSE(reader.next());
        CHECK_FALSE(reader.broken().empty());
    }
}

TEST_CASE("a list that claims more than its frame holds is refused before it takes memory", "[wire]") {
    auto frame = wire::encode(wire::run{});
    frame.replace(frame.size() - 8, 4, "\xff\xff\xff\xff");
    wire::reader<wire::to_guest> reader;
    reader.feed(frame);
    CHECK_FALSE(reader.next());
    CHECK_FALSE(reader.broken().empty());
}

TEST_CASE("cut, changed and random streams do no harm", "[wire]") {
    std::mt19937 random{20240229};
    auto const byte = [&] { return static_cast<char>(random() & 0xffU); };
    auto const good = bytes_of(host_says) + bytes_of(std::vector(guest_says.begin(), guest_says.begin() + 7));
    for (auto round = 0; round < 3000; ++round) {
        auto stream = good.substr(random() % good.size(), random() % good.size());
        for (auto changes = random() % 4; changes > 0 && !stream.empty(); --changes)
            stream[random() % stream.size()] = byte();
        survive<wire::to_guest>(stream);
        survive<wire::from_guest>(stream);
        std::string noise(random() % 64, '\0');
        for (auto& c : noise) c = byte();
        if (noise.size() > 5) noise.replace(1, 3, 3, '\0'); // a short frame, so that its payload is read
        survive<wire::to_guest>(noise);
        survive<wire::from_guest>(noise);
    }
}
