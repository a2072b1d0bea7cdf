#pragma once

#include <ktest/paths.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace ktest::cli {

/// The package that is fetched when none is named: Debian's cloud kernel for this architecture.
auto default_kernel_package() -> std::string;

/// Fetches a kernel package with apt-get (from where the machine's apt gets its packages) and unpacks it into
/// `$HOME/.ktest/kernels/NAME`; needs no root, installs nothing. Gives the directory, at once if it is there.
auto get_kernel(std::string const& package, paths const& where) -> result<std::filesystem::path>;

/// Unpacks a package file into `$HOME/.ktest/kernels/NAME`, which must be new.
auto unpack_kernel(std::filesystem::path const& package, std::optional<std::string> name, paths const& where)
    -> result<std::filesystem::path>;

/// Makes `default` in `$HOME/.ktest/kernels` a link to `name`.
auto make_default_kernel(std::string const& name, paths const& where) -> result<void>;

} // namespace ktest::cli
