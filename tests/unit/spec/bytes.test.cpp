#include "catch.hpp"
#include <ktest/spec/bytes.hpp>

#include <random>
#include <utility>
#include <vector>

using namespace ktest;
using namespace ktest::literals;

TEST_CASE("sizes are read with their suffixes, powers of 1024", "[bytes]") {
    auto const [text, size] = GENERATE(table<std::string, bytes>({
        {"512M", 512_MiB},
        {"2G", 2_GiB},
        {"1.5G", 1536_MiB},
        {"0.5G", 512_MiB},
        {"2g", 2_GiB},
        {"64k", bytes{65536}},
        {"1T", 1024_GiB},
        {"512MB", 512_MiB},
        {"512MiB", 512_MiB},
        {"2gib", 2_GiB},
        {"1.25K", bytes{1280}},
        {"1537B", bytes{1537}},
        {"8388607T", bytes{8388607ULL << 40U}},
    }));
    CAPTURE(text);
    auto const got = parse_bytes(text, bare_number::refused);
    REQUIRE(got);
    CHECK(*got == size);
}

TEST_CASE("a fraction is rounded to whole units of the next smaller suffix", "[bytes]") {
    CHECK(parse_bytes("1.3G", bare_number::refused) == 1331_MiB);
    CHECK(parse_bytes("1.7G", bare_number::refused) == 1741_MiB);
    CHECK(parse_bytes("0.9999999G", bare_number::refused) == 1_GiB);
}

TEST_CASE("a number without a suffix is MiB or an error, as the key has it", "[bytes]") {
    CHECK(parse_bytes("512", bare_number::mebibytes) == 512_MiB);
    CHECK(parse_bytes("1.5", bare_number::mebibytes) == bytes{1536 << 10});
    auto const refused = parse_bytes("512", bare_number::refused);
    REQUIRE_FALSE(refused);
    CHECK(refused.error()
          == error{fault::usage, "'512' is not a size: it has no suffix (want 512M, 2G, ...)"});
}

TEST_CASE("what is not a size is an error that shows it", "[bytes]") {
    auto const* text =
        GENERATE("2Q", "", "M", "G2", "-1G", "+1G", "0", "0M", "0.0G", "1.G", ".5G", "1..5G", "1.5.5G", " 1G",
                 "1G ", "1 G", "1GG", "1MiBB", "1Kb/s", "0x10M", "1e3M", "1,5G", "1.5B", "1BB", "8388608T",
                 "18446744073709551615T", "18446744073709551616M", "99999999999999999999G",
                 "9223372036854775808B", "0.0000000000001G", "0.0001K", "NaN", "\xFF");
    CAPTURE(text);
    auto const got = parse_bytes(text, bare_number::mebibytes);
    REQUIRE_FALSE(got);
    CHECK(got.error() == error{fault::usage, fmt::format("'{}' is not a size (want 512M, 2G, ...)", text)});
}

TEST_CASE("sizes are shown as they are written", "[bytes]") {
    CHECK(to_string(512_MiB) == "512M");
    CHECK(to_string(2_GiB) == "2G");
    CHECK(to_string(1536_MiB) == "1.5G");
    CHECK(to_string(1331_MiB) == "1331M");
    CHECK(to_string(1024_GiB) == "1T");
    CHECK(to_string(bytes{1537}) == "1537B");
    CHECK(to_string(bytes{1}) == "1B");
}

TEST_CASE("every size survives being shown and read", "[bytes]") {
    std::mt19937_64 random{1};
    for (auto i = 0; i < 20000; ++i) {
        auto const shift = std::uniform_int_distribution<unsigned>{1, 62}(random);
        auto const zeros = std::uniform_int_distribution<unsigned>{0, 40}(random);
        bytes const size{std::max<std::uint64_t>(1, random() >> shift >> zeros << zeros)};
        CAPTURE(size.count, to_string(size));
        REQUIRE(parse_bytes(to_string(size), bare_number::refused) == size);
    }
}
