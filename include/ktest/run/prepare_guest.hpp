#pragma once

#include <ktest/image/archive.hpp>
#include <ktest/program.hpp>
#include <ktest/run/guest_wishes.hpp>
#include <ktest/run/open_machine.hpp>
#include <ktest/run/stage_files.hpp>
#include <ktest/slot/slot_pool.hpp>

#include <chrono>
#include <string_view>
#include <vector>

namespace ktest {

/// A VM that has everything but a running QEMU.
struct prepared_guest {
    slot place;
    launch start;
};

/// The payload as an unnamed ISO 9660 image, open for reading.
inline auto write_payload(std::filesystem::path const& directory, std::vector<archive_member> const& members)
    -> result<descriptor> {
    return open_unnamed(directory).and_then([&](descriptor file) -> result<descriptor> {
        if (auto written = write_archive(file.get(), archive_kind::iso9660, members); !written)
            return tl::unexpected{written.error()};
        auto const size = static_cast<off_t>(payload_disk_size.count);
        if (::lseek(file.get(), 0, SEEK_END) > size)
            return usage_error("what /cdrom would hold is more than {}", to_string(payload_disk_size));
        if (::ftruncate(file.get(), size) != 0) return system_failure(errno, "{}", directory.string());
        return reopen(file, O_RDONLY);
    });
}

/// Refuses what cannot be started here, before anything is claimed for it.
inline auto check_startable(machine_request const& wanted) -> result<void> {
    return check_fits(wanted)
        .and_then([] { return find_program(x86_64::program, "qemu-system-x86"); })
        .map([](auto const&) {});
}

/// Opens the files of a machine in its slot. `payload` is what /cdrom will hold, an open ISO 9660 image;
/// closed: there is none. Disks go to `scratch`. What the guest begins with is `begin(descriptor&
/// payload)`'s, which may keep the payload.
template<class Begin>
auto open_guest(machine_request const& wanted, descriptor payload, slot const& place,
                std::filesystem::path const& scratch, Begin begin) -> result<launch> {
    return begin(payload).and_then([&](guest_start start) {
        return open_machine<x86_64>(on_this_node(wanted), place, scratch, std::move(payload),
                                    std::move(start));
    });
}

/// The same, and claims the slot.
template<class Begin>
auto prepare_guest(machine_request const& wanted, descriptor payload, paths const& where,
                   std::filesystem::path const& scratch, slot_wait const& wait, Begin begin)
    -> result<prepared_guest> {
    return check_startable(wanted)
        .and_then([&] { return claim_slot(where, wait); })
        .and_then([&](slot place) {
            return open_guest(wanted, std::move(payload), place, scratch, begin).map([&](launch start) {
                return prepared_guest{std::move(place), std::move(start)};
            });
        });
}

/// The same for a guest that boots.
inline auto prepare_guest(machine_request const& wanted, descriptor payload, paths const& where,
                          std::filesystem::path const& scratch, slot_wait const& wait)
    -> result<prepared_guest> {
    return prepare_guest(wanted, std::move(payload), where, scratch, wait,
                         [](descriptor const&) { return result<guest_start>{}; });
}

} // namespace ktest
