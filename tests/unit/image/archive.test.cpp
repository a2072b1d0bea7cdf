#include "../kernel/kernel_test.hpp"
#include "catch.hpp"
#include <ktest/image/archive.hpp>

#include <map>

using namespace ktest;
using namespace ktest::test;

namespace {

struct packed {
    mode_t mode = 0;
    std::string content; ///< of a file; a link's target
    friend auto operator==(packed const&, packed const&) -> bool = default;
};

/// What libarchive finds in an archive, but the ISO's own top directory.
auto unpack(std::filesystem::path const& file) -> std::map<std::string, packed> {
    std::map<std::string, packed> found;
    auto* const in = archive_read_new();
    archive_read_support_format_cpio(in);
    archive_read_support_format_iso9660(in);
    REQUIRE(archive_read_open_filename(in, file.c_str(), 1U << 16U) == ARCHIVE_OK);
    ::archive_entry* entry = nullptr;
    auto status = ARCHIVE_OK;
    while ((status = archive_read_next_header(in, &entry)) == ARCHIVE_OK) {
        std::string const name = archive_entry_pathname(entry);
        if (name == ".") continue;
        CHECK(archive_entry_uid(entry) == 0);
        CHECK(archive_entry_gid(entry) == 0);
        CHECK(archive_entry_mtime(entry) == 0);
        auto& one = found[name];
        one.mode = archive_entry_mode(entry);
        if (auto const* const target = archive_entry_symlink(entry)) one.content = target;
        std::string block(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
        if (S_ISREG(one.mode)) {
            REQUIRE(archive_read_data(in, block.data(), block.size())
                    == static_cast<la_ssize_t>(block.size()));
            one.content = block;
        }
    }
    CHECK(status == ARCHIVE_EOF);
    archive_read_free(in);
    return found;
}

auto pack(std::filesystem::path const& file, archive_kind kind, std::vector<archive_member> const& members) {
    auto const out = open_file(file, O_RDWR | O_CREAT | O_TRUNC);
    REQUIRE(out);
    return write_archive(out->get(), kind, members);
}

} // namespace

TEST_CASE("files and generated content come back from both formats, whatever their names", "[archive]") {
    temporary_home const home;
    auto const script = home.write("script", "#!/bin/sh\n");
    ::chmod(script.c_str(), 0755);
    auto const kind = GENERATE(archive_kind::cpio, archive_kind::iso9660);
    auto const long_name =
        "A rather Long name with spaces, \"quotes\" and 'others'; über.test-" + std::string(150, 'x');
    REQUIRE(pack(home.path / "archive", kind,
                 {{.name = "sub/dir/" + long_name, .source = script},
                  {.name = "rc", .content = "generated", .mode = 0700},
                  {.name = "RC", .content = "", .mode = 0644},
                  {.name = "link", .content = "sub/dir", .mode = S_IFLNK | 0777}}));
    auto const found = unpack(home.path / "archive");
    CHECK(found.size() == 6);
    CHECK(found.at("sub/dir/" + long_name).content == "#!/bin/sh\n");
    CHECK((found.at("sub/dir/" + long_name).mode & 0111U) == 0111U);
    CHECK(found.at("rc").content == "generated");
    CHECK(S_ISREG(found.at("RC").mode));
    CHECK(S_ISDIR(found.at("sub/dir").mode));
    CHECK(found.at("link") == packed{found.at("link").mode, "sub/dir"});
}

TEST_CASE("the same members give the same cpio", "[archive]") {
    temporary_home const home;
    auto const source = home.write("file", "text");
    std::vector<archive_member> const members{{.name = "a/file", .source = source},
                                              {.name = "b", .content = "c"}};
    REQUIRE(pack(home.path / "one", archive_kind::cpio, members));
    std::filesystem::last_write_time(source,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours{100});
    REQUIRE(pack(home.path / "two", archive_kind::cpio, members));
    CHECK(*read_file(home.path / "one") == *read_file(home.path / "two"));
}

TEST_CASE("a cpio has device nodes", "[archive]") {
    temporary_home const home;
    REQUIRE(pack(home.path / "archive", archive_kind::cpio,
                 {{.name = "dev/console", .mode = S_IFCHR | 0600, .device = ::makedev(5, 1)}}));
    CHECK(unpack(home.path / "archive").at("dev/console").mode == (S_IFCHR | 0600));
}

TEST_CASE("of links in a directory those that lead inside are kept, the others followed", "[archive]") {
    temporary_home const home;
    home.write("tree/file", "inside");
    home.write("tree/sub/deep", "deep");
    home.write("outside/file", "outside");
    std::filesystem::create_symlink("file", home.path / "tree/same");
    std::filesystem::create_symlink("../file", home.path / "tree/sub/up");
    std::filesystem::create_symlink("../outside/file", home.path / "tree/away");
    std::filesystem::create_symlink(home.path / "outside", home.path / "tree/directory");
    std::filesystem::create_symlink("../tree/file", home.path / "outside/back");
    std::filesystem::create_symlink("file", home.path / "outside/own");
    std::filesystem::create_symlink(home.path / "tree", home.path / "tree/sub/loop");
    std::filesystem::create_symlink("/nowhere/at/all", home.path / "tree/dangling");
    std::filesystem::create_symlink(home.path / "tree", home.path / "top");
    auto const kind = GENERATE(archive_kind::cpio, archive_kind::iso9660);
    REQUIRE(pack(home.path / "archive", kind, {{.name = "t", .source = home.path / "top"}}));
    auto const found = unpack(home.path / "archive");
    CHECK(found.at("t/file").content == "inside");
    CHECK(found.at("t/same").content == "file");
    CHECK(S_ISLNK(found.at("t/same").mode));
    CHECK(found.at("t/sub/up").content == "../file");
    CHECK(found.at("t/away").content == "outside");
    CHECK(S_ISREG(found.at("t/away").mode));
    CHECK(found.at("t/directory/file").content == "outside");
    CHECK(found.at("t/directory/back").content == "inside");
    CHECK(S_ISLNK(found.at("t/directory/own").mode));
    CHECK(S_ISLNK(found.at("t/sub/loop").mode));
    CHECK(found.at("t/dangling").content == "/nowhere/at/all");
}

TEST_CASE("a deep directory survives the ISO", "[archive]") {
    temporary_home const home;
    home.write("tree/1/2/3/4/5/6/7/8/9/10/11/12/file", "deep");
    REQUIRE(
        pack(home.path / "archive", archive_kind::iso9660, {{.name = "tree", .source = home.path / "tree"}}));
    CHECK(unpack(home.path / "archive").at("tree/1/2/3/4/5/6/7/8/9/10/11/12/file").content == "deep");
}

TEST_CASE("directories with one name are joined, files with one name refused", "[archive]") {
    temporary_home const home;
    home.write("one/a", "1");
    home.write("two/b", "2");
    std::vector<archive_member> members{{.name = "d", .source = home.path / "one"},
                                        {.name = "d", .source = home.path / "two"}};
    REQUIRE(pack(home.path / "archive", archive_kind::iso9660, members));
    CHECK(unpack(home.path / "archive").size() == 3);
    members.push_back({.name = "d/a", .content = "other"});
    auto const refused = pack(home.path / "archive", archive_kind::iso9660, members);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == fault::usage);
    CHECK(refused.error().message.find("d/a") != std::string::npos);
}

TEST_CASE("names that lead out of the archive, or that the guest would cut, are refused", "[archive]") {
    temporary_home const home;
    for (auto const& name : {std::string{}, std::string{"/etc/passwd"}, std::string{"../up"},
                             std::string{"a/../../b"}, std::string{"a//b"}, std::string{"."},
                             std::string{".."}, std::string{"a/"}, std::string(254, 'x')}) {
        auto const refused =
            pack(home.path / "archive", archive_kind::iso9660, {{.name = name, .content = "x"}});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == fault::usage);
    }
    CHECK(pack(home.path / "archive", archive_kind::iso9660,
               {{.name = std::string(253, 'x'), .content = "x"}}));
}

TEST_CASE("what is not there or is no file is an error that names it and keeps nobody waiting", "[archive]") {
    temporary_home const home;
    REQUIRE(::mkfifo((home.path / "pipe").c_str(), 0600) == 0);
    for (auto const* const name : {"nothing", "pipe"}) {
        auto const refused =
            pack(home.path / "archive", archive_kind::cpio, {{.name = "x", .source = home.path / name}});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find((home.path / name).string()) == 0);
    }
}

TEST_CASE("a full disk is an error", "[archive]") {
    auto const full = open_file("/dev/full", O_WRONLY);
    REQUIRE(full);
    auto const kind = GENERATE(archive_kind::cpio, archive_kind::iso9660);
    auto const written =
        write_archive(full->get(), kind, {{.name = "x", .content = std::string(100000, 'x')}});
    REQUIRE_FALSE(written);
    CHECK(written.error().kind == fault::unavailable);
    CHECK(written.error().message.find("No space left") != std::string::npos);
}

TEST_CASE("a file larger than a cpio can hold is refused", "[archive]") {
    temporary_home const home;
    auto const big = home.write("big", "");
    std::filesystem::resize_file(big, std::uintmax_t{5} << 30U);
    CHECK_FALSE(pack(home.path / "archive", archive_kind::cpio, {{.name = "big", .source = big}}));
}

TEST_CASE("compressed files are read, and plain ones as they are", "[archive]") {
    temporary_home const home;
    std::string const text = "\177ELF" + std::string(300000, 'm');
    CHECK(decompress(home.write("plain.ko", text)) == text);
    CHECK(decompress(home.write("empty.ko", "")) == "");
    auto const filter = GENERATE(&archive_write_add_filter_gzip, &archive_write_add_filter_xz,
                                 &archive_write_add_filter_zstd);
    auto* const out = archive_write_new();
    archive_write_set_format_raw(out);
    filter(out);
    auto const file = home.path / "module.ko.compressed";
    REQUIRE(archive_write_open_filename(out, file.c_str()) == ARCHIVE_OK);
    auto* const entry = archive_entry_new();
    archive_entry_set_filetype(entry, S_IFREG);
    archive_write_header(out, entry);
    archive_write_data(out, text.data(), text.size());
    archive_entry_free(entry);
    archive_write_free(out);
    CHECK(std::filesystem::file_size(file) < 10000);
    CHECK(decompress(file) == text);

    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    CHECK_FALSE(decompress(file));
    CHECK_FALSE(decompress(home.path / "nothing"));
}
