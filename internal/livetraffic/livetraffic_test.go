package livetraffic

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock"
)

// brief is a mix whose requests take no time; each test says who is at work.
var brief = Mix{Lasts: 20 * time.Millisecond, Every: 5 * time.Millisecond, Pause: time.Millisecond, Stays: 20 * time.Millisecond}

// served is what a good revision answers, before and after what a test breaks.
func served(w http.ResponseWriter, body string) {
	w.Header().Set("X-Revision", "api-1")
	_, _ = fmt.Fprint(w, body)
}

const good = `{"revision":"api-1"}`

// hangUp closes the connection of a request without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func event(n int, kind string) string {
	return fmt.Sprintf("event: %s\nid: %d\ndata: {\"revision\":\"api-1\"}\n\n", kind, n)
}

// talk accepts a websocket and hands it over; what it returns is how it ends.
func talk(say func(ctx context.Context, c *websocket.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Revision", "api-1")
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow() //nolint:errcheck // it is how this one ends
		say(r.Context(), c)
	}
}

func send(ctx context.Context, c *websocket.Conn, text string) {
	_ = c.Write(ctx, websocket.MessageText, []byte(text))
}

// Every way in which a request can go wrong is counted, and as what it is.
func TestWhatCountsAsFailed(t *testing.T) {
	for name, tt := range map[string]struct {
		kind    Kind
		answers http.HandlerFunc
		want    Cause
	}{
		"a server error":            {Short, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, BadStatus},
		"no instance":               {Long, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, BadStatus},
		"a redirect":                {Short, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, BadStatus},
		"hung up before the answer": {Short, hangUp, NoAnswer},
		"a long one hung up":        {Long, hangUp, NoAnswer},
		"nobody says who answers":   {Short, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, good) }, WrongAnswer},
		"another one answers":       {Short, func(w http.ResponseWriter, _ *http.Request) { served(w, `{"revision":"api-2"}`) }, WrongAnswer},
		"not what was asked for":    {Short, func(w http.ResponseWriter, _ *http.Request) { served(w, "<html>") }, WrongAnswer},
		"a body without its end":    {Short, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "99"); served(w, good) }, CutShort},
		"a stream without its end":  {Stream, func(w http.ResponseWriter, _ *http.Request) { served(w, event(0, "tick")+event(1, "tick")) }, CutShort},
		"a stream that is cut":      {Stream, func(w http.ResponseWriter, r *http.Request) { served(w, event(0, "tick")); flush(w); hangUp(w, r) }, CutShort},
		"a stream with a gap":       {Stream, func(w http.ResponseWriter, _ *http.Request) { served(w, event(0, "tick")+event(2, "done")) }, WrongAnswer},
		"a stream of another": {Stream, func(w http.ResponseWriter, _ *http.Request) {
			served(w, strings.ReplaceAll(event(0, "done"), "api-1", "api-2"))
		}, WrongAnswer},
		"a stream that is refused":    {Stream, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, BadStatus},
		"a websocket that is refused": {Socket, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, BadStatus},
		"a websocket hung up":         {Socket, hangUp, NoAnswer},
		"a websocket cut at once":     {Socket, talk(func(context.Context, *websocket.Conn) {}), CutShort},
		"a websocket cut later": {Socket, talk(func(ctx context.Context, c *websocket.Conn) {
			send(ctx, c, "api-1")
			_, _, _ = c.Read(ctx)
		}), CutShort},
		"a websocket closed by the server": {Socket, talk(func(ctx context.Context, c *websocket.Conn) {
			send(ctx, c, "api-1")
			_ = c.Close(websocket.StatusGoingAway, "shutting down")
		}), CutShort},
		"a websocket of another":  {Socket, talk(func(ctx context.Context, c *websocket.Conn) { send(ctx, c, "api-2") }), WrongAnswer},
		"a visit that is refused": {Visit, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, BadStatus},
		"a visit without cookies": {Visit, eitherOf(false), WrongAnswer},
		"a websocket that babbles": {Socket, talk(func(ctx context.Context, c *websocket.Conn) {
			send(ctx, c, "api-1")
			send(ctx, c, "hello?")
			_, _, _ = c.Read(ctx)
		}), WrongAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(tt.answers)
			defer server.Close()
			u := newUser(server.URL, brief, clock.System{})
			defer u.leave()
			_, err := u.request(t.Context(), tt.kind, 0)
			if err == nil || causeOf(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// eitherOf is two revisions that answer in turn. Where they are sticky, who has
// been answered by one stays there.
func eitherOf(sticky bool) http.HandlerFunc {
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		name := fmt.Sprintf("api-%d", n%2)
		if c, err := r.Cookie("at"); err == nil && sticky {
			name = c.Value
		} else {
			n++
		}
		http.SetCookie(w, &http.Cookie{Name: "at", Value: name})
		w.Header().Set("X-Revision", name)
		_, _ = fmt.Fprintf(w, `{"revision":%q}`, name)
	}
}

// A visit keeps its cookies to its end, and no longer: the next one is somebody else.
func TestVisitKeepsItsCookies(t *testing.T) {
	server := httptest.NewServer(eitherOf(true))
	defer server.Close()
	u := newUser(server.URL, brief, clock.System{})
	defer u.leave()
	seen := Revisions{}
	for range 2 {
		at, err := u.request(t.Context(), Visit, 0)
		if err != nil {
			t.Fatal(err)
		}
		seen[at]++
	}
	if len(seen) != 2 {
		t.Errorf("visits were all at one: %v", seen)
	}
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

func TestRefusedConnection(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	for _, kind := range Kinds() {
		u := newUser(server.URL, brief, clock.System{})
		if _, err := u.request(t.Context(), kind, 0); err == nil || causeOf(err) != NoAnswer {
			t.Errorf("%s: got %v, want %s", kind, err, NoAnswer)
		}
	}
}

// Go's client repeats a GET whose kept connection is closed on it, and says
// nothing. We do.
func TestSilentRepetitionCounts(t *testing.T) {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests++; requests == 2 {
			hangUp(w, r)
		}
		served(w, good)
	}))
	defer server.Close()
	u := newUser(server.URL, brief, clock.System{})
	defer u.leave()
	if _, err := u.request(t.Context(), Short, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := u.request(t.Context(), Short, 0); err == nil || causeOf(err) != SentAgain {
		t.Errorf("got %v after %d requests, want %s", err, requests, SentAgain)
	}
}

// shop answers all kinds well; what it has begun can be counted.
func shop() *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { served(w, good) })
	mux.HandleFunc("/long", func(w http.ResponseWriter, r *http.Request) {
		_ = clock.System{}.Sleep(r.Context(), brief.Lasts)
		served(w, good)
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		served(w, event(0, "tick"))
		flush(w)
		_ = clock.System{}.Sleep(r.Context(), brief.Lasts)
		_, _ = fmt.Fprint(w, event(1, "done"))
	})
	mux.HandleFunc("/ws", talk(func(ctx context.Context, c *websocket.Conn) {
		send(ctx, c, "api-1")
		for {
			kind, text, err := c.Read(ctx)
			if err != nil || c.Write(ctx, kind, text) != nil {
				return
			}
		}
	}))
	return httptest.NewServer(mux)
}

func everyone() Mix {
	m := brief
	m.Short, m.Long, m.Streams, m.Sockets, m.Visits = 2, 2, 2, 2, 2
	return m
}

// Stop abandons nothing, and every request that was started is in one bucket.
func TestEveryRequestIsCounted(t *testing.T) {
	server := shop()
	defer server.Close()
	l := Start(t.Context(), server.URL, everyone(), clock.System{})
	for !enough(l.Report(), 5) {
		_ = clock.System{}.Sleep(t.Context(), time.Millisecond)
	}
	r := l.Stop()
	for _, k := range Kinds() {
		c := r.ByKind[k]
		if c.Started != c.Served || c.Served < 5 {
			t.Errorf("%s: %+v", k, c)
		}
	}
	if r.ShortBy["api-1"] != r.ByKind[Short].Served || r.ShortBy.Share("api-1") != 100 {
		t.Errorf("short ones were served by %v", r.ShortBy)
	}
	if again := l.Stop().Total(); again != r.Total() || t.Failed() {
		t.Errorf("%s", r)
	}
}

func enough(r Report, n int) bool {
	for _, k := range Kinds() {
		if r.ByKind[k].Served < n {
			return false
		}
	}
	return true
}

// A load that is broken off abandons what is under way, and says so.
func TestBreakingOff(t *testing.T) {
	silent := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-silent }))
	defer server.Close()
	defer close(silent)
	ctx, breakOff := context.WithCancel(t.Context())
	l := Start(ctx, server.URL, everyone(), clock.System{})
	for l.Report().Total().Started < 10 {
		_ = clock.System{}.Sleep(t.Context(), time.Millisecond)
	}
	if c := l.Report().Total(); c.UnderWay() != 10 {
		t.Errorf("under way are %d of %+v", c.UnderWay(), c)
	}
	breakOff()
	if c := l.Stop().Total(); c.Abandoned != 10 || c.UnderWay() != 0 {
		t.Errorf("%+v", c)
	}
}

func TestReportInWords(t *testing.T) {
	var y tally
	for range 1234 {
		y.start(Short)
		y.end(Short, "api-1", nil, false)
	}
	for _, err := range []error{failed(NoAnswer, "connection reset"), failed(BadStatus, "answered 503"), failed(BadStatus, "answered 503"), failed(BadStatus, "answered 503")} {
		y.start(Long)
		y.end(Long, "api-2", err, false)
	}
	y.start(Stream)
	y.start(Socket)
	y.end(Socket, "", context.Canceled, true)
	const want = `short      1,234 served, 0 failed
long           0 served, 4 failed; bad status: 3; no answer: 1
stream         0 served, 0 failed, 1 under way
socket         0 served, 0 failed, 1 abandoned
  long of api-2: no answer: connection reset
  long of api-2: bad status: answered 503
  long of api-2: bad status: answered 503
`
	if got := y.report().String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestShares(t *testing.T) {
	before := Revisions{"a": 100, "b": 1}
	now := Revisions{"a": 190, "b": 11, "c": 0}.Since(before)
	if now["a"] != 90 || now["b"] != 10 || len(now) != 2 || now.Share("b") != 10 || now.Total() != 100 {
		t.Errorf("got %v", now)
	}
	if (Revisions{}).Share("a") != 0 {
		t.Error("a share of nothing")
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := Grouped(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
