# Makes a root over this machine's and becomes its systemd. SCRATCH is a folder of the test's, KEEP are folders to show as they
# are, GROUP is the control group to be in.
set -euo pipefail

# A control group of its own, which the test removes.
mkdir -p "$GROUP"
echo 0 > "$GROUP/cgroup.procs"

exec unshare --cgroup bash -euo pipefail -c '
mount --make-rprivate /
mount -t tmpfs tmpfs "$SCRATCH"
mkdir "$SCRATCH/upper" "$SCRATCH/work" "$SCRATCH/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$SCRATCH/upper,workdir=$SCRATCH/work" "$SCRATCH/root"
cd "$SCRATCH/root"

# As on a machine that never saw the ledger, and without this machine'"'"'s services.
rm -rf etc/accountledger var/lib/accountledger var/backups/accountledger usr/local/bin/accountledger etc/systemd/system
mkdir etc/systemd/system
chroot . userdel accountledger 2>/dev/null || true

mount -t proc proc proc
mount --bind /dev/null proc/cgroups # no controllers: those are the machine'"'"'s
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
for device in null zero full random urandom tty; do touch "dev/$device"; mount --bind "/dev/$device" "dev/$device"; done
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
fi
for folder in $KEEP; do mkdir -p ".$folder"; mount --rbind "$folder" ".$folder"; done
ip link set lo up

pivot_root . mnt
cd /
umount -l /mnt
export container=test
exec /lib/systemd/systemd --system --unit=basic.target --show-status=0 systemd.legacy_systemd_cgroup_controller=yes --log-target=console --log-level=warning
'
