package livetraffic

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// patience is how long a user waits for the end of a request, beyond what it is
// meant to take. Then it counts as not answered.
const patience = 30 * time.Second

// user has a browser of its own: its connections are nobody else's.
type user struct {
	url    string
	mix    Mix
	clock  rollout.Clock
	wires  *http.Transport
	client *http.Client
}

func newUser(url string, mix Mix, clock rollout.Clock) *user {
	wires := &http.Transport{}
	return &user{url: url, mix: mix, clock: clock, wires: wires, client: &http.Client{
		Transport:     wires,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (u *user) leave() { u.wires.CloseIdleConnections() }

// request makes one request of a kind, and returns who served it. Its error
// says why it counts as failed.
func (u *user) request(ctx context.Context, kind Kind, n int) (revision string, err error) {
	ctx, cancel := context.WithTimeout(ctx, u.mix.Stays+u.mix.Lasts+patience)
	defer cancel()
	switch kind {
	case Long:
		return u.long(ctx)
	case Stream:
		return u.stream(ctx)
	case Socket:
		return u.socket(ctx)
	case Visit:
		return u.visit(ctx)
	case Short:
	}
	return u.short(ctx, n)
}

// watched returns a context for one exchange over HTTP, and what says afterwards
// whether it went over more than one connection.
func watched(ctx context.Context) (context.Context, func() error) {
	connections := 0
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connections++ }})
	return ctx, func() error {
		if connections > 1 {
			return failed(SentAgain, "the request went over %d connections", connections)
		}
		return nil
	}
}

func (u *user) short(ctx context.Context, n int) (string, error) {
	if n%2 == 0 {
		return u.ask(ctx, http.MethodGet, "/products", "")
	}
	return u.ask(ctx, http.MethodPost, "/checkout", "one of each, please")
}

func (u *user) long(ctx context.Context) (string, error) {
	return u.ask(ctx, http.MethodGet, fmt.Sprintf("/long?ms=%d", u.mix.Lasts.Milliseconds()), "")
}

// visit asks for pages with the cookies that it is given, and at last for one that
// takes long.
func (u *user) visit(ctx context.Context) (string, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", failed(NoAnswer, "a visit: %w", err)
	}
	u.client.Jar = jar
	began, end := "", u.clock.Now().Add(u.mix.Stays)
	for n, more := 0, true; more; n++ {
		page := func() (string, error) { return u.short(ctx, n) }
		if more = u.clock.Now().Before(end); !more {
			page = func() (string, error) { return u.long(ctx) }
		}
		revision, err := page()
		if err != nil {
			return revision, err
		}
		if began = cmp.Or(began, revision); revision != began {
			return revision, failed(WrongAnswer, "a visit that began at %s was taken to %s with page %d", began, revision, n)
		}
		if err := u.clock.Sleep(ctx, u.mix.Every); err != nil {
			return revision, failed(NoAnswer, "a visit after page %d: %w", n, err)
		}
	}
	return began, nil
}

// open sends a request, and returns its answer if that is a good one so far.
func (u *user) open(ctx context.Context, method, path, body string) (*http.Response, string, error) {
	ctx, again := watched(ctx)
	req, err := http.NewRequestWithContext(ctx, method, u.url+path, strings.NewReader(body))
	if err != nil {
		return nil, "", failed(NoAnswer, "%w", err)
	}
	resp, err := u.client.Do(req)
	if err != nil {
		return nil, "", failed(NoAnswer, "%w", err)
	}
	revision := resp.Header.Get("X-Revision")
	switch {
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		err = failed(BadStatus, "%s %s answered %s", method, path, resp.Status)
	case revision == "":
		err = failed(WrongAnswer, "%s %s does not say which revision answers", method, path)
	default:
		err = again()
	}
	if err == nil {
		return resp, revision, nil
	}
	_, _ = io.Copy(io.Discard, resp.Body) // it has failed already; this keeps the connection
	_ = resp.Body.Close()
	return nil, revision, err
}

// ask makes a request that is answered in JSON.
func (u *user) ask(ctx context.Context, method, path, body string) (string, error) {
	resp, revision, err := u.open(ctx, method, path, body)
	if err != nil {
		return revision, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return revision, failed(CutShort, "%s %s: %w", method, path, err)
	}
	var answer struct{ Revision string }
	if err := json.Unmarshal(text, &answer); err != nil || answer.Revision != revision {
		return revision, failed(WrongAnswer, "%s %s of %s answered %q", method, path, revision, text)
	}
	return revision, nil
}

// stream reads events to the final one, and the stream to its end.
func (u *user) stream(ctx context.Context) (string, error) {
	path := fmt.Sprintf("/events?ms=%d&every=%d", u.mix.Lasts.Milliseconds(), u.mix.Every.Milliseconds())
	resp, revision, err := u.open(ctx, http.MethodGet, path, "")
	if err != nil {
		return revision, err
	}
	defer resp.Body.Close()
	events, done, event := 0, false, ""
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case field == "event":
			event = value
		case field == "id" && value != fmt.Sprint(events):
			return revision, failed(WrongAnswer, "event %s came in place of %d", value, events)
		case field == "data" && value != fmt.Sprintf(`{"revision":%q}`, revision):
			return revision, failed(WrongAnswer, "a stream of %s sent %s", revision, value)
		case field == "":
			events, done = events+1, done || event == "done"
		}
	}
	switch {
	case lines.Err() != nil:
		return revision, failed(CutShort, "a stream after %d events: %w", events, lines.Err())
	case !done:
		return revision, failed(CutShort, "a stream ended after %d events without its final one", events)
	}
	return revision, nil
}

// socket sends messages for a while, reads each of them back, and closes the
// websocket in order.
func (u *user) socket(ctx context.Context) (string, error) {
	once, again := watched(ctx)
	c, resp, err := websocket.Dial(once, "ws"+strings.TrimPrefix(u.url, "http")+"/ws", &websocket.DialOptions{HTTPClient: u.client}) //nolint:bodyclose // it is the websocket, or has been read
	switch {
	case err != nil && resp != nil:
		return resp.Header.Get("X-Revision"), failed(BadStatus, "a websocket was answered %s: %w", resp.Status, err)
	case err != nil:
		return "", failed(NoAnswer, "a websocket: %w", err)
	}
	defer c.CloseNow() //nolint:errcheck // after an orderly end there is nothing to close, and otherwise nobody to tell
	revision := resp.Header.Get("X-Revision")
	if err := again(); err != nil {
		return revision, err
	}
	said, err := read(ctx, c)
	if err != nil {
		return revision, failed(CutShort, "a websocket before its first message: %w", err)
	}
	if said == "" || said != revision {
		return revision, failed(WrongAnswer, "a websocket to %q begins with %q", revision, said)
	}
	for n, end := 0, u.clock.Now().Add(u.mix.Lasts); u.clock.Now().Before(end); n++ {
		sent := fmt.Sprintf("message %d", n)
		if err := c.Write(ctx, websocket.MessageText, []byte(sent)); err != nil {
			return revision, failed(CutShort, "a websocket at its message %d: %w", n, err)
		}
		echo, err := read(ctx, c)
		if err != nil {
			return revision, failed(CutShort, "a websocket at its message %d: %w", n, err)
		}
		if echo != sent {
			return revision, failed(WrongAnswer, "a websocket answered %q to %q", echo, sent)
		}
		if err := u.clock.Sleep(ctx, u.mix.Every); err != nil {
			return revision, failed(NoAnswer, "a websocket at its message %d: %w", n, err)
		}
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		return revision, failed(CutShort, "a websocket while it was closed: %w", err)
	}
	return revision, nil
}

func read(ctx context.Context, c *websocket.Conn) (string, error) {
	kind, data, err := c.Read(ctx)
	if err == nil && kind != websocket.MessageText {
		err = errors.New("a message is not text")
	}
	return string(data), err
}
