#pragma once

// What every fuzz target is made of. A target is one file: it includes this, and defines `fuzz`.

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

/// Reads what libFuzzer made up; whatever must not happen ends the process.
static void fuzz(std::string_view input);

/// A property that holds for every input.
inline void always(bool holds) {
    if (!holds) std::abort();
}

/// The first byte of an input, as a number from 1 on, and what is behind it: how long the pieces are into
/// which a stream is cut, and the stream.
inline auto take_piece_size(std::string_view& input) -> std::size_t {
    if (input.empty()) return 1;
    auto const size = static_cast<unsigned char>(input[0]) + std::size_t{1};
    input.remove_prefix(1);
    return size;
}

template<class Take>
void for_each_cut(std::string_view stream, std::size_t size, Take take) {
    for (; !stream.empty(); stream.remove_prefix(std::min(size, stream.size()))) take(stream.substr(0, size));
}

/// Lines end as a serial console ends them, in CR LF.
inline auto with_other_line_ends(std::string_view text) -> std::string {
    std::string all;
    for (auto const c : text) (c == '\n' ? all += '\r' : all) += c;
    return all;
}

extern "C" auto LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) -> int {
    fuzz({reinterpret_cast<char const*>(data), size}); // NOLINT(*-reinterpret-cast)
    return 0;
}
