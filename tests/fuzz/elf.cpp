#include "fuzz.hpp"
#include <ktest/spec/elf_needs.hpp>

using namespace ktest;

void fuzz(std::string_view input) {
    auto const needs = read_elf(input);
    if (!needs || !*needs) return;
    for (auto const* list : {&(*needs)->needed, &(*needs)->rpath, &(*needs)->runpath})
        for (auto const& text : *list) always(text.find('\0') == std::string::npos);
    if (!(*needs)->is_native)
        always(**needs == elf_needs{.machine = (*needs)->machine, .type = (*needs)->type});

    // Everything was in the file, so nothing that stands behind it can matter.
    always(read_elf(std::string{input} + std::string(4096, '\x01')) == needs);
}
