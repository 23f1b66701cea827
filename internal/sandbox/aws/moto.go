package aws

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"
)

// ErrNoMoto says that there is no moto_server on this machine.
var ErrNoMoto = errors.New("no moto_server on the PATH, of pyenv, or where MOTO_SERVER says: `make moto` installs one where PyPI can be reached")

// Moto is a running moto_server (https://docs.getmoto.org/en/latest/docs/server_mode.html),
// the store behind sandboxes. Each sandbox has an account of its own in it, so
// that one serves all the tests of a package.
type Moto struct {
	url  string
	log  *tail
	gone chan struct{} // closed when the process has ended
	stop func()

	mu   sync.Mutex
	last int // the account that was given out last
}

// startLimit is how long a moto may take until it answers; it takes half a second.
const startLimit = 30 * time.Second

// StartMoto runs a moto_server on a free port of loopback until Stop, or until
// this process dies.
func StartMoto(ctx context.Context) (*Moto, error) {
	path, err := findMoto(ctx)
	if err != nil {
		return nil, err
	}
	m := &Moto{log: &tail{}, gone: make(chan struct{})}
	ready := make(chan string, 1)
	if err := m.run(path, ready); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	select {
	case m.url = <-ready:
	case <-m.gone:
		return nil, fmt.Errorf("%s ended before it answered:\n%s", path, m.log)
	case <-ctx.Done():
		m.Stop()
		return nil, fmt.Errorf("%s: no address after %s:\n%s", path, startLimit, m.log)
	}
	if err := m.answer(ctx); err != nil {
		m.Stop()
		return nil, err
	}
	return m, nil
}

// findMoto looks where MOTO_SERVER says, and where Program does.
func findMoto(ctx context.Context) (string, error) {
	if path := os.Getenv("MOTO_SERVER"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%w (MOTO_SERVER: %w)", ErrNoMoto, err)
		}
		return path, nil
	}
	path, err := Program(ctx, "moto_server")
	if err != nil {
		return "", ErrNoMoto
	}
	return path, nil
}

// Program finds a program of Python's that tests run: where `make moto` puts it,
// or on the PATH. Of a pyenv shim it is what is behind it, which starts a tenth
// of a second sooner.
func Program(ctx context.Context, name string) (string, error) {
	if path := beside(name); path != "" {
		return path, nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", name, err)
	}
	if strings.Contains(path, string(filepath.Separator)+"shims"+string(filepath.Separator)) {
		if out, err := exec.CommandContext(ctx, "pyenv", "which", name).Output(); err == nil {
			return strings.TrimSpace(string(out)), nil
		}
	}
	return path, nil
}

// beside is a program that `make moto` installed: in bin/moto at the top of the
// module. "" says that it is not there.
func beside(program string) string {
	dir, err := os.Getwd()
	for err == nil {
		path := filepath.Join(dir, "bin", "moto", "bin", program)
		if _, e := os.Stat(path); e == nil {
			return path
		}
		if _, e := os.Stat(filepath.Join(dir, "go.mod")); e == nil || dir == filepath.Dir(dir) {
			return ""
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

// run starts the process and hands over its address. The process dies with the
// thread that started it (prctl(2), PR_SET_PDEATHSIG), so the goroutine that
// waits for it keeps its thread.
func (m *Moto) run(path string, ready chan<- string) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		args := append(launching(path), "-H", "127.0.0.1", "-p", "0")
		cmd := exec.CommandContext(context.Background(), args[0], args[1:]...) //nolint:gosec // the path of a test's tool
		cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1", "MOTO_ALLOW_NONEXISTENT_REGION=true", "MOTO_EC2_LOAD_DEFAULT_AMIS=false")
		cmd.SysProcAttr = ownGroup()
		stderr, err := cmd.StderrPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			started <- fmt.Errorf("start %s: %w", path, err)
			return
		}
		m.stop = sync.OnceFunc(func() { _ = cmd.Process.Kill() }) // one that has ended already is what was asked for
		started <- nil
		m.read(stderr, ready)
		_ = cmd.Wait() // how it ended stands in its log
		close(m.gone)
	}()
	return <-started
}

//go:embed moto_start.py
var motoStart string

// interpreter is the first line of a script of Python's.
var interpreter = regexp.MustCompile(`^#!\s*(/\S*python[0-9.]*)\s*$`)

// launching is how moto is started: with its own interpreter and our script, which
// starts it as its script does. One of another form is run as it is.
func launching(path string) []string {
	script, err := os.ReadFile(path) //nolint:gosec // the path of a test's tool
	if err != nil {
		return []string{path} // which says what is wrong with it
	}
	first, _, _ := strings.Cut(string(script), "\n")
	if found := interpreter.FindStringSubmatch(strings.TrimRight(first, "\r\n")); found != nil {
		return []string{found[1], "-c", motoStart}
	}
	return []string{path}
}

var addressLine = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)

// read keeps the log, and hands over the address that it names.
func (m *Moto) read(stderr io.Reader, ready chan<- string) {
	lines := bufio.NewReader(stderr)
	for {
		line, err := lines.ReadString('\n')
		m.log.add(line)
		if found := addressLine.FindStringSubmatch(line); found != nil {
			select {
			case ready <- found[1]:
			default:
			}
		}
		if err != nil {
			return
		}
	}
}

// answer waits until moto answers.
func (m *Moto) answer(ctx context.Context) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url+"/moto-api/", nil)
		if err != nil {
			return fmt.Errorf("ask moto: %w", err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-m.gone:
			return fmt.Errorf("moto ended before it answered:\n%s", m.log)
		default:
		}
		if pause(ctx, 10*time.Millisecond) != nil {
			return fmt.Errorf("moto does not answer at %s:\n%s", m.url, m.log)
		}
	}
}

// Stop ends the process and waits until it has gone.
func (m *Moto) Stop() {
	m.stop()
	<-m.gone
}

// URL is where moto itself listens. Only a test of the difference that the
// sandbox makes asks it directly.
func (m *Moto) URL() string { return m.url }

// Log is the end of what moto wrote: a line for each call that did not end well,
// and the traceback of what failed.
func (m *Moto) Log() string { return m.log.String() }

// account gives out an account that nobody has.
func (m *Moto) account() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	return fmt.Sprintf("%012d", 210_000_000_000+m.last)
}

// tail keeps the end of a log.
type tail struct {
	mu    sync.Mutex
	lines []string
}

const tailLines = 60

// wellEnded is the line of a call that is not worth keeping.
var wellEnded = regexp.MustCompile(`HTTP/1\.1" 2\d\d -\s*$`)

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if line != "" && !wellEnded.MatchString(line) {
		t.lines = append(t.lines, line)
	}
	if len(t.lines) > 2*tailLines {
		t.lines = append([]string(nil), t.lines[len(t.lines)-tailLines:]...)
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines[max(0, len(t.lines)-tailLines):], "")
}
