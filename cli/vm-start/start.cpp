#include "../guest_options.hpp"
#include "../report_error.hpp"
#include "../vm_presence.hpp"
#include "commands.hpp"
#include <ktest/run/nonce.hpp>
#include <ktest/run/run_guest.hpp>
#include <ktest/run/run_in_slot.hpp>
#include <ktest/run/ssh_key.hpp>

#include <memory>

namespace ktest::cli {

namespace {

struct start_options {
    guest_wishes guest;
    std::vector<bytes> scratch;
    std::filesystem::path cdrom, scratch_directory, id_file;
    bool persistent = false;
    bool vde = false;
};

/// What /cdrom will hold: an ISO image as it is, or a directory's content; closed where nothing was asked
/// for.
auto open_cdrom(std::filesystem::path const& source, std::filesystem::path const& scratch)
    -> result<descriptor> {
    if (source.empty()) return descriptor{};
    std::error_code failed;
    if (!std::filesystem::is_directory(source, failed)) return open_file(source, O_RDONLY);
    std::vector<archive_member> members;
    for (auto const& entry : std::filesystem::directory_iterator{source, failed})
        members.push_back({.name = entry.path().filename().string(), .source = entry.path()});
    if (failed) return usage_error("{}: {}", source.string(), failed.message());
    return write_payload(scratch, members);
}

void say(std::string_view text) { tell("{}", text); }

auto start(start_options const& options) -> result<int> {
    auto where = find_paths();
    if (!where) return tl::unexpected{where.error()};
    auto machine = choose_machine(options.guest, *where, {});
    if (!machine) return tl::unexpected{machine.error()};
    for (auto const& note : machine->notes) say(note);
    auto& request = machine->request;
    request.name = "vm";
    request.scratch = options.scratch;
    request.keep_root = options.persistent;
    request.may_reboot = true;
    if (options.vde) request.vde_switch = "/tmp/vde.ctl";
    auto const scratch = options.scratch_directory.empty() ? where->scratch() : options.scratch_directory;

    auto has_payload = std::uint8_t{0};
    auto const prepare = [&] {
        return open_cdrom(options.cdrom, scratch).and_then([&](descriptor cdrom) {
            has_payload = static_cast<std::uint8_t>(static_cast<bool>(cdrom));
            return prepare_guest(request, std::move(cdrom), *where, scratch,
                                 {.budget = options.guest.slot_wait, .begun = say});
        });
    };
    auto const run_once = [&](prepared_guest& guest) -> result<guest_outcome> {
        auto const number = guest.place.number;
        if (!options.id_file.empty())
            if (auto told = write_file(options.id_file, fmt::format("{}\n", number.value())); !told)
                return tl::unexpected{told.error()};
        auto log = run_log::unnamed(scratch);
        if (!log) return tl::unexpected{log.error()};
        vm_presence const presence{*where, guest.place, request};
        say(options.vde
                ? fmt::format("VM {}: MAC {}, address {}", number.value(), number.mac(), number.vde_address())
                : fmt::format("VM {0}: 'vm-start ssh {0}' logs in, 'vm-start stop {0}' or Ctrl-C ends it",
                              number.value()));

        guest_run_options shown{.start = {.nonce = make_nonce(),
                                          .authorized_key = guest_ssh_key(*where).value_or(""),
                                          .host_key = guest_host_key(*where).value_or(""),
                                          .hostname = fmt::format("vm{}", number.value()),
                                          .scratch = counts(options.scratch),
                                          .has_payload = has_payload},
                                .budgets = timeouts_for(request.acceleration, {}),
                                .acceleration = request.acceleration,
                                .rules = {.may_reboot = true, .power_off_passes = true},
                                .power_off = options.persistent,
                                .say = say,
                                .on_guest = [&](wire::from_guest const& said) { presence.heed(said); },
                                .on_kernel_record = [](kernel_record const&) {}}; // the console shows them
        return run_guest(std::move(guest.start), std::move(shown), *log, shown_output::console);
    };
    auto const outcome = prepare().and_then(
        [&](prepared_guest ready) { return run_in_slot(std::move(ready), prepare, run_once, say); });
    if (!outcome) return tl::unexpected{outcome.error()};
    if (!std::holds_alternative<passed>(outcome->said))
        say(fmt::format("{} {}", name(outcome->said), reason(outcome->said)));
    return exit_status(outcome->said);
}

} // namespace

void add_start(CLI::App& app, int& status) {
    auto options = std::make_shared<start_options>();
    auto* const command = app.add_subcommand("start", "Start a VM in the foreground, its console on stdout");
    add_guest_options(*command, options->guest);
    add_scratch_option(*command, options->scratch);
    command->add_option("-c,--cdrom-source", options->cdrom, "an ISO image, or a directory, for /cdrom");
    command->add_option("-t,--tmpfs-dir", options->scratch_directory, "where scratch disks go")
        ->check(CLI::ExistingDirectory);
    command->add_flag("-p,--persistent,--persistant", options->persistent,
                      "what the guest writes reaches the image");
    command->add_option("--id", options->id_file, "write the VM's number there");
    command->add_flag("--vde", options->vde,
                      "join the vde switch at /tmp/vde.ctl instead of the user network");
    command->callback([options, &status] {
        auto const done = start(*options);
        status = done ? *done : report(done.error());
    });
}

} // namespace ktest::cli
