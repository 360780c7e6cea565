package machine_test

import (
	"testing"
	"testing/fstest"

	"accountledger/internal/machine"
)

const meminfo = "MemTotal:        8388608 kB\nMemFree:          100 kB\n" // 8 GiB

func TestMemory(t *testing.T) {
	const gib, mib = int64(1 << 30), int64(1 << 20)
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing to be found out": {want: machine.Assumed},
		"the machine's":           {files: map[string]string{"proc/meminfo": meminfo}, want: 8 * gib},
		"version 2": {files: map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/ledger.slice/ledger.service\n",
			"sys/fs/cgroup/ledger.slice/ledger.service/memory.max": "536870912\n"}, want: 512 * mib},
		"version 2, a group around it": {files: map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/ledger.slice/ledger.service\n",
			"sys/fs/cgroup/ledger.slice/ledger.service/memory.max": "max\n", "sys/fs/cgroup/ledger.slice/memory.max": "1073741824\n"}, want: gib},
		"version 2, throttled": {files: map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n",
			"sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/memory.high": "268435456\n"}, want: 256 * mib},
		"version 1": {files: map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "9:name=systemd:/\n4:memory:/ledger\n0::/\n",
			"sys/fs/cgroup/memory/ledger/memory.limit_in_bytes": "536870912\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, want: 512 * mib},
		"version 1, in a container that does not see its group": {files: map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/docker/abc\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n"}, want: 512 * mib},
		"version 1, beside other controllers": {files: map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "4:cpu,memory:/a\n",
			"sys/fs/cgroup/cpu,memory/a/memory.limit_in_bytes": "536870912\n"}, want: 512 * mib},
		"no limit": {files: map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "18446744073709551615\n"}, want: 8 * gib},
		"more than there is": {files: map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "99999999999\n"},
			want: 8 * gib},
		"what nobody can read": {files: map[string]string{"proc/meminfo": "MemTotal: many kB\n", "proc/self/cgroup": "0\n:\n0::/\n",
			"sys/fs/cgroup/memory.max": "few\n"}, want: machine.Assumed},
	} {
		t.Run(name, func(t *testing.T) {
			root := fstest.MapFS{}
			for name, text := range c.files {
				root[name] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := machine.Memory(root); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}
