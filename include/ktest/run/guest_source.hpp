#pragma once

#include <ktest/run/guest_outcome.hpp>
#include <ktest/run/kvm_fitness.hpp>
#include <ktest/run/prepare_guest.hpp>
#include <ktest/run/template_key.hpp>
#include <ktest/run/template_saving.hpp>

#include <functional>
#include <optional>
#include <random>
#include <string>

namespace ktest {

/// How old something is, in its largest unit: `40 s`, `3 min`, `2 h`.
inline auto short_age(std::chrono::seconds age) -> std::string {
    auto const count = age.count();
    if (count < 60) return fmt::format("{} s", count);
    return count < 3600 ? fmt::format("{} min", count / 60) : fmt::format("{} h", count / 3600);
}

/// Whether a run may start from a template, and makes one: where its kind has been asked for before, or at
/// once; `forced`: at once, and under KVM even if its clocks have not proved themselves.
enum class template_use { none, when_known, at_once, forced };

/// Where the guest of one run comes from: a template of its kind, if there is one or it pays to make one,
/// else a boot. Each attempt of the run asks anew; one whose guest did not wake up is followed by a boot.
class guest_source {
public:
    /// `say` gets a line for the user.
    guest_source(machine_request const& wanted, paths const& where, template_use use, bool has_payload,
                 std::function<void(std::string_view)> say)
        : wanted_{wanted},
          use_{use},
          store_{wanted.copies ? wanted.copies->templates : where.templates()},
          marks_{store_.marks()},
          scratch_{where.scratch()},
          say_{std::move(say)} {
        // What a user adds to QEMU may be anything.
        auto const fit = wanted.qemu_arguments.empty() && !wanted.keep_root && !wanted.vde_switch;
        auto const qemu = find_program(x86_64::program, "qemu-system-x86");
        if (use == template_use::none || !fit || !qemu) return;
        if (wanted.acceleration == accelerator::tcg || use == template_use::forced
            || kvm_fitness{where.templates(), wanted.kernel, *qemu}.is_proven())
            key_ = template_key(wanted, has_payload, *qemu);
    }

    /// What the guest begins with. One that is to be saved gets the payload only afterwards, from here.
    auto begin(descriptor& payload) -> result<guest_start> {
        found_.reset();
        saving_.reset();
        if (key_.empty() || failed_ || marks_.is_cold(key_)) return {};
        find();
        if (!found_ && !failed_ && pays()) begin_saving(payload);
        if (saving_) return saving_->start();
        if (!found_) return {};
        return guest_start{.how = guest_start::kind::restored,
                           .memory = std::move(found_->memory),
                           .root_writes = std::move(found_->root_writes),
                           .state = std::move(found_->state)};
    }
    /// The guest is to become a template first; none: it is not.
    auto saving() -> template_saving* { return saving_ ? &*saving_ : nullptr; }

    /// What a restored or saved guest is told first in its slot; none: it only boots. By `seed` it differs a
    /// little from others.
    auto wake(slot const& place, std::string const& nonce, std::uint32_t seed) const
        -> std::optional<wire::wake> {
        if (!found_ && !saving_) return std::nullopt;
        std::random_device random;
        std::string entropy;
        while (entropy.size() < 32) entropy += static_cast<char>(random() & 0xffU);
        return wire::wake{.nonce = nonce,
                          .entropy = std::move(entropy),
                          .shake = seed,
                          .mac = place.number.mac(),
                          .scratch = counts(wanted_.scratch)};
    }

    /// The kernel's log from before the guest was saved.
    auto kernel_log() const -> std::string_view {
        return found_ ? std::string_view{found_->kernel_log} : std::string_view{};
    }

    /// Learns from how an attempt ended. That a guest did not wake up is its template's fault where the boot
    /// that follows succeeds: else the host lacks what any guest needs.
    void ended(guest_outcome const& outcome) {
        if (key_.empty()) return;
        if (saving_) learn_of_saving(outcome);
        if (found_ && !outcome.boot && !outcome.port_taken
            && !std::holds_alternative<interrupted>(outcome.said))
            failed_ = suspected_ = true;
        if (found_ && outcome.boot) marks_.forgive(key_);
        if (found_ || !outcome.boot) return;
        marks_.make_known(key_);
        if (std::exchange(suspected_, false) && marks_.count_failure(key_)) store_.drop(key_);
    }

    /// `cold`, or `template 3f2a 2 h`.
    auto describe() const -> std::string {
        return found_ ? fmt::format("template {} {}", found_->id, short_age(found_->age)) : "cold";
    }
    /// Whether the guest began as others of its template do.
    auto is_of_template() const -> bool { return found_.has_value(); }

private:
    auto pays() const -> bool { return use_ != template_use::when_known || marks_.is_known(key_); }

    /// What is not what was saved is told of once, and booted instead.
    void find() {
        auto found = store_.find(key_);
        failed_ = !found;
        if (found)
            found_ = std::move(*found);
        else
            say_(fmt::format("the template cannot be used, so the guest boots: {}", found.error().message));
    }

    void begin_saving(descriptor& payload) {
        auto lock = store_.begin_making(key_);
        if (!lock) say_(fmt::format("no template: {}", lock.error().message));
        if (!lock || !*lock) return; // or another run makes it
        store_.prune();
        auto opened =
            template_saving::open(wanted_, store_.place_of(key_), std::move(**lock), payload, scratch_);
        if (opened)
            saving_.emplace(std::move(*opened));
        else
            say_(fmt::format("no template could be made: {}", opened.error().message));
    }

    /// A guest that was saved is its template's first.
    void learn_of_saving(guest_outcome const& outcome) {
        failed_ = !outcome.boot && !outcome.port_taken;
        auto const age = saving_->age();
        saving_.reset();
        if (age) {
            found_.emplace();
            found_->id = template_store::id_of(key_);
            found_->age = *age;
        } else if (!outcome.port_taken && !std::holds_alternative<interrupted>(outcome.said)) {
            store_.drop(key_);
            suspected_ = true;
        }
    }

    machine_request const& wanted_;
    template_use use_;
    template_store store_;
    template_marks marks_;
    std::filesystem::path scratch_;
    std::function<void(std::string_view)> say_;
    std::string key_; ///< empty: no templates for this run
    std::optional<opened_template> found_;
    std::optional<template_saving> saving_;
    bool failed_ = false;
    bool suspected_ = false; ///< the template, or the saving, and nobody has been blamed yet
};

} // namespace ktest
