#pragma once

#include <ktest/file.hpp>
#include <ktest/image/overlay.hpp>
#include <ktest/net/frame_socket.hpp>
#include <ktest/run/machine_request.hpp>
#include <ktest/run/session.hpp>
#include <ktest/slot/slot.hpp>
#include <ktest/vm/qemu_command.hpp>

#include <sys/file.h>

namespace ktest {

namespace detail {

/// What QEMU will hold: each descriptor gets the next number there.
class inheritance {
public:
    auto pass(descriptor ours) -> int {
        auto const number = static_cast<int>(held_.size()) + 3;
        held_.push_back(std::move(ours));
        return number;
    }
    /// An open file, to be read and, where `written`, to be written.
    auto pass_file(descriptor ours, bool written) -> result<file_source> {
        if (!written) return file_source{inherited_file{.read_only = pass(std::move(ours))}};
        return reopen(ours, O_RDONLY).map([&](descriptor reading) {
            auto const read_only = pass(std::move(reading));
            return file_source{inherited_file{.read_only = read_only, .read_write = pass(std::move(ours))}};
        });
    }
    auto pass_socket(descriptor& ours) -> result<socket_source> {
        return socket_pair().map([&](auto ends) {
            ours = std::move(ends[0]);
            return socket_source{inherited_socket{pass(std::move(ends[1]))}};
        });
    }

    auto numbers() const {
        std::vector<std::pair<int, int>> list;
        for (auto const& ours : held_) list.emplace_back(ours.get(), static_cast<int>(list.size()) + 3);
        return list;
    }
    auto release() -> std::vector<descriptor> { return std::move(held_); }

private:
    std::vector<descriptor> held_;
};

/// A blank, sparse disk without a name.
inline auto open_blank(std::filesystem::path const& directory, bytes size) -> result<descriptor> {
    return open_unnamed(directory).and_then([&](descriptor file) -> result<descriptor> {
        if (::ftruncate(file.get(), static_cast<off_t>(size.count)) != 0)
            return system_failure(errno, "{}: a scratch disk of {} bytes", directory.string(), size.count);
        return file;
    });
}

/// An unnamed overlay over an image of the given size.
inline auto open_overlay(std::filesystem::path const& directory, bytes size) -> result<descriptor> {
    return open_unnamed(directory).and_then([&](descriptor file) {
        return write_all(file.get(), empty_overlay(size)).map([&] { return std::move(file); });
    });
}

/// The root image open: to be written by this VM alone, or to be read by all who do not write it.
inline auto open_root(machine_request const& wanted) -> result<descriptor> {
    return open_file(wanted.root_image, wanted.keep_root ? O_RDWR : O_RDONLY)
        .and_then([&](descriptor image) -> result<descriptor> {
            auto const locked = ::flock(image.get(), (wanted.keep_root ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0;
            if (!locked && errno == EWOULDBLOCK)
                return unavailable("{}: in use by a VM that {} it: stop that first (vm-start list)",
                                   wanted.root_image.string(), wanted.keep_root ? "uses" : "writes");
            return image;
        });
}

} // namespace detail

/// What a guest's memory and root begin with: nothing (it boots, QEMU has its memory), files that it fills
/// (it boots to be saved), or files that were filled and are not changed any more (it is restored).
struct guest_start {
    enum class kind { boot, to_be_saved, restored };
    kind how = kind::boot;
    descriptor memory;
    descriptor root_writes; ///< a qcow2 over the root image
    descriptor state;       ///< of the devices
    descriptor payload;     ///< in place of the run's own, until it has been saved
};

/// The size of each scratch disk while a template is made; whoever starts from it is told his own.
constexpr bytes template_scratch_size{std::uint64_t{1} << 30U};
/// The size of the payload's disk, whatever is on it (the file is sparse): a restored guest learnt it when it
/// was made.
constexpr bytes payload_disk_size{std::uint64_t{8} << 30U};

/// A machine ready to be started in its slot: disks blank or fresh, unnamed, and gone with it. `payload` is
/// an open ISO 9660 image; none: no payload disk.
template<machine Machine>
auto open_machine(machine_request const& wanted, slot const& place,
                  std::filesystem::path const& scratch_directory, descriptor payload, guest_start begin = {})
    -> result<launch> {
    using kind = guest_start::kind;
    detail::inheritance qemu;
    machine_ends ends{.monitor = place.directory / "mon",
                      .kgdb = place.directory / "kgdb",
                      .ssh_port = place.number.ssh_port(),
                      .mac = place.number.mac()};
    launch made;
    auto const disks = [&]() -> result<void> {
        for (auto const size : wanted.scratch) {
            auto const first = begin.how == kind::to_be_saved ? template_scratch_size : size;
            auto disk = detail::open_blank(scratch_directory, first).and_then([&](descriptor file) {
                return qemu.pass_file(std::move(file), true);
            });
            if (!disk) return tl::unexpected{disk.error()};
            ends.scratch.push_back(std::move(*disk));
        }
        if (begin.payload) payload = std::move(begin.payload);
        if (payload) ends.payload = inherited_file{.read_only = qemu.pass(std::move(payload))};
        if (wanted.modules_image) {
            auto modules = open_file(*wanted.modules_image, O_RDONLY);
            if (!modules) return tl::unexpected{modules.error()};
            ends.modules = inherited_file{.read_only = qemu.pass(std::move(*modules))};
        }
        auto root = detail::open_root(wanted);
        if (!root) return tl::unexpected{root.error()};
        if (begin.how != kind::boot)
            ends.memory = memory_file{qemu.pass(std::move(begin.memory)), begin.how == kind::to_be_saved};
        ends.incoming = begin.how == kind::restored;
        if (ends.incoming)
            ends.between = inherited_file{.read_only = qemu.pass(std::move(begin.root_writes))};
        if (!wanted.keep_root) {
            auto const size = bytes{std::filesystem::file_size(wanted.root_image)};
            auto const fresh = [&] { return detail::open_overlay(scratch_directory, size); };
            auto overlay =
                (begin.root_writes ? result<descriptor>{std::move(begin.root_writes)} : fresh())
                    .and_then([&](descriptor file) { return qemu.pass_file(std::move(file), true); });
            if (!overlay) return tl::unexpected{overlay.error()};
            ends.overlay = std::move(*overlay);
        }
        return qemu.pass_file(std::move(*root), wanted.keep_root).map([&](auto source) {
            ends.root = source;
        });
    };
    auto const lay_cables = [&]() -> result<void> {
        for (std::size_t i = 0; i < wanted.card_macs.size(); ++i) {
            auto cable = ethernet_cable();
            if (!cable) return tl::unexpected{cable.error()};
            made.cables.push_back(std::move((*cable)[0]));
            ends.cables.push_back({qemu.pass(std::move((*cable)[1]))});
        }
        return {};
    };
    auto const connect = [&](socket_source& theirs, descriptor& ours) {
        return qemu.pass_socket(ours).map([&](auto source) { theirs = source; });
    };
    return disks()
        .and_then(lay_cables)
        .and_then([&] { return connect(ends.qmp, made.qmp); })
        .and_then([&] { return connect(ends.agent, made.agent); })
        .and_then([&] { return connect(ends.output, made.output); })
        .and_then([&] { return connect(ends.console, made.console); })
        .map([&] {
            qemu.pass(descriptor{::fcntl(place.lock.get(), F_DUPFD_CLOEXEC, 3)});
            made.qemu = {.arguments = qemu_command<Machine>(describe_machine<Machine>(wanted, ends)),
                         .descriptors = qemu.numbers(),
                         .mask = 0077};
            made.inherited = qemu.release();
            made.state = std::move(begin.state);
            if (begin.how != kind::boot)
                for (auto const& [i, size] : wanted.scratch | ranges::views::enumerate)
                    made.resized.emplace_back(disk_node(scratch_serial(i)), size);
            return std::move(made);
        });
}

} // namespace ktest
