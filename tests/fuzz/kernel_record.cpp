#include "fuzz.hpp"
#include <ktest/run/kernel_record.hpp>

using namespace ktest;

namespace {

/// As the kernel writes it, as far as that is undone.
auto write(kernel_record const& record) -> std::string {
    auto line = fmt::format("{},{},{},-", record.level, record.sequence, record.microseconds);
    if (!record.caller.empty()) line += ",caller=" + record.caller;
    line += ';';
    for (auto const c : record.text)
        if (c == '\t' || c == '\n' || c == '\\')
            line += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
        else
            line += c;
    return line;
}

} // namespace

void fuzz(std::string_view input) {
    auto const record = parse_kernel_record(input);
    if (!record) return;
    always(record->level < 8);
    always(parse_kernel_record(write(*record)) == record);
    auto const shown = to_string(*record);
    always(shown.starts_with('[') && shown.size() >= record->text.size());
}
