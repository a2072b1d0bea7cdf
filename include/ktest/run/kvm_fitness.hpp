#pragma once

#include <ktest/file.hpp>
#include <ktest/kernel/kernel.hpp>
#include <ktest/paths.hpp>
#include <ktest/run/template_key.hpp>
#include <ktest/take_line.hpp>

#include <filesystem>
#include <string>

#include <sys/utsname.h>

namespace ktest {

namespace detail {

/// The lines of /proc/cpuinfo that tell one processor, or its microcode, from another.
inline auto processor_identity(std::string_view cpuinfo) -> std::string {
    std::string identity;
    for (auto rest = cpuinfo; !rest.empty();) {
        auto const line = take_line(rest);
        if (line.empty()) break; // the first processor is like the others
        for (std::string_view const name : {"vendor_id", "cpu family", "model", "stepping", "microcode"})
            if (line.starts_with(name)) identity.append(line) += '\n';
    }
    return identity;
}

} // namespace detail

/// Whether guests restored under KVM keep their clocks on this host: true for a host, its processor, a QEMU
/// and a guest's kernel once they have proved it (`ktest doctor --measure`).
class kvm_fitness {
public:
    kvm_fitness(std::filesystem::path const& templates, kernel const& guest,
                std::filesystem::path const& qemu) {
        utsname host{};
        ::uname(&host);
        digest key;
        key.add(host.release).add(host.version);
        key.add(detail::processor_identity(read_file("/proc/cpuinfo").value_or("")));
        detail::add_file(key, qemu);
        detail::add_file(key, guest.image);
        mark_ = templates / ("kvm-" + key.text() + ".proven");
    }

    auto is_proven() const -> bool {
        std::error_code ignored;
        return std::filesystem::exists(mark_, ignored);
    }
    auto prove() const -> result<void> {
        return make_private(mark_.parent_path()).and_then([&] { return write_file(mark_, "", 0600); });
    }

private:
    std::filesystem::path mark_;
};

} // namespace ktest
