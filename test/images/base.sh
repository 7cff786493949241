#!/usr/bin/env bash
# A base image from Debian's packages alone, for machines that cannot pull one: base.sh FOLDER TAG. About a minute, 130 MB.
# Only here does the image take over this machine's package mirror and certificates; images/ knows neither.
set -euo pipefail
folder=$1 tag=$2
mirror=$(apt-get indextargets --format '$(SITE)/$(RELEASE)' | sed -n 's#/bookworm$##p' | head -1)
rootfs=$folder/rootfs
if [ ! -e "$rootfs/.done" ]; then
  rm -rf "$rootfs"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$rootfs" "$mirror" >&2
  mkdir -p "$rootfs/usr/local/share/ca-certificates"
  cp /usr/local/share/ca-certificates/*.crt "$rootfs/usr/local/share/ca-certificates/" 2>/dev/null || true
  TMPDIR=/tmp chroot "$rootfs" update-ca-certificates >&2
  rm -rf "$rootfs"/var/cache/apt/archives/*.deb "$rootfs"/var/lib/apt/lists/*
  touch "$rootfs/.done"
fi
container=$(buildah from scratch)
buildah add --quiet "$container" "$rootfs" / >&2
certificates=/etc/ssl/certs/ca-certificates.crt
for name in SSL_CERT_FILE PIP_CERT NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE; do
  buildah config --env "$name=$certificates" "$container" >&2
done
buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container" >&2
buildah commit --quiet --rm "$container" "$tag" >&2
