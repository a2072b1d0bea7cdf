#pragma once

#include <ktest/run/verdict.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ktest {

/// In the place of a verdict's name: the run never began, for its arguments or its deps are wrong.
constexpr std::string_view usage_verdict = "usage";

/// What ktest writes down in a job when its run has ended: nothing else can make a case pass, for launchers
/// end with 0 although their node died.
struct job_record {
    std::string nonce;   ///< as whoever started the job drew it
    std::string host;    ///< where it ran
    std::string verdict; ///< its name, or `usage_verdict`
    std::string reason;
    int exit_status = 0;
    friend auto operator==(job_record const&, job_record const&) -> bool = default;
};

inline auto make_job_record(std::string nonce, std::string host, verdict const& said) -> job_record {
    return {std::move(nonce), std::move(host), std::string{name(said)}, reason(said), exit_status(said)};
}

/// As one line of JSON.
inline auto to_json(job_record const& record) -> std::string {
    nlohmann::ordered_json const all{{"nonce", record.nonce},
                                     {"host", record.host},
                                     {"verdict", record.verdict},
                                     {"reason", record.reason},
                                     {"exit_status", record.exit_status}};
    return all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

/// The record in `text`, if it is whole, of the job with this nonce, and does not contradict itself.
inline auto parse_job_record(std::string_view text, std::string_view nonce) -> std::optional<job_record> {
    auto const read = nlohmann::json::parse(text, nullptr, false);
    if (!read.is_object()) return std::nullopt;
    job_record record;
    for (auto const& [key, value] :
         {std::pair{"nonce", &record.nonce}, std::pair{"host", &record.host},
          std::pair{"verdict", &record.verdict}, std::pair{"reason", &record.reason}}) {
        auto const found = read.find(key);
        if (found == read.end() || !found->is_string()) return std::nullopt;
        *value = found->get<std::string>();
    }
    auto const status = read.find("exit_status");
    if (status == read.end() || !status->is_number_integer()) return std::nullopt;
    record.exit_status = status->get<int>();
    if (record.nonce != nonce) return std::nullopt;
    if ((record.verdict == name(passed{})) != (record.exit_status == 0)) return std::nullopt;
    return record;
}

} // namespace ktest
