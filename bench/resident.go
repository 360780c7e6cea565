package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"
)

// serveRows measures the real program on a large folder: how soon it is ready, and how much memory it uses under load.
func serveRows(ctx context.Context, c config) ([]Row, error) {
	w, err := populated(ctx, c, c.served)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(w.views(ctx), w.close(ctx)); err != nil {
		return nil, err
	}
	program := filepath.Join(c.dir, "accountledger")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "accountledger/cmd/accountledger").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the program: %w: %s", err, out)
	}
	dir := c.world(c.served)
	first, err := start(program, dir) // consumers other than views reach the head of the log
	if err != nil {
		return nil, err
	}
	if err := errors.Join(first.catchUp(ctx), first.end()); err != nil {
		return nil, err
	}
	p, err := start(program, dir)
	if err != nil {
		return nil, err
	}
	rate, loading := p.load(ctx, c.load)
	peak, err := p.resident("VmHWM")
	if err = errors.Join(loading, err, p.end()); err != nil {
		return nil, err
	}
	ready := single(fmt.Sprintf("serve with %d accounts, start to ready", c.served), "s", p.took.Seconds(), "< 2 s")
	memory := single(fmt.Sprintf("serve with %d accounts under load, peak resident memory", c.served), "MiB", peak, "< 400 MiB")
	memory.Note = fmt.Sprintf("%.0f changes, decisions and queries/s meanwhile", rate.PerSecond)
	memory.OursP99 = latency(rate.P99)
	return []Row{ready, memory}, nil
}

// process is the running program.
type process struct {
	serving
	command *exec.Cmd
	took    time.Duration // from its start until it was ready
}

// start starts the program on a folder and waits until it is ready.
func start(program, dir string) (*process, error) {
	p := &process{command: exec.Command(program, "serve", "--dev", "--data", dir, "--http", "127.0.0.1:0", "--log-level", "warn", "--json")}
	p.dir, p.http = dir, client()
	p.command.Stderr = os.Stderr
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	var ready struct {
		Address string `json:"address"`
	}
	if line, err := bufio.NewReader(out).ReadBytes('\n'); err == nil && json.Unmarshal(line, &ready) == nil {
		p.url = ready.Address
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	for p.url != "" && time.Since(began) < time.Minute {
		resp, err := p.http.Get(p.url + "/readyz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				p.took = time.Since(began)
				p.cfg, err = settings(dir)
				return p, err
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil, errors.Join(errors.New("the program did not become ready"), p.end())
}

// catchUp waits until no consumer is behind.
func (p *process) catchUp(ctx context.Context) error {
	for deadline := time.Now().Add(15 * time.Minute); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		if lag, err := lags(ctx, p.cfg); err != nil || lag < 100 {
			return err
		}
	}
	return errors.New("a consumer does not reach the head of the log")
}

func (p *process) end() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.command.Wait()
}

// served is how many people sign up for a load on the program itself: each costs two real password hashes.
const served = 16

// load changes permissions, asks for decisions and queries views concurrently.
func (p *process) load(ctx context.Context, d time.Duration) (Rate, error) {
	if err := p.join(ctx, served, "load"+strconv.FormatInt(time.Now().UnixNano(), 36)+"-"); err != nil {
		return Rate{}, err
	}
	key, err := p.service(ctx)
	if err != nil {
		return Rate{}, err
	}
	officer, err := p.officer(ctx)
	if err != nil {
		return Rate{}, err
	}
	everybody := crowd{1000}
	all := []string{"accounts", "activity", "accesses", "permissions"}
	var asked atomic.Int64
	return load(ctx, clients, d, func(ctx context.Context, w, n int) error {
		var err error
		switch {
		case w < served:
			_, err = p.change(ctx, w, n)
		case w < served+4:
			view := all[int(asked.Add(1))%len(all)]
			_, err = send(ctx, p.http, http.MethodPost, p.url+"/v1/views/"+view+"/query", officer, []byte(`{"limit":50}`))
		default:
			_, err = send(ctx, p.http, http.MethodPost, p.url+"/v1/decisions", key,
				fmt.Appendf(nil, `{"account":%q,"permission":"location","purpose":"navigation"}`, everybody.account(n*clients+w)))
		}
		return err
	})
}

// resident reads a line of the process's memory, in MiB.
func (p *process) resident(line string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	for text := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(text, line+":"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024, err
		}
	}
	return 0, errors.New("no such line")
}
