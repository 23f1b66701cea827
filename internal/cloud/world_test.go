package cloud_test

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
)

// secret must not be in any message.
const secret = "hunter2"

const agent = "terraform-provider-rollout/1.2.3"

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// TestMain has this process trust the certificate that httptest serves with,
// before anything reads the system's.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		s := httptest.NewTLSServer(http.NotFoundHandler())
		defer s.Close()
		folder, err := os.MkdirTemp("", "cloud")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(folder) }()
		file := filepath.Join(folder, "trusted.pem")
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
		if err := errors.Join(os.WriteFile(file, text, 0o600), os.Setenv("SSL_CERT_FILE", file)); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// nowhere takes from the test whatever this machine knows of Google.
func nowhere(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
		"ROLLOUT_GOOGLE_ENDPOINT", "GOOGLE_CLOUD_UNIVERSE_DOMAIN", "GCE_METADATA_HOST",
	} {
		t.Setenv(name, "")
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("APPDATA", home)
	t.Setenv("DOCKER_CONFIG", home)
	t.Setenv("XDG_RUNTIME_DIR", home)
	t.Setenv("REGISTRY_AUTH_FILE", filepath.Join(home, "none.json"))
}

// clients returns what a provider with this block has, on a clock of its own.
func clients(t *testing.T, g cloud.Google) (*cloud.Clients, *clocktest.Clock) {
	t.Helper()
	clock := clocktest.New(noon)
	return cloud.New(cloud.Config{Google: g, UserAgent: agent, Clock: clock}), clock
}

// A call is what reached a server.
type call struct {
	method        string
	authorization string
	agent         string
	at            time.Time
	limited       bool // the server was told until when to answer
}

// A journal keeps what reached a server.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

// read returns what was added since it was last read.
func (j *journal) read() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := j.lines
	j.lines = nil
	return out
}

// api is a server that answers every method of every gRPC service with an empty
// message, or as answer says.
type api struct {
	endpoint string
	clock    *clocktest.Clock
	answer   func(n int) error // n counts from 1

	mu    sync.Mutex
	calls []call
}

// newAPI starts a server; by TLS if that is asked for.
func newAPI(t *testing.T, tls bool) *api {
	t.Helper()
	a := &api{clock: clocktest.New(noon), answer: func(int) error { return nil }}
	o := []grpc.ServerOption{grpc.UnknownServiceHandler(a.handle)}
	scheme := "http"
	if tls {
		if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
			t.Skip("this system cannot be told for one process whom to trust")
		}
		s := httptest.NewTLSServer(http.NotFoundHandler())
		defer s.Close()
		o = append(o, grpc.Creds(credentials.NewServerTLSFromCert(&s.TLS.Certificates[0])))
		scheme = "https"
	}
	var listen net.ListenConfig
	l, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(o...)
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	a.endpoint = scheme + "://" + l.Addr().String()
	return a
}

func (a *api) handle(_ any, s grpc.ServerStream) error {
	if err := s.RecvMsg(&emptypb.Empty{}); err != nil {
		return err
	}
	method, _ := grpc.MethodFromServerStream(s)
	with, _ := metadata.FromIncomingContext(s.Context())
	_, limited := s.Context().Deadline()
	a.mu.Lock()
	a.calls = append(a.calls, call{method, strings.Join(with.Get("authorization"), ", "), strings.Join(with.Get("user-agent"), ", "), a.clock.Now(), limited})
	n := len(a.calls)
	a.mu.Unlock()
	if err := a.answer(n); err != nil {
		return err
	}
	return s.SendMsg(&emptypb.Empty{})
}

// seen returns what has arrived.
func (a *api) seen() []call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// clients returns clients of this server, on its clock.
func (a *api) clients() *cloud.Clients {
	return cloud.New(cloud.Config{Google: cloud.Google{Endpoint: a.endpoint}, UserAgent: agent, Clock: a.clock})
}

// diverted returns a transport that finds every host at the server.
func diverted(t *testing.T, s *httptest.Server) *http.Transport {
	t.Helper()
	out := s.Client().Transport.(*http.Transport).Clone()
	if s.TLS != nil {
		out.TLSClientConfig.ServerName = "example.com" // whom the server's certificate names
	}
	out.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, s.Listener.Addr().String())
	}
	t.Cleanup(out.CloseIdleConnections)
	return out
}

// mute is a transport to servers that accept a connection and never answer, for
// a bubble of synctest, in which sockets would not be waited for.
func mute(t *testing.T) *http.Transport {
	t.Helper()
	out := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, there) }()
		return here, nil
	}}
	t.Cleanup(out.CloseIdleConnections)
	return out
}

// divert has everything that does not bring its own transport find every host at
// the server: this is how Google's own addresses are met here.
func divert(t *testing.T, s *httptest.Server) {
	t.Helper()
	before := http.DefaultTransport
	http.DefaultTransport = diverted(t, s)
	t.Cleanup(func() { http.DefaultTransport = before })
}

// silent fails the test if an error holds a secret.
func silent(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Error("no error")
	} else if strings.Contains(err.Error(), secret) {
		t.Errorf("an error tells the secret: %v", err)
	}
}
