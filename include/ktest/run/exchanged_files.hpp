#pragma once

#include <ktest/file.hpp>
#include <ktest/run/node_process.hpp>
#include <ktest/run/node_request.hpp>

#include <map>
#include <memory>

namespace ktest {

/// What all files of a test's nodes may take together.
struct exchange_limits {
    std::uint64_t bytes = std::uint64_t{1} << 30U;
    std::size_t files = 256;    ///< each is a descriptor
    std::size_t readers = 4096; ///< processes
};

namespace detail {

struct exchange_usage {
    std::uint64_t bytes = 0;
    std::size_t files = 0;
};

/// A file of a node, without a name on the host. It counts for as long as somebody writes or reads it.
class exchanged_file {
public:
    exchanged_file(descriptor file, std::shared_ptr<exchange_usage> all)
        : file_{std::move(file)}, all_{std::move(all)} {
        ++all_->files;
    }
    exchanged_file(exchanged_file&&) = delete;
    ~exchanged_file() {
        --all_->files;
        all_->bytes -= size_;
    }

    auto size() const -> std::uint64_t { return size_; }
    auto append(std::string_view piece) -> result<void> {
        if (auto written = write_all(file_.get(), piece); !written) return written;
        size_ += piece.size();
        all_->bytes += piece.size();
        return {};
    }
    /// A piece; at the end of the file, nothing.
    auto read(std::uint64_t offset) const -> result<std::string> {
        std::string piece(wire::piece_limit, '\0');
        if (offset >= size_) return std::string{};
        auto const got = ::pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(offset));
        if (got < 0) return system_failure(errno, "read");
        piece.resize(static_cast<std::size_t>(got));
        return piece;
    }

private:
    descriptor file_;
    std::shared_ptr<exchange_usage> all_;
    std::uint64_t size_ = 0;
};

} // namespace detail

/// Files that nodes give each other. A file is there when it is complete; who fetches one while another of
/// its name takes its place gets the one he began with.
class exchanged_files {
public:
    /// The files lie, without names, in `scratch`.
    explicit exchanged_files(std::filesystem::path scratch, exchange_limits most = {})
        : scratch_{std::move(scratch)}, most_{most} {}

    /// One piece of what `who` is giving: its pieces come in order, and one file after the other.
    auto put(node_process who, put_request const& piece) -> result<void> {
        auto done = begin(who, piece).and_then([&] { return append(who, piece); });
        if (!done) written_.erase(who);
        return done;
    }

    /// The file is complete, and in the place of an older one of its name.
    auto put_end(node_process who, put_end_request const& end) -> result<void> {
        auto const written = written_.find(who);
        if (written == written_.end() || written->second.name != end.name)
            return usage_error("nothing of this file has come yet");
        files_[{who.node, end.name}] = std::move(written->second.content);
        written_.erase(written);
        return {};
    }

    auto has(std::size_t node, std::string const& name) const -> bool {
        return files_.contains({node, name});
    }

    /// A piece of a file that is there; nothing: it has ended.
    auto get(node_process who, get_request const& asked) -> result<std::string> {
        if (asked.offset == 0) {
            if (!reading_.contains(who) && reading_.size() >= most_.readers)
                return unavailable("{} processes fetch files (no more can at once)", most_.readers);
            reading_[who] = files_.at({asked.node, asked.name});
        }
        auto const reading = reading_.find(who);
        if (reading == reading_.end()) return usage_error("a file is fetched from its beginning on");
        auto piece = reading->second->read(asked.offset);
        if (!piece || piece->empty()) reading_.erase(reading);
        return piece;
    }

    /// `who` has ended: what it gave in part is nothing.
    void drop(node_process who) {
        written_.erase(who);
        reading_.erase(who);
    }
    /// So have all processes of a node.
    void drop_all(std::size_t node) {
        auto const of_node = [&](auto const& entry) { return entry.first.node == node; };
        std::erase_if(written_, of_node);
        std::erase_if(reading_, of_node);
    }

private:
    using content = std::shared_ptr<detail::exchanged_file>;
    struct unfinished {
        std::string name;
        exchanged_files::content content;
    };

    auto begin(node_process who, put_request const& piece) -> result<void> {
        if (piece.offset > 0) return {};
        written_.erase(who);
        if (usage_->files >= most_.files)
            return unavailable("the nodes have {} files (no more are possible)", most_.files);
        return open_unnamed(scratch_).map([&](descriptor file) {
            written_[who] = {piece.name, std::make_shared<detail::exchanged_file>(std::move(file), usage_)};
        });
    }
    auto append(node_process who, put_request const& piece) -> result<void> {
        auto const written = written_.find(who);
        if (written == written_.end() || written->second.name != piece.name
            || written->second.content->size() != piece.offset)
            return usage_error("a piece of the file is missing before byte {}", piece.offset);
        if (piece.data.size() > most_.bytes - usage_->bytes)
            return unavailable("the nodes' files have more than {} bytes together", most_.bytes);
        return written->second.content->append(piece.data);
    }

    std::filesystem::path scratch_;
    exchange_limits most_;
    std::shared_ptr<detail::exchange_usage> usage_ = std::make_shared<detail::exchange_usage>();
    std::map<std::pair<std::size_t, std::string>, content> files_;
    std::map<node_process, unfinished> written_;
    std::map<node_process, content> reading_;
};

} // namespace ktest
