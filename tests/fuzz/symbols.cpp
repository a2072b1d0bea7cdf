#include "fuzz.hpp"
#include <ktest/kernel/text_symbols.hpp>
#include <ktest/run/addr2line.hpp>
#include <ktest/run/kernel_identity.hpp>
#include <ktest/run/stack_line.hpp>

#include <sys/mman.h>

using namespace ktest;

namespace {

void read_file_of(std::string_view input) {
    descriptor const file{::memfd_create("symbols", MFD_CLOEXEC)};
    if (!write_all(file.get(), input)) return;
    auto const object = elf_object::open(fmt::format("/proc/self/fd/{}", file.get()));
    if (!object) return;
    always(object->build_id().size() <= 512);
    (void)identity_of(*object);
    auto const symbols = text_symbols::read(*object);
    if (!symbols) return;
    for (auto const address : {std::uint64_t{0}, std::uint64_t{0x401000}, ~std::uint64_t{0}})
        if (auto const at = symbols->at(address); at.size != 0) {
            always(address - at.address < at.size);
            always(!symbols->find(at.name).empty());
        }
}

void read_log(std::string_view input) {
    for_each_cut(input, 256, [](std::string_view line) {
        auto const found = parse_stack_line(line);
        if (!found) return;
        always(found->column < line.size());
        always(!found->function.empty() || found->address != 0);
        always(line.substr(found->column, found->function.size()) == found->function);
    });
    (void)identity_in_log(input);
    for (auto const& [address, places] : parse_addr2line(input))
        for (auto const& place : places) always(place.line != 0 && place.file != "??");
}

} // namespace

void fuzz(std::string_view input) {
    if (input.substr(0, SELFMAG) == std::string_view{ELFMAG, SELFMAG})
        read_file_of(input);
    else
        read_log(input);
}
