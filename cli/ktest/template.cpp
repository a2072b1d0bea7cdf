#include "../guest_options.hpp"
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

/// Those of this node, where it has its own, else the user's.
auto templates_of(node_cache_wish const& wish) -> result<std::filesystem::path> {
    if (wish.directory.empty()) return find_paths().map([](paths const& where) { return where.templates(); });
    return node_cache::open(wish.directory, wish.most.count).map([](node_cache const& cache) {
        return cache.templates();
    });
}

} // namespace

void add_template(CLI::App& app, int& status) {
    auto all = std::make_shared<bool>(false);
    auto* const command = app.add_subcommand("template", "Saved guests, from which runs start");
    command->require_subcommand(1);
    auto wish = std::make_shared<node_cache_wish>();
    add_node_cache_options(*command, *wish);
    auto const with_store = [&status, wish](auto act) {
        auto const place = templates_of(*wish);
        if (place)
            act(template_store{*place});
        else
            status = report(place.error());
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
