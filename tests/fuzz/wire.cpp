#include "fuzz.hpp"
#include <ktest/guest/wire.hpp>

namespace {

template<class Variant>
struct heard {
    std::vector<Variant> messages;
    std::string broken;
    friend auto operator==(heard const&, heard const&) -> bool = default;
};

template<class Variant>
auto hear(std::string_view stream, std::size_t piece) -> heard<Variant> {
    heard<Variant> all;
    ktest::wire::reader<Variant> reader;
    for_each_cut(stream, piece, [&](std::string_view bytes) {
        reader.feed(bytes);
        while (auto message = reader.next()) all.messages.push_back(std::move(*message));
    });
    all.broken = reader.broken();
    return all;
}

/// The pieces do not matter, and what is heard survives being said again.
template<class Variant>
void read(std::string_view stream, std::size_t piece) {
    auto const cut = hear<Variant>(stream, piece);
    always(cut == hear<Variant>(stream, stream.size()));
    std::string again;
    for (auto const& message : cut.messages)
        again += std::visit([](auto const& one) { return ktest::wire::encode(one); }, message);
    always(stream.starts_with(again));
    always(hear<Variant>(again, piece).messages == cut.messages);
}

} // namespace

void fuzz(std::string_view input) {
    auto const piece = take_piece_size(input);
    read<ktest::wire::from_guest>(input, piece);
    read<ktest::wire::to_guest>(input, piece);
}
