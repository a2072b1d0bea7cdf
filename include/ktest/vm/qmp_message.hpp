#pragma once

#include <ktest/result.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ktest {

/// Something that happened to the machine, `{"event": ..., "data": {...}}`.
struct qmp_event {
    std::string name;
    nlohmann::json data = nlohmann::json::object(); ///< an object, always
    friend auto operator==(qmp_event const&, qmp_event const&) -> bool = default;

    /// A member of `data`; empty where there is no such text.
    auto text(char const* key) const -> std::string {
        auto const found = data.find(key);
        return found != data.end() && found->is_string() ? found->get<std::string>() : "";
    }
    /// A member of `data`; `otherwise` where there is no such truth value.
    auto flag(char const* key, bool otherwise) const -> bool {
        auto const found = data.find(key);
        return found != data.end() && found->is_boolean() ? found->get<bool>() : otherwise;
    }
};

/// What became of a command: what it returned, or QEMU's own words why not.
struct qmp_answer {
    std::int64_t id = 0; ///< the command's; 0: QEMU did not say
    result<nlohmann::json> value;
    friend auto operator==(qmp_answer const&, qmp_answer const&) -> bool = default;
};

using qmp_message = std::variant<qmp_event, qmp_answer>;

/// Reads a line that QEMU sent (QEMU's docs/interop/qmp-spec.txt). nullopt: the greeting, or nothing that
/// QEMU says; whoever has taken QEMU over may send anything.
inline auto parse_qmp(std::string_view line) -> std::optional<qmp_message> {
    auto said = nlohmann::json::parse(line, nullptr, false);
    auto const has = [&](char const* key) { return said.is_object() && said.contains(key); };
    // Moved, never copied: a copy goes as deep as the line nests.
    if (has("event")) {
        if (!said["event"].is_string()) return std::nullopt;
        qmp_event event{said["event"].get<std::string>()};
        if (has("data") && said["data"].is_object()) event.data = std::move(said["data"]);
        return event;
    }
    if (!has("return") && !has("error")) return std::nullopt;
    qmp_answer answer;
    if (has("id") && said["id"].is_number_integer()) answer.id = said["id"].get<std::int64_t>();
    if (!has("error")) {
        answer.value = std::move(said["return"]);
        return answer;
    }
    auto const& error = said["error"];
    auto const explains = error.is_object() && error.contains("desc") && error["desc"].is_string();
    answer.value = unavailable("QEMU: {}", explains ? error["desc"].get<std::string>() : "error");
    return answer;
}

} // namespace ktest
