#pragma once

#include <ktest/run/guest_run.hpp>
#include <ktest/run/interruption.hpp>
#include <ktest/run/node_output.hpp>
#include <ktest/run/nodes_outcome.hpp>
#include <ktest/run/output_copy.hpp>
#include <ktest/run/rendezvous.hpp>
#include <ktest/run/test_network.hpp>

#include <boost/asio/post.hpp>

namespace ktest {

/// One start of a node's VM.
struct node_start {
    guest_run_options options;
    launch machine;
};

/// What a node brings into the run.
struct node_part {
    std::string name;
    std::vector<std::size_t> networks; ///< of its cards
    run_log& log;
    std::function<result<node_start>()> start;       ///< asked for each attempt
    std::function<void(guest_outcome const&)> ended; ///< told of each
};

/// What all nodes of a run have in common.
struct nodes_run_options {
    std::vector<network> networks;
    std::uint64_t seed = 0;          ///< of the networks' faults
    std::filesystem::path directory; ///< where a capture of each network goes: `lan.pcapng`
    std::filesystem::path scratch;   ///< for files that nodes exchange
    hold_rules hold;                 ///< as for a single guest: then all nodes stay
    std::function<void(std::string_view)> say;
};

/// The VMs of one test, side by side, and the networks between them. Tests begin when all guests are ready;
/// who has passed stays until all have. The first that does not pass ends the others.
class nodes_run {
public:
    /// `output`: where the lines of all tests go, each with its node's name; they go to stdout, too.
    nodes_run(std::vector<node_part> parts, nodes_run_options options, descriptor const& output)
        : options_{std::move(options)},
          rendezvous_{names_of(parts), options_.scratch},
          output_{output},
          copy_{loop_, output.get(), STDOUT_FILENO,
                [this](auto const& why) {
                    options_.say(fmt::format("stdout: {}; the tests' output goes on in {}", why,
                                             (options_.directory / "test.log").string()));
                }},
          signals_{loop_, [this](auto why) { interrupt(std::move(why)); }} {
        for (auto& part : parts)
            nodes_.push_back({.output = node_output{part.name}, .part = std::move(part)});
    }

    /// Runs them to their ends. An error: there could be no network.
    auto run() -> result<nodes_outcome> {
        for (auto const& [i, net] : options_.networks | ranges::views::enumerate) {
            auto made = test_network::create(loop_, net, i, options_.seed,
                                             options_.directory / (net.name + ".pcapng"));
            if (!made) return tl::unexpected{made.error()};
            networks_.push_back(std::move(*made));
        }
        for (std::size_t i = 0; i < nodes_.size(); ++i) begin(i);
        while (!all([](node const& one) { return one.outcome.has_value(); }) && loop_.run_one() > 0)
            tidy_up();
        for (auto& one : nodes_) write(one.output.flush());
        while (!copy_.done() && !abandoned_ && loop_.run_one() > 0) {
        }
        for (auto const& net : networks_)
            if (auto whole = net->finish(); !whole) options_.say(whole.error().message);
        for (auto& one : nodes_) outcome_.nodes.push_back(std::move(*one.outcome));
        return std::move(outcome_);
    }

private:
    struct node {
        node_output output;
        node_part part;
        std::vector<std::unique_ptr<guest_run>>
            attempts; ///< the last is under way; what the loop holds of others is void
        bool ready = false, has_passed = false, has_ended = false;
        bool decided = false;
        std::optional<guest_outcome> outcome; ///< once there is no other attempt
        auto guest() -> guest_run& { return *attempts.back(); }
        auto is_running() const -> bool {
            return !outcome && !attempts.empty() && !attempts.back()->is_over();
        }
    };

    static auto names_of(std::vector<node_part> const& parts) -> std::vector<std::string> {
        std::vector<std::string> names;
        for (auto const& part : parts) names.push_back(part.name);
        return names;
    }
    template<class Has>
    auto all(Has has) const -> bool {
        return std::all_of(nodes_.begin(), nodes_.end(), has);
    }

    void begin(std::size_t i) {
        auto& one = nodes_[i];
        one.ready = false;
        if (outcome_.cause) return end(i, {.said = interrupted{stopped_because()}});
        auto begun = one.part.start().and_then([&](node_start start) -> result<void> {
            for (std::size_t card = 0; card < one.part.networks.size(); ++card)
                if (auto plugged = networks_[one.part.networks[card]]->plug(
                        one.part.name, std::move(start.machine.cables[card]));
                    !plugged)
                    return plugged;
            join(start.options, i);
            one.attempts.push_back(
                std::make_unique<guest_run>(loop_, std::move(start.options), one.part.log));
            return one.guest().begin(std::move(start.machine));
        });
        if (!begun) end(i, {.said = unavailable_host{begun.error().message}});
    }
    /// What the guest tells the others.
    void join(guest_run_options& options, std::size_t i) {
        options.when_ready = [this, i] {
            nodes_[i].ready = true;
            if (all([](node const& one) { return one.ready; })) go_on();
        };
        options.when_passed = [this, i] {
            nodes_[i].has_passed = true;
            if (nodes_[i].has_ended) leave(i);
            if (all([](node const& one) { return one.has_passed; })) go_on();
        };
        options.on_decided = [this, i](verdict const& said) { decide(i, said); };
        options.on_event = [this, i](session_event const& event) { heed(i, event); };
        options.waits_for = [this] {
            auto const waiting = rendezvous_.waiting();
            return waiting.empty() ? waiting : "; " + waiting;
        };
    }
    /// Later, for a guest tells of itself in the middle of its work.
    void go_on() {
        boost::asio::post(loop_, [this] {
            for (auto& one : nodes_)
                if (one.is_running()) one.guest().go_on();
        });
    }

    void heed(std::size_t i, session_event const& event) {
        if (auto const* output = std::get_if<output_bytes>(&event))
            return write(nodes_[i].output.feed(output->data));
        if (std::holds_alternative<guest_reset>(event)) {
            nodes_[i].has_ended = false;
            return rendezvous_.restarted(i);
        }
        auto const* const said = std::get_if<wire::from_guest>(&event);
        if (said == nullptr) return;
        if (auto const* request = std::get_if<wire::request>(said)) answer(i, *request);
        if (auto const* dropped = std::get_if<wire::request_dropped>(said))
            rendezvous_.drop(i, dropped->number);
        if (std::holds_alternative<wire::ended>(*said)) {
            nodes_[i].has_ended = true;
            if (nodes_[i].has_passed) leave(i);
        }
    }
    /// It comes to no barrier any more. Of one that has not passed the verdict says so, so that what others
    /// make of it comes after it.
    void leave(std::size_t i) { tell(rendezvous_.ended(i, "its test has ended")); }

    void answer(std::size_t i, wire::request const& asked) {
        if (asked.words.size() != 2 || asked.words[0] != "net") return tell(rendezvous_.ask(i, asked));
        auto const done = parse_fault_command(asked.words[1], options_.networks)
                              .and_then([&](fault_command const& command) { return apply(command); });
        wire::answer said{.number = asked.number};
        if (!done) {
            said.status = 1;
            said.text = done.error().message;
        }
        tell({{i, std::move(said)}});
    }
    auto apply(fault_command const& command) -> result<void> {
        auto const place = static_cast<std::size_t>(find_network(options_.networks, command.network)
                                                    - options_.networks.begin());
        if (networks_[place]->apply(command.what)) return {};
        auto const& carrier = std::get<set_carrier>(command.what);
        auto& one = *std::find_if(nodes_.begin(), nodes_.end(),
                                  [&](node const& each) { return each.part.name == carrier.node; });
        if (!one.is_running()) return unavailable("{} has ended", carrier.node);
        auto const& cards = one.part.networks;
        auto const card =
            static_cast<std::size_t>(std::find(cards.begin(), cards.end(), place) - cards.begin());
        one.guest().machine().qmp().execute("set_link", {{"name", card_name(card)}, {"up", carrier.up}});
        return {};
    }
    void tell(std::vector<node_answer> answers) {
        for (auto& [to, said] : answers)
            if (nodes_[to].is_running()) nodes_[to].guest().machine().tell(std::move(said));
    }

    /// A node has its verdict; the first that is no pass is the cause of all that follows.
    void decide(std::size_t i, verdict const& said) {
        if (std::exchange(nodes_[i].decided, true) || std::holds_alternative<passed>(said)) return;
        tell(rendezvous_.ended(i, fmt::format("it {}", describe(said))));
        if (outcome_.cause) return;
        outcome_.cause = i;
        if (options_.hold.keep(said)) return;
        boost::asio::post(loop_, [this] {
            for (auto& one : nodes_)
                if (one.is_running() && !one.decided)
                    one.guest().interrupt((one.has_passed ? "it had passed when it was " : "")
                                          + stopped_because());
        });
    }
    static auto describe(verdict const& said) -> std::string {
        auto const why = reason(said);
        return why.empty() ? std::string{name(said)} : fmt::format("{}: {}", name(said), why);
    }
    auto stopped_because() const -> std::string {
        return fmt::format("stopped, because {} did not pass", nodes_[*outcome_.cause].part.name);
    }

    void tidy_up() {
        constexpr std::size_t most_attempts = 3;
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            auto& one = nodes_[i];
            if (one.outcome || one.attempts.empty() || !one.guest().is_over()) continue;
            auto outcome = one.guest().outcome();
            for (auto const net : one.part.networks) networks_[net]->unplug(one.part.name);
            one.part.ended(outcome);
            if (outcome.start_again.empty() || one.attempts.size() == most_attempts
                || outcome_.interrupted_by) {
                end(i, std::move(outcome));
                continue;
            }
            options_.say(fmt::format("{}: {}: trying again", one.part.name, outcome.start_again));
            begin(i);
        }
    }
    void end(std::size_t i, guest_outcome outcome) {
        nodes_[i].outcome = std::move(outcome);
        decide(i, nodes_[i].outcome->said);
    }

    void interrupt(std::string why) {
        abandoned_ = all([](node const& one) { return one.outcome.has_value(); });
        if (abandoned_) return; // all is said, and only shown yet
        outcome_.interrupted_by = why;
        for (auto& one : nodes_)
            if (one.is_running()) one.guest().interrupt(why);
    }

    void write(std::string_view lines) {
        auto const written = write_all(output_.get(), lines);
        copy_.grown();
        if (written) return;
        for (auto& one : nodes_)
            if (one.is_running() && !one.decided)
                one.guest().give_up({fault::unavailable, "test.log: " + written.error().message});
    }

    boost::asio::io_context loop_{1};
    nodes_run_options options_;
    rendezvous rendezvous_;
    std::vector<std::unique_ptr<test_network>> networks_;
    descriptor const& output_;
    output_copy copy_;
    interruption signals_;
    std::vector<node> nodes_;
    nodes_outcome outcome_;
    bool abandoned_ = false; ///< nobody waits for the rest of the output any more
};

} // namespace ktest
