package databases

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// ErrNone says that the programs of a server are not on this machine.
var ErrNone = errors.New("its programs are not installed")

// The owner of everything that a server has.
const (
	Owner    = "owner"
	Password = "the owner's password" //nolint:gosec // of a server on loopback that lives for a test
)

// process is a running server.
type process struct {
	dir      string
	port     int
	ca       []byte
	attr     *syscall.SysProcAttr
	uid, gid int

	gone chan struct{} // closed when it has ended
	stop func()

	mu  sync.Mutex
	log []string
}

// newProcess makes a folder for a server, with its certificates.
func newProcess(names ...string) (*process, error) {
	p := &process{gone: make(chan struct{}), stop: func() {}}
	p.attr, p.uid, p.gid = asWhom(names...)
	var err error
	if p.dir, err = os.MkdirTemp("", "database-"); err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	if p.ca, err = certify(p.dir); err == nil {
		p.port, err = freePort()
	}
	if err == nil {
		err = p.own()
	}
	if err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// own gives the folder to whom the server runs as.
func (p *process) own() error {
	return filepath.WalkDir(p.dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || os.Getuid() != 0 {
			return err
		}
		return os.Chown(path, p.uid, p.gid)
	})
}

func freePort() (int, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a port: %w", err)
	}
	defer func() { _ = l.Close() }() // nobody came
	at, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("find a port: not TCP")
	}
	return at.Port, nil
}

// once runs a program to its end.
func (p *process) once(ctx context.Context, path string, args ...string) error {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.SysProcAttr, cmd.Dir, cmd.Env = p.attr, p.dir, environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w:\n%s", path, err, out)
	}
	return nil
}

// environ leaves out what the programs would read: it is of other servers.
func environ() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PG") || strings.HasPrefix(v, "MYSQL") })
}

// serve runs a server until Stop, and returns once a line of its log has ready.
// It dies with the thread that started it (prctl(2), PR_SET_PDEATHSIG), so the
// goroutine that waits for it keeps its thread.
func (p *process) serve(ctx context.Context, ready, path string, args ...string) error {
	started, up := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		cmd := exec.CommandContext(context.Background(), path, args...) //nolint:gosec // a test's tool
		cmd.SysProcAttr, cmd.Dir, cmd.Env = p.attr, p.dir, environ()
		stderr, err := cmd.StderrPipe()
		cmd.Stdout = cmd.Stderr // where Redis logs
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			started <- fmt.Errorf("start %s: %w", path, err)
			return
		}
		p.stop = sync.OnceFunc(func() { _ = cmd.Process.Kill() }) // one that has ended is what was asked for
		started <- nil
		once := sync.OnceFunc(func() { close(up) })
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.mu.Lock()
			p.log = append(p.log, lines.Text())
			p.mu.Unlock()
			if strings.Contains(lines.Text(), ready) {
				once()
			}
		}
		_ = cmd.Wait() // how it ended stands in its log
		close(p.gone)
	}()
	if err := <-started; err != nil {
		return err
	}
	select {
	case <-up:
		return nil
	case <-p.gone:
		return fmt.Errorf("%s ended before it was ready:\n%s", path, strings.Join(p.lines(), "\n"))
	case <-ctx.Done():
		return fmt.Errorf("start %s: %w", path, ctx.Err())
	}
}

func (p *process) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.log)
}

// Stop ends the server, and forgets its data.
func (p *process) Stop() {
	p.stop()
	_ = os.RemoveAll(p.dir) // a temporary folder
}

// Addr is where it listens: host:port of loopback.
func (p *process) Addr() string { return net.JoinHostPort("127.0.0.1", fmt.Sprint(p.port)) }

// CA is the certificate, in PEM, that vouches for the server.
func (p *process) CA() string { return string(p.ca) }

// Elsewhere is an address of this machine that is not loopback, at which the
// server listens too and for which its certificate is good; "" if there is none.
func (p *process) Elsewhere() string {
	for _, ip := range ownAddresses() {
		if !ip.IsLoopback() {
			return net.JoinHostPort(ip.String(), fmt.Sprint(p.port))
		}
	}
	return ""
}

// ownAddresses are the addresses of this machine by IPv4.
func ownAddresses() []net.IP {
	out := []net.IP{net.IPv4(127, 0, 0, 1)}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return out
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			out = append(out, n.IP)
		}
	}
	return out
}

// find returns a program on the PATH or in one of the folders, "" if it is in
// none.
func find(program string, folders ...string) string {
	if path, err := exec.LookPath(program); err == nil {
		return path
	}
	for _, pattern := range folders {
		found, _ := filepath.Glob(filepath.Join(pattern, program)) // the patterns are well formed
		if len(found) > 0 {
			return found[len(found)-1]
		}
	}
	return ""
}
