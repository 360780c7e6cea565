package deploy_test

import (
	_ "embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// boot is what makes the container's root and becomes its systemd.
//
//go:embed testdata/boot.sh
var boot string

// bootPatience is how long systemd may take to come up.
const bootPatience = 90 * time.Second

// container is this machine's files with a root of its own on top, which goes with it, and a real systemd as its first
// process, in namespaces of its own: mounts, processes, network, host name. What is not the real thing: the kernel's
// modules, devices and udev, and the network, which is only loopback.
type container struct {
	t    *testing.T
	pid  int
	repo string
	env  []string
}

// startContainer boots one; the test is skipped, with the reason, where that is impossible.
func startContainer(t *testing.T) *container {
	t.Helper()
	if testing.Short() {
		t.Skip("short: it boots a container and builds the program in it")
	}
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		skip(t, "only root can make the namespaces of a container")
	}
	for _, tool := range []string{"/lib/systemd/systemd", "unshare", "nsenter", "runuser", "useradd", "curl", "ip"} {
		if _, err := exec.LookPath(tool); err != nil {
			skip(t, tool+" is not installed")
		}
	}
	repo, err := filepath.Abs("..")
	fatal(t, err)
	c := &container{t: t, repo: repo, env: goEnvironment(t)}
	group := "/sys/fs/cgroup"
	if _, err := os.Stat(group + "/systemd"); err == nil { // version 1
		group += "/systemd"
	}
	group += "/accountledger-deploy-test-" + strconv.Itoa(os.Getpid())
	t.Cleanup(func() { _ = exec.Command("find", group, "-depth", "-type", "d", "-exec", "rmdir", "{}", "+").Run() })
	runtime.LockOSThread() // the child's death signal goes by the thread that started it
	cmd := exec.CommandContext(t.Context(), "bash", "-c", boot)
	cmd.Env = append(c.env, "SCRATCH="+t.TempDir(), "GROUP="+group, "KEEP="+strings.Join(c.keep(), " "))
	console := &tail{}
	cmd.Stdout, cmd.Stderr = console, console
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL,
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC}
	if err := cmd.Start(); errors.Is(err, syscall.EPERM) {
		skip(t, "namespaces are not allowed here")
	} else {
		fatal(t, err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // all its processes go with the first
		<-ended
	})
	c.pid = cmd.Process.Pid
	c.awaitBoot(ended, console)
	return c
}

// skip skips a test, or fails it where ACCOUNTLEDGER_TEST_DEPLOY says that it has to run, as in CI.
func skip(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("ACCOUNTLEDGER_TEST_DEPLOY") == "required" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// keep are folders that the build needs and that may be on other file systems than the root.
func (c *container) keep() []string {
	out := []string{c.repo}
	for _, pair := range c.env {
		if name, path, _ := strings.Cut(pair, "="); name == "GOCACHE" || name == "GOMODCACHE" || name == "GOROOT" {
			out = append(out, path)
		}
	}
	return out
}

// goEnvironment lets the container build without a network.
func goEnvironment(t *testing.T) []string {
	t.Helper()
	env := []string{"HOME=/root", "LANG=C.UTF-8", "GOPROXY=off", "GOFLAGS=-buildvcs=false", "SYSTEMD_PAGER="}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOROOT"} {
		out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		fatal(t, err)
		env = append(env, name+"="+strings.TrimSpace(string(out)))
	}
	goroot, _ := strings.CutPrefix(env[len(env)-1], "GOROOT=")
	return append(env, "PATH="+filepath.Join(goroot, "bin")+":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
}

func (c *container) awaitBoot(ended chan struct{}, console *tail) {
	c.t.Helper()
	every := time.NewTicker(200 * time.Millisecond)
	defer every.Stop()
	patience := time.NewTimer(bootPatience)
	defer patience.Stop()
	for {
		out, err := c.try("systemctl is-active basic.target")
		if err == nil && strings.TrimSpace(out) == "active" {
			return
		}
		select {
		case <-ended:
			c.t.Fatalf("systemd ended:\n%s", console)
		case <-patience.C:
			c.t.Fatalf("systemd did not come up: %v, %s\n%s", err, out, console)
		case <-every.C:
		}
	}
}

// try runs a script in the container, as root in the repository, and gives what it printed.
func (c *container) try(script string) (string, error) {
	cmd := exec.CommandContext(c.t.Context(), "nsenter", "-t", strconv.Itoa(c.pid), "-m", "-u", "-i", "-n", "-p",
		"bash", "-c", "set -euo pipefail\ncd "+c.repo+"\n"+script)
	cmd.Dir = "/"
	cmd.Env = c.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// run is try for what has to succeed.
func (c *container) run(script string) string {
	c.t.Helper()
	out, err := c.try(script)
	if err != nil {
		log, _ := c.try("journalctl --no-pager -n 40")
		c.t.Fatalf("%v from:\n%s\n%s\nthe journal:\n%s", err, script, out, log)
	}
	return out
}

// onNetwork runs something whose sockets are to be the container's.
func (c *container) onNetwork(do func()) {
	c.t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	here, err := os.Open("/proc/thread-self/ns/net")
	fatal(c.t, err)
	defer func() { fatal(c.t, here.Close()) }()
	there, err := os.Open(filepath.Join("/proc", strconv.Itoa(c.pid), "ns/net"))
	fatal(c.t, err)
	defer func() { fatal(c.t, there.Close()) }()
	fatal(c.t, unix.Setns(int(there.Fd()), unix.CLONE_NEWNET))
	do()
	fatal(c.t, unix.Setns(int(here.Fd()), unix.CLONE_NEWNET))
}

// tail is the end of what a process printed.
type tail struct{ b []byte }

func (o *tail) Write(p []byte) (int, error) {
	o.b = append(o.b, p...)
	o.b = o.b[max(0, len(o.b)-8<<10):]
	return len(p), nil
}

func (o *tail) String() string { return string(o.b) }

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
