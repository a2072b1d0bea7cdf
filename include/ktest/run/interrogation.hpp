#pragma once

#include <ktest/run/hang_findings.hpp>
#include <ktest/run/line_assembler.hpp>
#include <ktest/run/session.hpp>
#include <ktest/run/stall_report.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace ktest {

/// Asks a guest that says nothing what it does: its CPUs' registers; then the kernel by SysRq on the serial
/// console, which needs interrupts; then by an NMI, which does not. Every step is bounded. What the kernel
/// answers is on the console; `hear` is to be given it.
class interrogation {
public:
    using clock = std::chrono::steady_clock;

    struct hooks {
        std::function<void(std::string const&)> registers; ///< QEMU's own text
        std::function<bool()> revived;                     ///< user space is heard again
        std::function<void(hang_findings const&)> end;     ///< the last deed
    };

    interrogation(boost::asio::io_context& loop, session& machine, hang_findings known, hooks call)
        : machine_{machine}, timer_{loop}, found_{std::move(known)}, call_{std::move(call)} {}

    void begin() {
        machine_.qmp().execute("query-status", {}, [this, alive = watch()](auto const&) {
            if (alive.expired()) return;
            timer_.cancel();
            look();
        });
        after(std::chrono::seconds{10}, [this] {
            found_.qemu_answers = false;
            end();
        });
    }

    void hear(std::string_view console) {
        last_heard_ = clock::now();
        lines_.feed(console, [this](std::string_view line, bool /*whole*/) {
            // After a panic at the NMI the whole log may come once more, with what its boot said of SysRq.
            if (!nmi_sent_ && line.find("sysrq: ") != line.npos)
                found_.kernel = hang_findings::answer::to_sysrq;
            if (nmi_sent_ && found_.kernel == hang_findings::answer::none
                && (line.find("NMI") != line.npos || line.find("Kernel panic") != line.npos))
                found_.kernel = hang_findings::answer::to_nmi;
            auto const state = line.find(" state:");
            if (line.find(" pid:1 ") != line.npos && state != line.npos && state + 7 < line.size())
                found_.init_state = line[state + 7];
            else
                add_blocked(blocked_tasks(line));
        });
    }

    /// The guest is gone, or lives: there is nothing more to learn.
    void cut_short() { end(); }

private:
    void add_blocked(std::vector<std::string> const& tasks) {
        for (auto const& task : tasks)
            if (std::find(found_.blocked.begin(), found_.blocked.end(), task) == found_.blocked.end())
                found_.blocked.push_back(task);
    }

    auto watch() const -> std::weak_ptr<int> { return life_; }

    /// A virtual CPU's registers can be read when it stands still.
    void look() {
        auto& qmp = machine_.qmp();
        qmp.execute("stop");
        qmp.execute("human-monitor-command", {{"command-line", "info registers -a"}},
                    [this, alive = watch()](result<nlohmann::json> const& said) {
                        if (alive.expired() || !said || !said->is_string()) return;
                        auto const text = said->get<std::string>();
                        call_.registers(text);
                        found_.looks.push_back(parse_cpu_states(text));
                    });
        qmp.execute("cont");
        constexpr auto looks = 3;
        after(std::chrono::milliseconds{300}, [this] {
            if (++looks_ < looks) return look();
            press(0);
        });
    }

    /// The loudest console first, else the answers would not be heard, and in the end as before; in between
    /// the backtrace of each CPU, tasks that are blocked, all tasks.
    void press(std::size_t which) {
        constexpr std::string_view keys = "9lwt5";
        auto const answered = found_.kernel == hang_findings::answer::to_sysrq;
        if (which == keys.size()) return end();
        if (which > 0 && !answered) return call_.revived() ? end() : send_nmi(); // which would end it
        machine_.qmp().execute("chardev-send-break", {{"id", "console"}},
                               [this, key = keys.substr(which, 1), alive = watch()](auto const&) {
                                   if (!alive.expired()) machine_.type_on_console(key);
                               });
        when_quiet([this, which] { press(which + 1); });
    }

    void send_nmi() {
        nmi_sent_ = true;
        machine_.qmp().execute("inject-nmi");
        when_quiet([this] { end(); });
    }

    void when_quiet(std::function<void()> then) {
        asked_ = clock::now();
        last_heard_.reset();
        wait_for_quiet(std::move(then));
    }
    void wait_for_quiet(std::function<void()> then) {
        constexpr std::chrono::milliseconds quiet{500};
        constexpr std::chrono::seconds patience{5};
        auto const now = clock::now();
        if ((last_heard_ && now - *last_heard_ >= quiet) || now - asked_ >= patience) return then();
        after(std::chrono::milliseconds{100}, [this, then = std::move(then)] { wait_for_quiet(then); });
    }

    void after(std::chrono::milliseconds delay, std::function<void()> then) {
        timer_.expires_after(delay);
        timer_.async_wait([then = std::move(then), alive = watch()](auto cancelled) {
            if (!cancelled && !alive.expired()) then();
        });
    }

    void end() {
        if (std::exchange(ended_, true)) return;
        life_.reset();
        timer_.cancel();
        auto const call = std::move(call_.end); // which may be the end of this
        call(hang_findings{std::move(found_)});
    }

    session& machine_;
    boost::asio::steady_timer timer_;
    hang_findings found_;
    hooks call_;
    line_assembler lines_;
    clock::time_point asked_;
    std::optional<clock::time_point> last_heard_;
    int looks_ = 0;
    bool nmi_sent_ = false;
    bool ended_ = false;
    std::shared_ptr<int> life_ = std::make_shared<int>(); ///< answers of QMP may come when this is over
};

} // namespace ktest
