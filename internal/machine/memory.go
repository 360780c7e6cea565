// Package machine reports the resources that the machine and its control groups leave to this process, on Linux.
package machine

import (
	"bufio"
	"errors"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Assumed is the memory, in bytes, that a process is assumed to have if it cannot be determined.
const Assumed = 1 << 30

// Memory is how much memory this process may use, in bytes: the machine's, or less if its control group, or an enclosing one,
// has a limit. root is the machine's root folder. If nothing can be determined it is Assumed.
func Memory(root fs.FS) int64 {
	limit := int64(math.MaxInt64)
	if total, ok := machineMemory(root); ok {
		limit = total
	}
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err == nil {
		for line := range strings.Lines(string(groups)) {
			limit = min(limit, groupLimit(root, strings.TrimSpace(line)))
		}
	}
	if limit == math.MaxInt64 {
		return Assumed
	}
	return limit
}

// groupLimit is the lowest limit of the group in a line of /proc/self/cgroup and of the groups enclosing it.
func groupLimit(root fs.FS, line string) int64 {
	limit := int64(math.MaxInt64)
	parts := strings.SplitN(line, ":", 3) // number, controllers, path
	if len(parts) != 3 {
		return limit
	}
	folders, files := []string{"sys/fs/cgroup", "sys/fs/cgroup/unified"}, []string{"memory.max", "memory.high"}
	if parts[1] != "" { // version 1
		if !slices.Contains(strings.Split(parts[1], ","), "memory") {
			return limit
		}
		folders, files = []string{path.Join("sys/fs/cgroup", parts[1]), "sys/fs/cgroup/memory"}, []string{"memory.limit_in_bytes"}
	}
	for group := path.Join("/", parts[2]); ; group = path.Dir(group) {
		for _, folder := range folders {
			for _, file := range files {
				if n, ok := limitIn(root, path.Join(folder, group, file)); ok {
					limit = min(limit, n)
				}
			}
		}
		if group == "/" {
			return limit
		}
	}
}

// limitIn reads a limit; false if there is none.
func limitIn(root fs.FS, name string) (int64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false // there is no such group, or it is not visible from here
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return math.MaxInt64, true
	}
	return n, err == nil && n > 0
}

// machineMemory reads how much memory the machine has.
func machineMemory(root fs.FS) (int64, bool) {
	f, err := root.Open("proc/meminfo")
	if err != nil {
		return 0, false
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		text, found := strings.CutPrefix(lines.Text(), "MemTotal:")
		if !found {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(text, "kB")), 10, 64)
		return n << 10, err == nil && n > 0
	}
	return 0, false
}
