#!/bin/bash
# Build the guest of the emulated rig from Debian packages: a kernel, an initrd and a read-only root file system.
#
#   usage: tests/rig/build.sh OUT          (as root)
#
# OUT gets vmlinuz, initrd.img, root.sqfs and `recipe`, the digest of what they were built from: with an unchanged
# recipe nothing is done. The host's packages for this are in tools/setup.sh.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
out=$1
suite=bookworm

recipe=$(cat "$here/build.sh" "$here"/guest/* | sha256sum | cut -d' ' -f1)
if [ "$(cat "$out/recipe" 2>/dev/null)" = "$recipe" ]; then exit 0; fi

packages=(
    systemd-sysv udev dbus kmod qemu-guest-agent                # PID 1, devices, the channel that commands come through
    python3                                                     # the project under test
    uhubctl usbutils                                            # USB ports that can be switched off
    tgt open-iscsi sg3-utils eject                              # the emulated DVD writer
    dvd+rw-tools xorriso cdrskin genisoimage udftools           # what burns and reads discs
    dosfstools exfatprogs e2fsprogs mtools fdisk util-linux dmsetup
    procps psmisc
    rsync openssh-client                                        # what backups and clips are sent with
    iproute2 logrotate
)
never_started=(                                                 # tests start these, or they only cost boot time
    tgt.service open-iscsi.service iscsid.service iscsid.socket systemd-timesyncd.service apt-daily.timer
    apt-daily-upgrade.timer e2scrub_reap.service e2scrub_all.timer fstrim.timer dpkg-db-backup.timer getty@tty1.service
)
masked=(
    systemd-networkd-wait-online.service systemd-update-utmp.service systemd-machine-id-commit.service
    systemd-hwdb-update.service ldconfig.service systemd-firstboot.service systemd-sysusers.service
    qemu-guest-agent.service                                    # rig-agent.service starts it earlier
)
# Trees of drivers for devices that the guest does not have
unused_drivers=(
    drivers/{gpu/drm,infiniband,iio,hwmon,isdn,staging,edac,mtd,crypto,bluetooth,platform,comedi,power,leds}
    drivers/media/{dvb-core,dvb-frontends,pci,tuners,radio}
    drivers/net/{ethernet,wireless,can,phy,usb,wan,fddi,hamradio,arcnet,dsa}
    fs/{ocfs2,ceph,gfs2,coda,orangefs,afs,nilfs2,jfs,reiserfs,ubifs,jffs2,dlm}
    net/{mac80211,wireless,bluetooth,can,batman-adv,sctp,tipc,rxrpc,openvswitch}
    sound
)

mkdir -p "$out"
work=$(mktemp -d "$out/building.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root

userland() {
    # Mirrors, proxies and time checks as the host has them
    apt-config dump --no-empty --format '%F "%v";%n' | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date|Retries)' >"$work/apt.conf" || true
    # The kernel is unpacked, not installed: so it pulls in no tools to make an initrd
    # shellcheck disable=SC2016
    "$project/tools/debian_sources.sh" "$suite" |
        mmdebstrap --quiet --mode=root --variant=apt --include="$(IFS=,; echo "${packages[*]}")" \
            --aptopt="$work/apt.conf" --aptopt='APT::Install-Recommends "false"' \
            --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
            --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
            --customize-hook='
                kernel=$(chroot "$1" apt-cache depends linux-image-amd64 | sed -n "s/.*Depends: \(linux-image-[0-9].*\)/\1/p" | head -1)
                chroot "$1" sh -c "cd /tmp && apt-get -qq download $kernel && dpkg-deb -x $kernel*.deb /kernel && rm ./*.deb"' \
            "$suite" "$root" -
}

kernel() {
    version=$(basename "$root"/kernel/boot/vmlinuz-*)
    version=${version#vmlinuz-}
    cp "$root/kernel/boot/vmlinuz-$version" "$work/vmlinuz"
    local modules=$root/kernel/lib/modules
    [ -d "$modules" ] || modules=$root/kernel/usr/lib/modules
    mkdir -p "$root/usr/lib/modules"
    mv "$modules/$version" "$root/usr/lib/modules/$version"
    rm -rf "$root/kernel"
    (cd "$root/usr/lib/modules/$version/kernel" && rm -rf "${unused_drivers[@]}")
    depmod -b "$root" "$version"
}

configuration() {
    : >"$root/etc/fstab"
    echo rig >"$root/etc/hostname"
    echo "127.0.0.1 localhost rig" >"$root/etc/hosts"
    echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
    printf '%s\n' virtio_console sg >"$root/etc/modules-load.d/rig.conf"
    mkdir -p "$root/etc/systemd/journald.conf.d"
    printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n' >"$root/etc/systemd/journald.conf.d/rig.conf"
    chroot "$root" passwd -d root >/dev/null
    for unit in "${never_started[@]}"; do rm -f "$root"/etc/systemd/system/*.wants/"$unit"; done
    for unit in "${masked[@]}"; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
    install -m644 "$here/guest/rig-agent.service" "$root/etc/systemd/system/"
    mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
    ln -sf ../rig-agent.service "$root/etc/systemd/system/multi-user.target.wants/"
    install -m755 "$here/guest/burner" "$root/usr/local/bin/"
    rm -rf "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/* "$root"/tmp/*
}

initrd() {
    local tree=$work/initrd file name
    mkdir -p "$tree"/{bin,proc,sys,dev,lib,mnt/lower,mnt/upper,mnt/root}
    cp "$(command -v busybox)" "$tree/bin/busybox"
    ln -s busybox "$tree/bin/sh"
    for module in virtio_pci virtio_blk squashfs overlay; do
        modprobe -d "$root" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
    done | awk '!seen[$0]++' | while read -r file; do
        name=$(basename "$file")
        cp "$file" "$tree/lib/"
        case $name in
            *.xz) xz -d "$tree/lib/$name"; name=${name%.xz} ;;
            *.zst) zstd -q --rm -d "$tree/lib/$name"; name=${name%.zst} ;;
        esac
        echo "$name" >>"$tree/lib/order"
    done
    install -m755 "$here/guest/initrd-init" "$tree/init"
    (cd "$tree" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initrd.img"
}

userland
kernel
configuration
initrd
mksquashfs "$root" "$work/root.sqfs" -comp zstd -no-xattrs -noappend -no-progress -quiet >/dev/null
rm -f "$out/recipe"
mv "$work"/{vmlinuz,initrd.img,root.sqfs} "$out/"
chmod a+r "$out"/{vmlinuz,initrd.img,root.sqfs}
echo "$recipe" >"$out/recipe"
