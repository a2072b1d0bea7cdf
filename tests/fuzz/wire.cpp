// For clang's libFuzzer: the first byte says how the rest is cut into pieces. What is read must survive being
// written and read again.

#include <ktest/guest/wire.hpp>

#include <algorithm>
#include <cstdlib>

namespace {

template<class Variant>
void read(std::string_view stream, std::size_t piece) {
    ktest::wire::reader<Variant> reader;
    for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) {
        reader.feed(stream.substr(0, piece));
        while (auto const message = reader.next()) {
            ktest::wire::reader<Variant> again;
            again.feed(std::visit([](auto const& m) { return ktest::wire::encode(m); }, *message));
            if (again.next() != message) std::abort();
        }
    }
}

} // namespace

extern "C" auto LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) -> int {
    if (size == 0) return 0;
    auto const stream = std::string_view{reinterpret_cast<char const*>(data), size}.substr(1);
    read<ktest::wire::from_guest>(stream, data[0] + std::size_t{1});
    read<ktest::wire::to_guest>(stream, data[0] + std::size_t{1});
    return 0;
}
