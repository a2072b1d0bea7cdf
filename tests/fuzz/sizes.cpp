#include "fuzz.hpp"
#include <ktest/spec/bytes.hpp>

#include <cstring>

using namespace ktest;

namespace {

/// What is read is a size that a file can have, and reads the same from how it is written.
void read(std::string_view text, bare_number bare) {
    auto const size = parse_bytes(text, bare);
    if (!size) return;
    always(size->count > 0 && size->count <= std::uint64_t{1} << 63U);
    always(parse_bytes(to_string(*size), bare_number::refused) == size);
}

/// Any size at all: the input as a number.
void write(std::string_view input) {
    bytes size;
    std::memcpy(&size.count, input.data(), std::min(input.size(), sizeof size.count));
    size.count &= ~(std::uint64_t{1} << 63U);
    if (size.count > 0) always(parse_bytes(to_string(size), bare_number::refused) == size);
}

/// To a thousandth of its unit, the number is the one that arithmetic of another kind gives.
void compare(std::string_view text) {
    auto const size = parse_bytes(text, bare_number::mebibytes);
    if (!size) return;
    auto const suffix = text.find_first_not_of("0123456789.");
    auto const letter = suffix == std::string_view::npos ? 'm' : static_cast<char>(text[suffix] | 0x20);
    auto const power = std::string_view{"bkmgt"}.find(letter);
    auto unit = 1.0L;
    for (std::size_t i = 0; i < power; ++i) unit *= 1024;
    auto const wanted = std::strtold(std::string{text.substr(0, suffix)}.c_str(), nullptr) * unit;
    auto const got = static_cast<long double>(size->count);
    always(got - wanted <= unit / 2047 && wanted - got <= unit / 2047);
}

} // namespace

void fuzz(std::string_view input) {
    read(input, bare_number::mebibytes);
    read(input, bare_number::refused);
    write(input);
    compare(input);
}
