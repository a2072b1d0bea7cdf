#pragma once

// What the root image holds, and how it comes to be: nothing here but data.

#include <array>

namespace ktest {

/// What a test finds in the guest beyond Debian's minimum. No compiler and no debugger: gcc, make and gdb
/// would add two thirds to the image; who wants them includes them.
constexpr std::array root_packages{
    "procps,psmisc,kmod,udev,openssh-server,openssh-client",                 // what makes a guest
    "iproute2,iputils-ping,net-tools,ethtool",                               // networks
    "e2fsprogs,xfsprogs,btrfs-progs,mdadm,lvm2,dmsetup,bcache-tools,hdparm", // file systems and what is below
    "fio,dbench,bonnie++,strace,blktrace,sysstat,gawk",                      // load and measurement
};

/// Makes the image, in a mount and a PID namespace of its own, as root or as a user who is root in there.
/// Everything is made in a file system in memory that goes with the last process, so however this ends
/// nothing is left, mounted or lying about. $1 suite, $2 packages joined by commas, $3 size in KiB, $4
/// sources.list, $5 apt.conf, $6 the mirror for debootstrap. Descriptor 3 is the image. stdout: the manifest.
constexpr auto root_recipe = R"sh(
set -eu
export LC_ALL=C TMPDIR=/mnt PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
mount -t tmpfs -o mode=755,size=90% ktest /mnt
root=/mnt/root

if command -v mmdebstrap > /dev/null; then
    printf '%s\n' "$5" > /mnt/apt.conf
    printf '%s\n' "$4" | mmdebstrap --mode=unshare --variant=minbase --format=directory \
        --hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr --aptopt=/mnt/apt.conf \
        --dpkgopt=force-unsafe-io --include="$2" "$1" "$root" - >&2 3>&-
else
    eval "$(apt-config shell http_proxy Acquire::http::Proxy)" # debootstrap's wget knows nothing of apt
    [ -z "${http_proxy-}" ] || export http_proxy
    debootstrap --variant=minbase --include="$2" "$1" "$root" "$6" >&2 3>&-
fi
cd "$root"

# Nobody's keys, names or passwords; nothing that tells the host's mirrors, proxies or resolvers.
rm -rf etc/ssh/ssh_host_* etc/apt/apt.conf.d/99mmdebstrap etc/dpkg/dpkg.cfg.d/99mmdebstrap etc/apt/sources.list*
sed -i 's/^root:[^:]*:/root::/' etc/shadow
: > etc/machine-id
echo ktest > etc/hostname
printf '127.0.0.1\tlocalhost ktest\n::1\tlocalhost\n' > etc/hosts
rm -f etc/resolv.conf
echo 'nameserver 10.0.2.3' > etc/resolv.conf # of QEMU's user network
ln -sf ../proc/self/mounts etc/mtab
printf '%s\n' 'PasswordAuthentication no' 'UseDNS no' > etc/ssh/sshd_config.d/ktest.conf

# What nobody reads in a test machine.
rm -rf usr/share/doc/* usr/share/man/* usr/share/info/* usr/share/locale/* usr/share/lintian usr/lib/udev/hwdb.* \
    etc/motd var/lib/apt/lists/* var/cache/apt/* var/cache/debconf/*-old var/cache/ldconfig/* var/log/* \
    var/lib/dpkg/*-old dev/* run/* tmp/*
mkdir -p cdrom mnt usr/lib/modules root/.ssh
chmod 700 root/.ssh

# A test's disks are the test's: udev names devices, but assembles none, renames no interface and sets no clock.
meddling='bcache-register|kmod load bcache|mdadm --incremental|lvm pvscan|lvm vgchange|net_setup_link"|hwclock-set'
for rule in $(grep -lE "$meddling" usr/lib/udev/rules.d/*); do
    sed -E "/$meddling/d" "$rule" > "etc/udev/rules.d/${rule##*/}"
done

# There is no init system to be asked, so the kernel is.
for action in poweroff:o halt:o reboot:b; do
    printf '#!/bin/sh\n[ "$1" = -f ] || sync\necho %s > /proc/sysrq-trigger\nexec tail -f /dev/null\n' \
        "${action#*:}" > "usr/sbin/${action%:*}"
    chmod 755 "usr/sbin/${action%:*}"
done

# Features by name, for the host's defaults may be newer than the kernel under test; inode tables are zeroed now
# (they stay holes), or every guest would do it again.
mke2fs -q -F -t ext4 -L ktest-root -m 0 -d . -E lazy_itable_init=0,lazy_journal_init=1,root_owner=0:0 \
    -O none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum \
    /proc/self/fd/3 "$3k" >&2

echo 'ktest image manifest 1'
echo "machine $(uname -m)"
echo "libc $(chroot . getconf GNU_LIBC_VERSION | sed 's/.* //')"
chroot . ldconfig -p | sed -n 's/^\t\([^ ]*\) (.*/lib \1/p' | sort -u
chroot . find /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin -maxdepth 1 -xtype f -perm /111 | sort | sed 's/^/bin /'
)sh";

} // namespace ktest
