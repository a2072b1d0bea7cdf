#pragma once

#include <ktest/spec/bytes.hpp>

#include <concepts>
#include <cstdint>
#include <string>

namespace ktest {

namespace detail {

template<std::unsigned_integral Number>
void put_big_endian(std::string& image, std::size_t offset, Number value) {
    for (auto i = sizeof value; i-- > 0; value = static_cast<Number>(value >> 7U >> 1U))
        image[offset + i] = static_cast<char>(value & 0xffU);
}

} // namespace detail

/// An empty qcow2 file for a disk of `size`: what QEMU writes over a backing image that it must not change.
/// The backing image is named on QEMU's command line, not in here. Format: QEMU's docs/interop/qcow2.txt.
inline auto empty_overlay(bytes size) -> std::string {
    constexpr std::uint64_t cluster = 1U << 16U;
    constexpr std::uint64_t mapped_by_table = cluster * (cluster / 8); // what one L2 table, one cluster, maps
    auto const tables = (size.count + mapped_by_table - 1) / mapped_by_table;
    auto const table_clusters = (tables * 8 + cluster - 1) / cluster;
    auto const clusters = 3 + table_clusters; // header, refcount table, refcount block, L1 table
    std::string image(clusters * cluster, '\0');

    image.replace(0, 4, "QFI\xfb");
    detail::put_big_endian<std::uint32_t>(image, 4, 3);   // version
    detail::put_big_endian<std::uint32_t>(image, 20, 16); // cluster bits
    detail::put_big_endian<std::uint64_t>(image, 24, size.count);
    detail::put_big_endian(image, 36, static_cast<std::uint32_t>(tables));
    detail::put_big_endian<std::uint64_t>(image, 40, 3 * cluster); // L1 table
    detail::put_big_endian<std::uint64_t>(image, 48, cluster);     // refcount table
    detail::put_big_endian<std::uint32_t>(image, 56, 1);           // of one cluster
    detail::put_big_endian<std::uint32_t>(image, 96, 4);           // refcounts of 16 bits
    detail::put_big_endian<std::uint32_t>(image, 100, 104);        // header length
    detail::put_big_endian<std::uint64_t>(image, cluster, 2 * cluster);
    for (std::uint64_t used = 0; used < clusters; ++used)
        detail::put_big_endian<std::uint16_t>(image, 2 * cluster + used * 2, 1);
    return image;
}

} // namespace ktest
