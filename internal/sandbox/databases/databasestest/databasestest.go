// Package databasestest runs the tests of a package against package databases:
// one server of each sort for all of them, started by the first test that asks.
package databasestest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases"
)

// server is one that is started once.
type server[T any] struct {
	once  sync.Once
	value T
	noWay error
	stop  func()
}

var (
	postgres server[*databases.Postgres]
	mariadb  server[*databases.MariaDB]
	redis    server[*databases.Redis]
	number   atomic.Int64
)

// patience is how long a server may take until it is ready; it takes a second or two.
const patience = 2 * time.Minute

// Main runs the tests of a package and stops the servers that they used:
//
//	func TestMain(m *testing.M) { os.Exit(databasestest.Main(m)) }
func Main(m *testing.M) int {
	code := m.Run()
	Stop()
	return code
}

// Stop stops the servers that tests used.
func Stop() {
	postgres.end()
	mariadb.end()
	redis.end()
}

func (s *server[T]) end() {
	s.once.Do(func() {}) // nobody starts one now
	if s.stop != nil {
		s.stop()
	}
}

// get starts the server. Where there is none the test is skipped, and under CI it
// fails.
func (s *server[T]) get(t testing.TB, start func(context.Context) (T, error), stop func(T)) T {
	t.Helper()
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if s.value, s.noWay = start(ctx); s.noWay == nil {
			s.stop = func() { stop(s.value) }
		}
	})
	switch {
	case s.noWay == nil:
	case errors.Is(s.noWay, databases.ErrNone) && os.Getenv("CI") == "":
		t.Skipf("This test needs a server: %v.", s.noWay)
	default:
		t.Fatalf("This test needs a server: %v.", s.noWay)
	}
	return s.value
}

// Postgres is the package's PostgreSQL.
func Postgres(t testing.TB) *databases.Postgres {
	t.Helper()
	return postgres.get(t, databases.StartPostgres, (*databases.Postgres).Stop)
}

// MariaDB is the package's MariaDB.
func MariaDB(t testing.TB) *databases.MariaDB {
	t.Helper()
	return mariadb.get(t, databases.StartMariaDB, (*databases.MariaDB).Stop)
}

// Redis is the package's Redis. Tests that count what it has take a database of
// their own (Number).
func Redis(t testing.TB) *databases.Redis {
	t.Helper()
	return redis.get(t, databases.StartRedis, (*databases.Redis).Stop)
}

// Number is the number of a database of Redis that no other test has.
func Number() int { return int(number.Add(1)) }

// Name is a name that nothing else in the servers has.
func Name(prefix string) string { return fmt.Sprintf("%s_%d", prefix, number.Add(1)) }

// Path stands between a client and a server, and counts who comes.
type Path struct {
	Addr  string
	calls atomic.Int64
}

// Calls is how many connections were begun.
func (p *Path) Calls() int { return int(p.calls.Load()) }

// Through is a Path to an address. handle takes the place of the server, if it
// is not nil.
func Through(t testing.TB, addr string, handle func(ctx context.Context, c net.Conn)) *Path {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(func() {
		cancel()
		_ = l.Close() // nobody comes any more
	})
	p := &Path{Addr: l.Addr().String()}
	if handle == nil {
		handle = func(ctx context.Context, c net.Conn) { forward(ctx, c, addr) }
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.calls.Add(1)
			context.AfterFunc(ctx, func() { _ = c.Close() }) // the test has ended
			go func() {
				defer func() { _ = c.Close() }()
				handle(ctx, c)
			}()
		}
	}()
	return p
}

func forward(ctx context.Context, c net.Conn, addr string) {
	to, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	go func() {
		_, _ = io.Copy(to, c) // either end may go
		_ = to.Close()
	}()
	_, _ = io.Copy(c, to)
}

// Saying answers whoever comes with a text, and ends.
func Saying(text string) func(context.Context, net.Conn) {
	return func(_ context.Context, c net.Conn) {
		_, _ = io.WriteString(c, text) // who has gone hears nothing
		if half, ok := c.(*net.TCPConn); ok {
			_ = half.CloseWrite()
		}
		_, _ = io.Copy(io.Discard, c)
	}
}

// Silent never answers.
func Silent(ctx context.Context, c net.Conn) {
	go func() { _, _ = io.Copy(io.Discard, c) }()
	<-ctx.Done()
}
