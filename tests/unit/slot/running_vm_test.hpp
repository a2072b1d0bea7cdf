#pragma once

#include "unit/slot/slot_test.hpp"
#include <ktest/slot/running_vm.hpp>

namespace ktest::test {

/// A process like ktest: it claims a slot and writes its VM's record; then it says `runs` and stays.
struct vm_process_options {
    std::filesystem::path directory = "/some/tree";
    std::chrono::seconds started{1'700'000'000};
    uid_t user = ::geteuid();
    std::string node{};
};

inline auto record_of(slot const& claimed, vm_process_options const& with) -> vm_record {
    return {.test = "bcache",
            .node = with.node,
            .slot = claimed.number,
            .host = this_host(),
            .owner = ::getpid(),
            .started = with.started,
            .kernel = "6.12.0",
            .directory = with.directory};
}

template<class Then>
auto vm_process(temporary_place const& place, vm_process_options const& with, Then const& then) {
    return [&place, with, then](int talk) {
        if (with.user != ::geteuid() && ::setresuid(with.user, with.user, with.user) != 0) ::_exit(1);
        auto const claimed = slot_pool{test_slots{place}}.claim(place.where);
        if (!claimed)
            say(talk, claimed.error().message);
        else
            (void)write_vm_record(record_file(claimed->directory), record_of(*claimed, with));
        then(talk);
        say(talk, "runs");
        wait_for_parent(talk);
    };
}
inline auto vm_process(temporary_place const& place, vm_process_options const& with = {}) {
    return vm_process(place, with, [](int) {});
}

inline auto pools(temporary_place const& place) -> std::vector<std::filesystem::path> {
    return {place.path / "no such pool", place.path / "slots"};
}

} // namespace ktest::test
