#pragma once

#include <ktest/run/guest_watch.hpp>
#include <ktest/run/interrogation.hpp>
#include <ktest/run/memory_dump.hpp>
#include <ktest/run/run_log.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace ktest {

/// What is to be learnt of a guest before it goes: what it does, and its memory, for the run's files.
class last_look {
public:
    last_look(boost::asio::io_context& loop, session& machine, run_log& log,
              std::function<void(std::string_view)> say)
        : loop_{loop}, machine_{machine}, log_{log}, say_{std::move(say)} {}

    /// While it lasts the guest is stopped and let go on, and that is nobody else's doing.
    auto is_busy() const -> bool { return interrogation_ || dump_; }

    /// `then` gets the findings, and whether user space was heard meanwhile.
    void interrogate(signs_of_life const& life, std::function<void(hang_findings const&, bool)> then) {
        hang_findings known{.seconds_silent = life.seconds_silent()};
        if (life.console_is_flooded()) known.flood = life.console_bytes();
        say_("the guest does not say anything any more: asking it what it does");
        auto const revived = [&life, heard = life.times_heard()] { return life.times_heard() != heard; };
        interrogation_ = std::make_unique<interrogation>(
            loop_, machine_, std::move(known),
            interrogation::hooks{.registers =
                                     [this](std::string const& registers) {
                                         if (auto kept = log_.add_hang(registers); !kept)
                                             say_(kept.error().message);
                                     },
                                 .revived = revived,
                                 .end =
                                     [this, revived, then = std::move(then)](hang_findings const& found) {
                                         interrogation_.reset();
                                         then(found, revived());
                                     }});
        interrogation_->begin();
    }

    /// The guest's memory, once; where it fails that is told.
    void dump(std::chrono::milliseconds limit, std::function<void()> then) {
        if (std::exchange(dumped_, true) || log_.directory().empty()) return then();
        dump_ = std::make_unique<memory_dump>(loop_, machine_, log_.directory() / "vmcore",
                                              [this, then = std::move(then)](std::string const& what) {
                                                  dump_.reset();
                                                  say_(what);
                                                  then();
                                              });
        dump_->begin(limit);
    }

    void heed(session_event const& event) {
        auto const* const gone = std::get_if<machine_gone>(&event);
        if (auto const* done = std::get_if<dump_completed>(&event); done != nullptr && dump_)
            dump_->completed(done->failure);
        else if (gone != nullptr && dump_)
            dump_->machine_gone();
        if (!interrogation_) return;
        if (auto const* console = std::get_if<console_bytes>(&event)) interrogation_->hear(console->data);
        auto const rebooted = std::holds_alternative<guest_reset>(event);
        if (rebooted || (gone != nullptr && !gone->cause.empty())) interrogation_->cut_short();
    }

private:
    boost::asio::io_context& loop_;
    session& machine_;
    run_log& log_;
    std::function<void(std::string_view)> say_;
    std::unique_ptr<interrogation> interrogation_;
    std::unique_ptr<memory_dump> dump_;
    bool dumped_ = false;
};

} // namespace ktest
