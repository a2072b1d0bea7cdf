#pragma once

// Plays with a rendezvous as bytes say, for tests with random ones and for the fuzzer, and keeps account of
// who has been answered.

#include <ktest/run/rendezvous.hpp>

#include <map>

namespace ktest {

class rendezvous_play {
public:
    /// Whether every request was answered once at most, and none was forgotten when all nodes had ended.
    static auto is_sound(std::string_view bytes) -> bool {
        rendezvous_play play;
        play.bytes_ = bytes;
        while (play.sound_ && !play.bytes_.empty()) play.step();
        for (std::size_t node = 0; node < nodes; ++node) play.count(play.meeting_.ended(node, "it ended"));
        return play.sound_ && play.unanswered_.empty() && play.meeting_.waiting().empty();
    }

private:
    static constexpr std::size_t nodes = 3;

    auto take() -> unsigned {
        if (bytes_.empty()) return 0;
        auto const byte = static_cast<unsigned char>(bytes_[0]);
        bytes_.remove_prefix(1);
        return byte;
    }
    auto take_text() -> std::string {
        auto const text = bytes_.substr(0, take());
        bytes_.remove_prefix(std::min(text.size(), bytes_.size()));
        return std::string{text};
    }
    auto take_name() -> std::string {
        auto const choice = take() % 8;
        return choice == 7 ? take_text() : std::string{"abc"}.substr(choice % 3, 1);
    }
    auto take_node() -> std::string { return names[take() % nodes]; }
    auto take_nodes() -> std::string {
        auto const some = take();
        std::string list;
        for (std::size_t node = 0; node < nodes; ++node)
            if ((some >> node & 1U) != 0) list += (list.empty() ? "" : ",") + names[node];
        return list;
    }

    void step() {
        auto const node = std::size_t{take()} % nodes;
        auto const number = std::uint32_t{take()} % 4;
        switch (take() % 12) {
        case 0: return end(node, take_text());
        case 1: return restart(node);
        case 2: return drop(node, number);
        case 3: return give_up(node, number);
        case 4: return ask(node, number, {"send", take_name(), take_text()});
        case 5: return ask(node, number, {"wait", take_name()});
        case 6: return ask(node, number, {"put", take_name(), std::to_string(take() % 4)}, take_text());
        case 7: return ask(node, number, {"put-end", take_name()});
        case 8: return ask(node, number, {"get", take_node(), take_name(), std::to_string(take() % 4)});
        case 9: return ask(node, number, {take_text(), take_text(), take_text()});
        default: return ask(node, number, {"barrier", take_name(), take_nodes()});
        }
    }

    void ask(std::size_t node, std::uint32_t number, std::vector<std::string> words, std::string data = {}) {
        if (words[0] == "give-up") return;
        ++unanswered_[{node, number}];
        count(meeting_.ask(node, {number, std::move(words), std::move(data)}));
    }
    void give_up(std::size_t node, std::uint32_t number) {
        count(meeting_.ask(node, {number, {"give-up"}, ""}));
        sound_ = sound_ && !unanswered_.contains({node, number});
    }
    void end(std::size_t node, std::string_view cause) { count(meeting_.ended(node, cause)); }
    void drop(std::size_t node, std::uint32_t number) {
        meeting_.drop(node, number);
        unanswered_.erase({node, number});
    }
    void restart(std::size_t node) {
        meeting_.restarted(node);
        std::erase_if(unanswered_, [&](auto const& one) { return one.first.node == node; });
    }

    void count(std::vector<node_answer> const& answers) {
        for (auto const& [node, said] : answers) {
            auto const asked = unanswered_.find({node, said.number});
            sound_ = sound_ && asked != unanswered_.end() && said.text.size() <= wire::piece_limit;
            if (asked != unanswered_.end() && --asked->second == 0) unanswered_.erase(asked);
        }
        sound_ = sound_ && meeting_.waiting().empty() == unanswered_.empty();
    }

    std::vector<std::string> const names{"server", "client", "peer"};
    rendezvous meeting_{names, std::filesystem::temp_directory_path()};
    std::map<node_process, int> unanswered_;
    std::string_view bytes_;
    bool sound_ = true;
};

} // namespace ktest
