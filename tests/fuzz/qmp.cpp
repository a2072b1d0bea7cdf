#include "fuzz.hpp"
#include <ktest/vm/qmp_message.hpp>

using namespace ktest;

namespace {

auto write(qmp_event const& event) -> std::string {
    return nlohmann::json{{"event", event.name}, {"data", event.data}}.dump();
}
auto write(qmp_answer const& answer) -> std::string {
    auto text = nlohmann::json{{"id", answer.id}};
    if (answer.value)
        text["return"] = *answer.value;
    else
        text["error"]["desc"] = answer.value.error().message.substr(std::string_view{"QEMU: "}.size());
    return text.dump();
}

} // namespace

void fuzz(std::string_view input) {
    auto const message = parse_qmp(input);
    if (!message) return;
    always(parse_qmp(std::visit([](auto const& one) { return write(one); }, *message)) == message);
    if (auto const* event = std::get_if<qmp_event>(&*message)) {
        always(event->data.is_object());
        for (auto const& [key, value] : event->data.items()) {
            if (key.find('\0') != std::string::npos) continue; // QEMU has no such keys, nor do we ask
            always(event->text(key.c_str()).empty() || value.is_string());
            always(event->flag(key.c_str(), false) == event->flag(key.c_str(), true) || !value.is_boolean());
        }
    }
}
