package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

// app is the sample application that every image contains.
//
//	/                 and any other path: JSON {service, revision, version, body}, status 200 or, by ErrorShare, 500
//	/healthz          "ok", or 503 when unhealthy
//	/api/v1/health    JSON {"status":"ok"}, or 503 {"status":"down"}
//	/long?ms=5000     answers after that long
//	/events?ms=2000&every=100   server-sent events for that long and a final event "done"
//	/ws               a websocket that echoes; its first message names the revision
//	POST /login       JSON {user, password}: a session, as cookie "session" and at data.token; 401 with another password than Password
//	/account          whose session it is, by cookie or bearer token; else 401
//	/keyed            200 with the X-Api-Key of its behaviour; else 401
//	/env              the names, never the values, of the environment variables
//
// Every answer carries X-Revision.
type app struct {
	service, revision       string
	serviceUID, revisionUID string
	behaviour               *behaviour
	env                     []string
	write                   func(severity, text string) // to stderr, as it were
}

func newApp(r *revision, write func(*revision, string, string)) http.Handler {
	a := &app{service: r.service.id, revision: r.id, serviceUID: r.service.uid, revisionUID: r.uid, behaviour: r.behaviour}
	a.write = func(severity, text string) { write(r, severity, text) }
	a.env = []string{"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"}
	for _, e := range ingress(r.template).GetEnv() {
		a.env = append(a.env, e.GetName())
	}
	slices.Sort(a.env)
	return a.handler()
}

// App is the sample application by itself, as revision: a real server for whoever
// emulates another platform. What it writes to stderr goes nowhere. behave changes
// its behaviour.
func App(revision string, b Behaviour) (handler http.Handler, behave func(Behaviour)) {
	a := &app{revision: revision, revisionUID: revision, behaviour: newBehaviour(b), write: func(string, string) {}}
	return a.handler(), a.behaviour.put
}

func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", a.index)
	mux.HandleFunc("/healthz", a.healthz)
	mux.HandleFunc("/api/v1/health", a.health)
	mux.HandleFunc("/long", a.long)
	mux.HandleFunc("/events", a.events)
	mux.HandleFunc("/ws", a.echo)
	mux.HandleFunc("POST /login", a.login)
	mux.HandleFunc("/account", a.account)
	mux.HandleFunc("/keyed", a.keyed)
	mux.HandleFunc("/env", func(w http.ResponseWriter, _ *http.Request) { a.json(w, http.StatusOK, a.env) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Revision", a.revision)
		mux.ServeHTTP(w, r)
	})
}

func (a *app) json(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // an error here means that the client has gone
}

func (a *app) index(w http.ResponseWriter, r *http.Request) {
	b := a.behaviour.get()
	fails := a.behaviour.fails()
	a.take(r, b.Latency)
	if severity, text, writes := a.behaviour.writes(); writes {
		a.write(severity, text)
	}
	code := http.StatusOK
	if fails {
		code = http.StatusInternalServerError
	}
	a.json(w, code, map[string]string{"service": a.service, "revision": a.revision, "version": b.Version, "body": b.Body})
}

// take spends time on a request. One that is cut meanwhile gets no answer at all.
func (a *app) take(r *http.Request, d time.Duration) {
	if pause(r.Context(), d) != nil {
		panic(http.ErrAbortHandler)
	}
}

func (a *app) healthz(w http.ResponseWriter, _ *http.Request) {
	if a.behaviour.get().Unhealthy {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	_, _ = fmt.Fprintln(w, "ok")
}

func (a *app) health(w http.ResponseWriter, _ *http.Request) {
	b := a.behaviour.get()
	code, text := http.StatusOK, "ok"
	if b.Unhealthy {
		code, text = http.StatusServiceUnavailable, "down"
	}
	a.json(w, code, map[string]string{"status": text, "revision": a.revision, "version": b.Version})
}

func (a *app) long(w http.ResponseWriter, r *http.Request) {
	d := millis(r, "ms", 5000)
	a.take(r, d)
	a.json(w, http.StatusOK, map[string]string{"service": a.service, "revision": a.revision, "took": d.String()})
}

func (a *app) events(w http.ResponseWriter, r *http.Request) {
	total, period := millis(r, "ms", 2000), millis(r, "every", 100)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	out := http.NewResponseController(w)
	send := func(event string, n int) bool {
		_, err := fmt.Fprintf(w, "event: %s\nid: %d\ndata: {\"revision\":%q}\n\n", event, n, a.revision)
		return err == nil && out.Flush() == nil
	}
	last := int(total / max(period, time.Millisecond))
	every(r.Context(), period, func(n int) bool {
		if n >= last {
			send("done", n)
			return false
		}
		return send("tick", n)
	})
}

func (a *app) echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // Accept has answered
	}
	defer c.CloseNow() //nolint:errcheck // nothing is left to tell the client
	ctx := r.Context()
	if c.Write(ctx, websocket.MessageText, []byte(a.revision)) != nil {
		return
	}
	for {
		kind, data, err := c.Read(ctx)
		if err != nil {
			return
		}
		if c.Write(ctx, kind, data) != nil {
			return
		}
	}
}

// millis reads a number of milliseconds from the query.
func millis(r *http.Request, name string, otherwise int) time.Duration {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 0 {
		n = otherwise
	}
	return time.Duration(n) * time.Millisecond
}
