package elastictest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Options say what kind of server to start.
type Options struct {
	// Password, if set, is that of the user "elastic", and required for
	// access.
	Password string
	// Settings are further settings of the server, each as name=value.
	Settings []string
	// Full runs the server as in production, with its data on disk
	// and the slower, optimising compiler: for benchmarks. Otherwise
	// it starts sooner, with its data in memory if there is enough.
	Full bool
}

// Server is a test's own single-node cluster, with its data in its own
// folder.
type Server struct {
	options Options
	home    string
	folder  string
	port    string
	running *exec.Cmd
	ended   chan struct{}
}

// ErrJava means that there is no Java to run Elasticsearch.
var ErrJava = errors.New("elastictest: Java 17 is needed: install it, or set ES_JAVA_HOME")

// Start starts a server and returns when it answers, in about 10 seconds.
func Start(ctx context.Context, options Options) (_ *Server, err error) {
	home, err := install(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(dataFolder(&options), "accountledger-elasticsearch-")
	if err != nil {
		return nil, err
	}
	s := &Server{options: options, home: home, folder: folder, port: "0"}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	return s, s.Resume(ctx)
}

// URL is where the server answers. It stays the same when it is stopped and
// started again.
func (s *Server) URL() string { return "http://127.0.0.1:" + s.port }

// javaOptions keep the server small.
const javaOptions = `-Xms512m
-Xmx512m
-Djava.io.tmpdir=${ES_TMPDIR}
-XX:+ExitOnOutOfMemoryError
`

// soonOptions trade long-running speed for a fast start.
const soonOptions = "-XX:TieredStopAtLevel=1\n-XX:+UseSerialGC\n"

// fullOptions are what Elasticsearch chooses by itself.
const fullOptions = "-XX:+UseG1GC\n"

// prepare lays out configuration and data for the user that the server runs as.
func (s *Server) prepare(ctx context.Context) error {
	config := filepath.Join(s.folder, "config")
	java := javaOptions + soonOptions
	if s.options.Full {
		java = javaOptions + fullOptions
	}
	err := os.CopyFS(config, os.DirFS(filepath.Join(s.home, "config")))
	for name, text := range map[string]string{"elasticsearch.yml": "", "jvm.options": java} {
		err = errors.Join(err, os.WriteFile(filepath.Join(config, name), []byte(text), 0o600))
	}
	for _, name := range []string{"data", "logs"} {
		err = errors.Join(err, os.Mkdir(filepath.Join(s.folder, name), 0o700))
	}
	if err = errors.Join(err, own(s.folder)); err != nil || s.options.Password == "" {
		return err
	}
	for _, step := range []struct{ arguments, input string }{
		{"create", ""}, {"add -x -f bootstrap.password", s.options.Password},
	} {
		command, err := s.command(ctx, "elasticsearch-keystore", strings.Fields(step.arguments)...)
		if err != nil {
			return err
		}
		command.Stdin = strings.NewReader(step.input)
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("the server's keystore: %w\n%s", err, output)
		}
	}
	return nil
}

// command is one of the distribution's programs, run as the server is.
func (s *Server) command(ctx context.Context, name string, arguments ...string) (*exec.Cmd, error) {
	java, err := javaHome()
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, filepath.Join(s.home, "bin", name), arguments...) // a program of the distribution
	c.Dir = s.folder
	c.Env = append(os.Environ(), "ES_JAVA_HOME="+java, "ES_PATH_CONF="+filepath.Join(s.folder, "config"), "ES_JAVA_OPTS=", "HOME="+s.folder)
	c.SysProcAttr = attributes()
	return c, nil
}

func javaHome() (string, error) {
	if home := os.Getenv("ES_JAVA_HOME"); home != "" {
		return home, nil
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return "", ErrJava
	}
	if java, err = filepath.EvalSymlinks(java); err != nil {
		return "", ErrJava
	}
	return filepath.Dir(filepath.Dir(java)), nil
}

// Resume starts the server again after Stop or Kill, with its data and at its
// URL.
func (s *Server) Resume(ctx context.Context) error {
	ports := filepath.Join(s.folder, "logs", "http.ports")
	if err := os.Remove(ports); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	settings := []string{
		"discovery.type=single-node", "network.host=127.0.0.1", "http.port=" + s.port, "transport.port=0", "node.portsfile=true",
		fmt.Sprintf("xpack.security.enabled=%v", s.options.Password != ""), "xpack.security.enrollment.enabled=false",
		"cluster.routing.allocation.disk.threshold_enabled=false",
		"path.data=" + filepath.Join(s.folder, "data"), "path.logs=" + filepath.Join(s.folder, "logs"),
	}
	var arguments []string
	for _, setting := range append(settings, s.options.Settings...) {
		arguments = append(arguments, "-E", setting)
	}
	// The server outlives the context it was started with.
	command, err := s.command(context.WithoutCancel(ctx), "elasticsearch", arguments...)
	if err != nil {
		return err
	}
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		return err
	}
	s.running, s.ended = command, make(chan struct{})
	go func(ended chan struct{}) {
		_ = command.Wait()
		close(ended)
	}(s.ended)
	return s.ready(ctx, ports, &output)
}

// ready waits until the server answers.
func (s *Server) ready(ctx context.Context, ports string, output *bytes.Buffer) error {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-s.ended:
			return fmt.Errorf("Elasticsearch ended instead of starting:\n%s", output.String())
		case <-ctx.Done():
			return fmt.Errorf("Elasticsearch does not start: %w", ctx.Err())
		case <-look.C:
		}
		text, err := os.ReadFile(ports) // the path is ours
		if err != nil || !bytes.HasSuffix(text, []byte("\n")) {
			continue
		}
		address, _, _ := strings.Cut(string(text), "\n")
		if _, port, err := net.SplitHostPort(address); err == nil {
			s.port = port
		}
		if s.healthy(ctx) {
			return nil
		}
	}
}

// healthy reports whether everything the server holds can be used, as far as that can be seen
// without a password.
func (s *Server) healthy(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/_cluster/health?wait_for_status=yellow&timeout=30s", nil)
	if err != nil {
		return false
	}
	if s.options.Password != "" {
		request.SetBasicAuth("elastic", s.options.Password)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// Stop stops the server as an operator would.
func (s *Server) Stop() error { return s.end(syscall.SIGTERM) }

// Kill ends the server as a loss of power would, except that what the machine has not yet
// written to disk survives.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

func (s *Server) end(with syscall.Signal) error {
	if s.running == nil {
		return nil
	}
	err := signal(s.running.Process.Pid, with)
	if errors.Is(err, syscall.ESRCH) {
		err = nil
	}
	<-s.ended
	s.running = nil
	return err
}

// Close ends the server and deletes its data.
func (s *Server) Close() error {
	return errors.Join(s.Kill(), os.RemoveAll(s.folder))
}
