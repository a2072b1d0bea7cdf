#include "../report_error.hpp"
#include "commands.hpp"
#include <ktest/run/guest_source.hpp>

#include <memory>

namespace ktest::cli {

namespace {

void list(template_store const& store) {
    for (auto const& one : store.list())
        fmt::print("{:.4}  {:>6}  {:>3} uses  {:>5} MiB  {}\n", one.key, one.good ? short_age(one.age) : "-",
                   one.uses, one.bytes >> 20U, one.good ? one.what : "(not whole, or has served its time)");
}

void prune(template_store const& store, bool all) {
    auto const before = store.list();
    store.prune();
    if (all)
        for (auto const& one : before) store.drop(one.key);
    auto const left = store.list();
    std::uintmax_t bytes = 0;
    for (auto const& one : before) bytes += one.bytes;
    for (auto const& one : left) bytes -= std::min(bytes, one.bytes);
    tell("{} of {} templates removed, {} MiB", before.size() - std::min(before.size(), left.size()),
         before.size(), bytes >> 20U);
}

} // namespace

void add_template(CLI::App& app, int& status) {
    auto all = std::make_shared<bool>(false);
    auto* const command = app.add_subcommand("template", "Saved guests, from which runs start");
    command->require_subcommand(1);
    auto const with_store = [&status](auto act) {
        auto const where = find_paths();
        if (where)
            act(template_store{where->templates()});
        else
            status = report(where.error());
    };
    command->add_subcommand("list", "id, age, uses, size, and what guest it is")->callback([with_store] {
        with_store(list);
    });
    auto* const pruning = command->add_subcommand("prune", "Remove what is old or too much, as runs do, too");
    pruning->add_flag("--all", *all, "all of them");
    pruning->callback(
        [with_store, all] { with_store([&](template_store const& store) { prune(store, *all); }); });
}

} // namespace ktest::cli
