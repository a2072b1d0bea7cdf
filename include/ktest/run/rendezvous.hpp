#pragma once

#include <ktest/run/exchanged_files.hpp>
#include <ktest/run/node_waiter.hpp>

namespace ktest {

/// An answer that is due, and the node that gets it.
struct node_answer {
    std::size_t node = 0;
    wire::answer answer;
};

namespace detail {

inline auto answer_of(node_process who, result<std::optional<wire::answer>> said) -> node_answer {
    auto answer =
        said ? std::move(**said) : wire::answer{.status = 1, .text = std::move(said.error().message)};
    answer.number = who.number;
    return {who.node, std::move(answer)};
}

} // namespace detail

/// Where the nodes of a test meet: barriers, values of keys, files. It says at once what it can say, and
/// keeps who must wait until the others have done what is waited for, or cannot any more. Nodes are told by
/// their place in `nodes`; they may ask for anything.
class rendezvous {
public:
    static constexpr std::size_t most_waiting = 256; ///< processes of a node
    static constexpr std::size_t most_keys = 1000;

    /// `scratch`: where files lie that nodes give each other.
    rendezvous(std::vector<std::string> nodes, std::filesystem::path scratch)
        : nodes_{std::move(nodes)}, causes_(nodes_.size()), files_{std::move(scratch)} {}

    /// A process of `node` asks. All answers that are due now, to whomever.
    auto ask(std::size_t node, wire::request const& request) -> std::vector<node_answer> {
        node_process const who{node, request.number};
        auto said = read_node_request(request, nodes_, node).and_then([&](node_request const& asked) {
            return std::visit([&](auto const& what) { return take(who, what); }, asked);
        });
        auto due = settle();
        if (!said || *said) due.push_back(detail::answer_of(who, std::move(said)));
        return due;
    }

    /// This process of `node` has ended.
    void drop(std::size_t node, std::uint32_t number) {
        node_process const who{node, number};
        std::erase_if(waiting_, [&](auto const& one) { return one.who == who; });
        files_.drop(who);
    }

    /// The test of `node` has ended, or more is known of why: nobody waits for it any more.
    auto ended(std::size_t node, std::string_view cause) -> std::vector<node_answer> {
        causes_[node] = detail::shortened(printable_line(cause), 500); // it may be of the guest's making
        return settle();
    }

    /// `node` begins anew, without its processes. What it has sent and put stays.
    void restarted(std::size_t node) {
        std::erase_if(waiting_, [&](auto const& one) { return one.who.node == node; });
        files_.drop_all(node);
        causes_[node].reset();
    }

    /// `server waits at the barrier 'data' for client; ...`, for the reason of a timeout; empty: nobody
    /// waits.
    auto waiting() const -> std::string { return detail::describe(waiting_, nodes_); }

private:
    using waiters = std::vector<detail::node_waiter>;
    /// None: the answer comes later.
    using reply = std::optional<wire::answer>;

    auto take(node_process who, barrier_request const& barrier) -> result<reply> {
        for (auto const& [other, what] : waiting_) {
            auto const* const there = std::get_if<barrier_request>(&what);
            if (there == nullptr || there->name != barrier.name) continue;
            if (other.node == who.node) return usage_error("another process of this node waits there");
            if (there->nodes != barrier.nodes)
                return usage_error("{} waits there for {}, but {} comes for {}", nodes_[other.node],
                                   detail::join_names(there->nodes, nodes_), nodes_[who.node],
                                   detail::join_names(barrier.nodes, nodes_));
        }
        return wait(who, barrier);
    }
    auto take(node_process who, wait_request const& key) -> result<reply> { return wait(who, key); }
    auto take(node_process who, get_request const& file) -> result<reply> {
        if (file.offset == 0) return wait(who, file);
        return files_.get(who, file).map(&rendezvous::piece);
    }
    auto take(node_process, send_request const& sent) -> result<reply> {
        if (!values_.contains(sent.key) && values_.size() >= most_keys)
            return unavailable("there are {} keys (no more are possible)", most_keys);
        values_[sent.key] = sent.value;
        return wire::answer{};
    }
    auto take(node_process who, put_request const& piece) -> result<reply> {
        return files_.put(who, piece).map([] { return reply{wire::answer{}}; });
    }
    auto take(node_process who, put_end_request const& end) -> result<reply> {
        return files_.put_end(who, end).map([] { return reply{wire::answer{}}; });
    }
    auto take(node_process who, give_up_request) -> result<reply> {
        auto const found = find(who);
        if (found == waiting_.end()) return std::nullopt; // the answer was faster
        auto const text = detail::not_yet(*found, waiting_, nodes_);
        waiting_.erase(found);
        return unavailable("the time is up: {}", text);
    }

    auto find(node_process who) -> waiters::iterator {
        return std::find_if(waiting_.begin(), waiting_.end(),
                            [&](auto const& one) { return one.who == who; });
    }
    auto wait(node_process who, detail::awaited what) -> result<reply> {
        if (find(who) != waiting_.end()) return usage_error("this process waits for something else");
        auto const others = std::count_if(waiting_.begin(), waiting_.end(),
                                          [&](auto const& one) { return one.who.node == who.node; });
        if (static_cast<std::size_t>(others) >= most_waiting)
            return unavailable("{} processes of {} wait (no more can at once)", most_waiting,
                               nodes_[who.node]);
        waiting_.push_back({who, std::move(what)});
        return std::nullopt;
    }

    /// What who waits has to hear now.
    auto look(node_process, barrier_request const& barrier) -> result<reply> {
        if (detail::who_came(barrier, waiting_).size() == barrier.nodes.size()) return wire::answer{};
        for (auto const node : barrier.nodes)
            if (causes_[node]) return unavailable("{} will not come: {}", nodes_[node], *causes_[node]);
        return std::nullopt;
    }
    auto look(node_process who, wait_request const& key) -> result<reply> {
        if (auto const sent = values_.find(key.key); sent != values_.end())
            return wire::answer{.text = sent->second};
        std::string why;
        for (std::size_t node = 0; node < nodes_.size(); ++node) {
            if (node == who.node) continue;
            if (!causes_[node]) return std::nullopt;
            why += fmt::format("{}{} will not send it: {}", why.empty() ? "" : "; ", nodes_[node],
                               *causes_[node]);
        }
        return unavailable("{}", why.empty() ? "there is no other node that could send it" : why);
    }
    auto look(node_process who, get_request const& file) -> result<reply> {
        if (files_.has(file.node, file.name)) return files_.get(who, file).map(&rendezvous::piece);
        if (!causes_[file.node]) return std::nullopt;
        return unavailable("{} will not put it: {}", nodes_[file.node], *causes_[file.node]);
    }
    static auto piece(std::string data) -> reply { return wire::answer{.data = std::move(data)}; }

    auto settle() -> std::vector<node_answer> {
        // Who meets at a barrier goes together: the list must be whole until all have been looked at.
        std::vector<result<reply>> said;
        for (auto const& one : waiting_)
            said.push_back(std::visit([&](auto const& what) { return look(one.who, what); }, one.what));
        std::vector<node_answer> due;
        waiters left;
        for (std::size_t i = 0; i < said.size(); ++i)
            if (said[i] && !*said[i])
                left.push_back(std::move(waiting_[i]));
            else
                due.push_back(detail::answer_of(waiting_[i].who, std::move(said[i])));
        waiting_ = std::move(left);
        return due;
    }

    std::vector<std::string> nodes_;
    std::vector<std::optional<std::string>> causes_; ///< of a node's end
    waiters waiting_;                                ///< in the order in which they came
    std::map<std::string, std::string> values_;
    exchanged_files files_;
};

} // namespace ktest
