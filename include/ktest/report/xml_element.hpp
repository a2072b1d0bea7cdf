#pragma once

// Why not a library's writer: those at hand pass control characters and bad UTF-8 through, and a guest's
// output has both.

#include <ktest/report/printable.hpp>

#include <string>
#include <string_view>

namespace ktest {

namespace detail {

/// Text as XML 1.0 bears it; newline and tab survive an attribute only as references.
inline auto xml_text(std::string_view text, bool in_attribute) -> std::string {
    std::string safe;
    for (auto const c : printable(text)) {
        if (c == '&')
            safe += "&amp;";
        else if (c == '<')
            safe += "&lt;";
        else if (c == '>')
            safe += "&gt;";
        else if (c == '"' && in_attribute)
            safe += "&quot;";
        else if (c == '\n' && in_attribute)
            safe += "&#10;";
        else if (c == '\t' && in_attribute)
            safe += "&#9;";
        else
            safe += c;
    }
    return safe;
}

} // namespace detail

/// An element of an XML document that is written to a string: it ends with its scope. Attributes first, then
/// either text or children; any bytes will do for their values.
class xml_element {
public:
    xml_element(std::string& out, std::string_view name) : xml_element{out, name, 0} {}
    xml_element(xml_element const&) = delete;
    auto operator=(xml_element const&) -> xml_element& = delete;
    ~xml_element() {
        if (state_ == state::attributes) {
            out_ += "/>\n";
            return;
        }
        if (state_ == state::children) out_.append(depth_ * 2, ' ');
        ((out_ += "</") += name_) += ">\n";
    }

    auto attribute(std::string_view name, std::string_view value) -> xml_element& {
        out_ += fmt::format(" {}=\"{}\"", name, detail::xml_text(value, true));
        return *this;
    }
    auto attribute(std::string_view name, std::size_t value) -> xml_element& {
        return attribute(name, std::to_string(value));
    }
    void text(std::string_view value) {
        if (state_ == state::attributes) out_ += '>';
        state_ = state::text;
        out_ += detail::xml_text(value, false);
    }
    auto child(std::string_view name) -> xml_element {
        if (state_ == state::attributes) out_ += ">\n";
        state_ = state::children;
        return xml_element{out_, name, depth_ + 1};
    }

private:
    xml_element(std::string& out, std::string_view name, std::size_t depth)
        : out_{out}, name_{name}, depth_{depth} {
        out_.append(depth_ * 2, ' ');
        (out_ += '<') += name_;
    }

    enum class state { attributes, text, children };
    std::string& out_;
    std::string_view name_;
    std::size_t depth_;
    state state_ = state::attributes;
};

} // namespace ktest
