#pragma once

#include <ktest/file.hpp>
#include <ktest/image/file_cache.hpp>
#include <ktest/run/qemu_script.hpp>
#include <ktest/run/stage_files.hpp>

#include <string>

namespace ktest {

namespace detail {

/// A file that is replaced, never changed in place, and whose name tells its content: times of access change
/// it for nobody.
inline void add_named_content(digest& to, std::filesystem::path const& file) {
    struct stat status {};
    ::stat(file.c_str(), &status);
    to.add(fmt::format("{} {} {} {}.{}", file.string(), status.st_ino, status.st_size, status.st_mtim.tv_sec,
                       status.st_mtim.tv_nsec));
}

inline void add_file(digest& to, std::filesystem::path const& file) {
    struct stat status {};
    to.add(file.string());
    if (::stat(file.c_str(), &status) == 0) add_identity(to, status);
}

} // namespace detail

/// Names a guest by everything that shapes it until its test begins, but for the sizes of scratch disks,
/// which it learns anew: kernel, modules, initramfs, root image, QEMU itself and its whole command line, what
/// host and init say to each other, and the host's boot: a host that went down may have lost pages of a
/// memory file. Files with copies on this node are known by their content, wherever they lie.
inline auto template_key(machine_request const& wanted, bool has_payload, std::filesystem::path const& qemu)
    -> std::string {
    auto machine = wanted.copies ? named_by_content(wanted) : wanted;
    machine.name = "template";
    digest key;
    key.add(std::to_string(wire::protocol_version));
    key.add(has_payload ? "payload" : "");
    key.add(read_file("/proc/sys/kernel/random/boot_id").value_or(""));
    for (auto const& word : qemu_command<x86_64>(named_machine(machine, slot_number::all()[0])))
        key.add(word);
    detail::add_file(key, qemu);
    if (wanted.copies) return key.text(); // the words above have their digests
    for (auto const& file : {wanted.kernel.image, wanted.root_image}) detail::add_file(key, file);
    detail::add_named_content(key, wanted.initramfs);
    if (wanted.modules_image) detail::add_named_content(key, *wanted.modules_image);
    return key.text();
}

} // namespace ktest
