#include "catch.hpp"
#include <ktest/image/node_cache.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace ktest;

namespace {

constexpr std::uintmax_t plenty = std::uintmax_t{1} << 30U;

/// A place for sources and one for copies, gone at the end.
struct some_node {
    some_node() {
        auto name = (std::filesystem::temp_directory_path() / "ktest-test-XXXXXX").string();
        path = ::mkdtemp(name.data());
        std::filesystem::create_directory(path / "local");
    }
    ~some_node() { std::filesystem::remove_all(path); }
    some_node(some_node const&) = delete;
    auto operator=(some_node const&) -> some_node& = delete;

    auto cache(std::uintmax_t most = plenty, std::string const& boot = "boot 1") const -> node_cache {
        auto opened = node_cache::open(path / "local", most, boot);
        REQUIRE(opened);
        return *opened;
    }
    auto source(std::string const& name, std::string const& text) const -> std::filesystem::path {
        REQUIRE(write_file(path / name, text));
        return path / name;
    }
    auto names() const -> std::vector<std::string> {
        std::vector<std::string> all;
        for (auto const& entry : std::filesystem::directory_iterator{cache().files()})
            all.push_back(entry.path().filename().string());
        return all;
    }

    std::filesystem::path path;
};

/// Changes a copy as a failing disk does: nothing tells of it.
void damage(std::filesystem::path const& file) {
    struct stat before {};
    REQUIRE(::stat(file.c_str(), &before) == 0);
    auto const opened = open_file(file, O_WRONLY);
    REQUIRE(opened);
    REQUIRE(::pwrite(opened->get(), "X", 1, 3) == 1);
    std::array<timespec, 2> const times{before.st_atim, before.st_mtim};
    REQUIRE(::futimens(opened->get(), times.data()) == 0);
}

void use_at(std::filesystem::path const& file, time_t when) {
    std::array<timespec, 2> const times{timespec{when, 0}, timespec{0, UTIME_OMIT}};
    REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times.data(), 0) == 0);
}

} // namespace

TEST_CASE("of many who want one file on a node at once one copies it", "[node_cache]") {
    some_node const node;
    auto const source = node.source("root", std::string(300'000, 'r'));
    auto const cache = node.cache();
    std::atomic<int> copied = 0;
    std::atomic<int> found = 0;
    std::vector<std::thread> many;
    for (auto i = 0; i < 10; ++i)
        many.emplace_back([&] {
            auto const held = cache.take(source);
            if (held && held->copied > 0) ++copied;
            if (held && read_file(held->copy.file) == std::string(300'000, 'r')) ++found;
        });
    for (auto& one : many) one.join();
    CHECK(copied == 1);
    CHECK(found == 10);
    CHECK(node.names().size() == 2);
}

TEST_CASE("a digest tells content, not holes, and a copy has holes for zeros", "[node_cache]") {
    some_node const node;
    std::string text(1'000'000, '\0');
    text[70'000] = 'x';
    auto const dense = node.source("dense", text);
    auto const sparse = node.source("sparse", "");
    std::filesystem::resize_file(sparse, 1'000'000);
    auto const file = open_file(sparse, O_RDWR);
    REQUIRE(file);
    REQUIRE(::pwrite(file->get(), "x", 1, 70'000) == 1);
    auto const one = node.cache().take(dense);
    auto const other = node.cache().take(sparse);
    REQUIRE(one);
    REQUIRE(other);
    CHECK(one->copy.content == other->copy.content);
    CHECK(one->copy.file != other->copy.file);
    CHECK(read_file(one->copy.file) == text);
    CHECK(read_file(other->copy.file) == text);
    CHECK(one->copied < 500'000);
    std::filesystem::resize_file(sparse, 1'000'001);
    auto const longer = node.cache().take(sparse);
    REQUIRE(longer);
    CHECK(longer->copy.content != one->copy.content);
}

TEST_CASE("a source that was made anew is copied anew", "[node_cache]") {
    some_node const node;
    auto const before = node.cache().take(node.source("kernel", "old"));
    auto const after = node.cache().take(node.source("kernel", "new"));
    REQUIRE(before);
    REQUIRE(after);
    CHECK(read_file(after->copy.file) == "new");
    CHECK(before->copy.content != after->copy.content);
}

TEST_CASE("a copy that was cut short or changed is made anew", "[node_cache]") {
    some_node const node;
    auto const source = node.source("kernel", "the kernel");
    auto const first = node.cache().take(source);
    REQUIRE(first);
    SECTION("cut") { std::filesystem::resize_file(first->copy.file, 3); }
    SECTION("changed") { REQUIRE(write_file(first->copy.file, "the Kernel")); }
    SECTION("gone") { std::filesystem::remove(first->copy.file); }
    SECTION("rubbish for a mark") { REQUIRE(write_file(first->copy.file.string() + ".mark", "rubbish")); }
    auto const again = node.cache().take(source);
    REQUIRE(again);
    CHECK(again->copied > 0);
    CHECK(again->copy == first->copy);
    CHECK(read_file(again->copy.file) == "the kernel");
}

TEST_CASE("after the node's next boot a copy is read once more", "[node_cache]") {
    some_node const node;
    auto const source = node.source("kernel", "the kernel");
    auto const first = node.cache().take(source);
    REQUIRE(first);
    auto const whole = node.cache(plenty, "boot 2").take(source);
    REQUIRE(whole);
    CHECK(whole->copied == 0);
    damage(first->copy.file);
    auto const repaired = node.cache(plenty, "boot 3").take(source);
    REQUIRE(repaired);
    CHECK(repaired->copied > 0);
    CHECK(read_file(repaired->copy.file) == "the kernel");
}

TEST_CASE("copies used longest ago make room, those in use never", "[node_cache]") {
    some_node const node;
    auto const block = std::string(200'000, 'x');
    auto const cache = node.cache(700'000);
    auto first = cache.take(node.source("a", block));
    auto second = cache.take(node.source("b", block));
    REQUIRE(first);
    REQUIRE(second);
    use_at(first->copy.file, 1000);
    use_at(second->copy.file, 2000);
    second->in_use.close();
    SECTION("the oldest is not in use") { first->in_use.close(); }
    SECTION("the oldest is in use") {}
    auto const oldest_goes = !first->in_use;
    auto third = cache.take(node.source("c", block));
    auto const fourth = cache.take(node.source("d", block));
    REQUIRE(third);
    REQUIRE(fourth);
    CHECK(std::filesystem::exists(first->copy.file) != oldest_goes);
    CHECK(std::filesystem::exists(second->copy.file) == oldest_goes);
    auto const fifth = cache.take(node.source("e", std::string(900'000, 'x')));
    REQUIRE_FALSE(fifth);
    CHECK(fifth.error().message.find("KTEST_NODE_CACHE_SIZE") != std::string::npos);
    CHECK(std::filesystem::exists(third->copy.file));
}

TEST_CASE("what somebody was killed over is gone with the next copy", "[node_cache]") {
    some_node const node;
    auto const kernel = node.cache().take(node.source("kernel", "kernel"));
    REQUIRE(kernel);
    auto const dead = node.cache().files() / "0123";
    for (auto const* end : {".mark", ".new", ".4711"}) REQUIRE(write_file(dead.string() + end, "half"));
    REQUIRE(write_file(kernel->copy.file.string() + ".4711", "half"));
    REQUIRE(node.cache().take(node.source("root", "root")));
    CHECK(node.names().size() == 4);
}

TEST_CASE("who waits for a copy in vain is told", "[node_cache]") {
    some_node const node;
    auto const source = node.source("kernel", "kernel");
    auto const held = node.cache().take(source);
    REQUIRE(held);
    auto const mark = open_file(held->copy.file.string() + ".mark", O_RDWR);
    REQUIRE(mark);
    REQUIRE(::flock(mark->get(), LOCK_EX) == 0);
    auto const refused = node.cache().take(source, std::chrono::milliseconds{30});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("somebody else has been copying it") != std::string::npos);
}

TEST_CASE("an image that a VM writes is not copied", "[node_cache]") {
    some_node const node;
    auto const source = node.source("root", "root");
    auto const writer = open_file(source, O_RDWR);
    REQUIRE(writer);
    REQUIRE(::flock(writer->get(), LOCK_EX) == 0);
    CHECK_FALSE(node.cache().take(source));
    CHECK(node.names().empty());
}

TEST_CASE("a node's cache is its user's own", "[node_cache]") {
    some_node const node;
    auto const own = node.path / "local" / fmt::format("ktest-{}", ::geteuid());
    auto const refused = [&](std::filesystem::path const& directory, std::string_view why) {
        auto const opened = node_cache::open(directory, plenty);
        return !opened && opened.error().message.find(why) != std::string::npos;
    };
    SECTION("closed to others") {
        REQUIRE(node.cache().take(node.source("kernel", "kernel")));
        CHECK(std::filesystem::status(own).permissions() == std::filesystem::perms::owner_all);
    }
    SECTION("a link") {
        std::filesystem::create_directory_symlink(node.path, own);
        CHECK(refused(node.path / "local", "not a directory of yours alone"));
    }
    SECTION("a file") {
        REQUIRE(write_file(own, ""));
        CHECK(refused(node.path / "local", "not a directory of yours alone"));
    }
    SECTION("where others may put theirs in its place") {
        std::filesystem::permissions(node.path / "local", std::filesystem::perms::all);
        CHECK(refused(node.path / "local", "chmod +t"));
    }
    SECTION("a place that is not there") { CHECK(refused(node.path / "none", "No such file or directory")); }
    SECTION("a place relative to who knows what") { CHECK(refused("local", "not an absolute path")); }
}
