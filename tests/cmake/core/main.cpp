#include <ktest/spec/deps.hpp>

auto main() -> int {
    auto const spec = ktest::parse_deps("MEM=512M\n", "it");
    return spec && spec->memory == ktest::bytes{512U << 20U} ? 0 : 1;
}
