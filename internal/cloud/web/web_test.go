package web_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
)

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		taken  web.Statuses
		says   string
		yes    []int
		refuse []int
	}{
		{nil, "2xx", []int{200, 204, 299}, []int{199, 300, 404, 500}},
		{web.Statuses{404}, "404", []int{404}, []int{200}},
		{web.Statuses{200, 401}, "200 or 401", []int{200, 401}, []int{204, 403}},
	} {
		if got := c.taken.String(); got != c.says {
			t.Errorf("%v says %q, want %q", []int(c.taken), got, c.says)
		}
		for _, code := range c.yes {
			if !c.taken.Accept(code) {
				t.Errorf("%s does not take %d", c.says, code)
			}
		}
		for _, code := range c.refuse {
			if c.taken.Accept(code) {
				t.Errorf("%s takes %d", c.says, code)
			}
		}
	}
}

func TestShown(t *testing.T) {
	at, err := url.Parse("https://user:s3cret@api.example.com/ready?key=s3cret#s3cret")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := web.Shown(at), "https://api.example.com/ready"; got != want {
		t.Errorf("shown as %q, want %q", got, want)
	}
}

// Each way of getting no answer, by real requests.
func TestReason(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-r.Context().Done()
		case "/hangs-up":
			panic(http.ErrAbortHandler)
		case "/half":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half") // then the handler ends, and the connection with it
		case "/elsewhere":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}
	}))
	defer plain.Close()
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	defer tls.Close()
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()

	for want, at := range map[string]string{
		"nothing came within 5s":       plain.URL + "/slow?key=s3cret",
		"the connection was refused":   "http://" + closed.Addr().String() + "/?key=s3cret",
		"its certificate is not valid": tls.URL + "/?key=s3cret",
		"it does not speak TLS":        strings.Replace(plain.URL, "http://", "https://", 1) + "/?key=s3cret",
		"the connection was cut":       plain.URL + "/hangs-up?key=s3cret",
		"the request failed":           plain.URL + "/elsewhere?key=s3cret",
	} {
		t.Run(want, func(t *testing.T) {
			err := get(t, at)
			if err == nil {
				t.Fatal("it answered")
			}
			if got := web.Reason(err, 5*time.Second); got != want {
				t.Errorf("%v is called %q", err, got)
			}
		})
	}
	t.Run("half an answer", func(t *testing.T) {
		if got := web.Reason(get(t, plain.URL+"/half"), time.Second); got != "the connection was cut" {
			t.Errorf("it is called %q", got)
		}
	})
}

// What no server here can bring about.
func TestReasonsAreOurOwn(t *testing.T) {
	for want, err := range map[string]error{
		"its host name is not known here": &url.Error{Op: "Get", URL: "https://x?key=s3cret", Err: &net.DNSError{Name: "x", IsNotFound: true}},
		"nothing came within 1s":          &url.Error{Op: "Get", URL: "https://x?key=s3cret", Err: &net.DNSError{Name: "x", IsTimeout: true}},
		"the connection was cut":          &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		"the request failed":              errors.New("malformed HTTP response \"key=s3cret\""),
	} {
		if got := web.Reason(err, time.Second); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

// get asks once, and reads the whole answer. What never answers is given up.
func get(t *testing.T, at string) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if strings.Contains(at, "/slow") {
		var giveUp context.CancelFunc
		ctx, giveUp = context.WithTimeout(ctx, time.Millisecond)
		defer giveUp()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	return err
}
