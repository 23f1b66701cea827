package queuedrained

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases/databasestest"
)

// TestAddresses are the ways in which a server is named, and those in which it is
// not reached.
func TestAddresses(t *testing.T) {
	w := newWorld(t)
	const drained = "passed: nothing is left of any job: jobs"
	keys := []any{"jobs"}
	_, port, err := net.SplitHostPort(w.redis.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("OF_REDIS", w.redis.URL(w.user, password, w.db))
	t.Setenv("PASSWORD_OF_REDIS", password)
	t.Setenv("NOT_SET", " ")
	t.Setenv("TLS_OF_REDIS", strings.Replace(strings.Replace(w.redis.URL(w.user, password, w.db), "redis:", "rediss:", 1), w.redis.Addr(), w.redis.Encrypted(), 1))
	t.Setenv("NO_URL", "http://s3cr")
	t.Setenv("OTHER", w.redis.URL(w.user, "s3cr", w.db))
	t.Setenv("BEYOND", w.redis.URL(w.user, password, 9999))
	elsewhere := ""
	if at := w.redis.Elsewhere(); at != "" {
		elsewhere, _, _ = net.SplitHostPort(at)
		t.Setenv("PLAIN", strings.Replace(w.redis.URL(w.user, password, w.db), "127.0.0.1", elsewhere, 1))
	}
	for name, c := range map[string]struct {
		block values
		want  string
	}{
		"a variable":              {values{"url_env": "OF_REDIS", "keys": keys}, drained},
		"a URL":                   {values{"url_wo": w.redis.URL(w.user, password, w.db), "keys": keys}, drained},
		"the number beside":       {values{"url_wo": strings.TrimSuffix(w.redis.URL(w.user, password, 0), "/0") + "?ssl_cert_reqs=none&db=2", "keys": keys}, drained},
		"parts":                   {w.at(w.redis.Addr(), values{"keys": keys, "password_wo": nil, "password_env": "PASSWORD_OF_REDIS"}), drained},
		"TLS":                     {w.at(w.redis.Encrypted(), values{"keys": keys, "tls": true, "ca_certificate": w.redis.CA()}), drained},
		"TLS of a URL":            {values{"url_env": "TLS_OF_REDIS", "keys": keys, "ca_certificate": w.redis.CA()}, drained},
		"nobody vouches":          {values{"url_env": "TLS_OF_REDIS", "keys": keys}, "skipped: it could not be asked: its certificate is not valid"},
		"TLS where there is none": {w.at(w.redis.Addr(), values{"keys": keys, "tls": true, "timeout": "200ms"}), "skipped: it could not be asked: it says nothing to who begins with TLS, as a Redis without TLS does"},
		"none where there is":     {w.at(w.redis.Encrypted(), values{"keys": keys}), "skipped: it could not be asked: the connection was cut"},
		"an empty variable":       {values{"url_env": "NOT_SET", "keys": keys}, "skipped: url_env names NOT_SET, which is empty here"},
		"an empty password":       {w.at(w.redis.Addr(), values{"keys": keys, "password_wo": nil, "password_env": "NOT_SET"}), "skipped: password_env names NOT_SET, which is empty here"},
		"no URL":                  {values{"url_env": "NO_URL", "keys": keys}, "skipped: what NO_URL holds is no address of one Redis server"},
		"no URL in there":         {values{"url_wo": "s3cr", "keys": keys}, "skipped: what url_wo holds is no address of one Redis server"},
		"another password":        {values{"url_env": "OTHER", "keys": keys}, "skipped: it refuses the user or the password"},
		"nobody":                  {w.at(w.redis.Addr(), values{"keys": keys, "password_wo": nil, "database": nil}), "skipped: it wants a password, and was given none"},
		"the default user":        {w.at(w.redis.Addr(), values{"keys": keys, "user": nil}), "skipped: it refuses the user or the password"},
		"another database":        {values{"url_env": "BEYOND", "keys": keys}, "skipped: it has no database of that number"},
		"nobody listens":          {w.at("127.0.0.1:1", values{"keys": keys}), "skipped: it could not be asked: the connection was refused"},
		"no such host":            {w.at("redis.invalid:6379", values{"keys": keys}), "skipped: it could not be asked: its host name is not known here"},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.T = t
			preflighttest.Expect(t, w.runs(c.block), c.want)
		})
	}
	if elsewhere != "" {
		preflighttest.Expect(t, w.runs(values{"url_env": "PLAIN", "keys": keys}), drained+"; the connection is not encrypted")
		preflighttest.Expect(t, w.runs(w.at(net.JoinHostPort(elsewhere, port), values{"keys": keys, "timeout": "200ms"})), "skipped: it could not be asked: it says nothing to who begins with TLS, as a Redis without TLS does")
	}
}

// TestAnswers are those of servers that are busy, or others than they should be.
func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct{ says, want string }{
		"it loads":         {"-LOADING Redis is loading the dataset in memory\r\n", "skipped: it answers nobody now: it loads its data, or a script runs, or it has lost its primary"},
		"of a cluster":     {"-MOVED 3999 s3cr.example.com:6381\r\n", "skipped: it is part of a Redis Cluster, in which queues cannot be read at one moment"},
		"an unknown error": {"-ERR unknown command s3cr\r\n", "skipped: it answered multi with an error"},
		"no number":        {"+list\r\n+s3cr\r\n", "skipped: it could not be asked: what answers there does not speak as Redis does"},
		"a page":           {"HTTP/1.1 400 s3cr\r\n\r\n", "skipped: it could not be asked: what answers there does not speak as Redis does"},
		"nothing":          {"", "skipped: it could not be asked: the connection was cut"},
	} {
		t.Run(name, func(t *testing.T) {
			path := databasestest.Through(t, "", databasestest.Saying(c.says))
			found := open(t, values{"url_wo": "redis://" + path.Addr, "keys": []any{"jobs"}}).Run(t.Context(), nil, nil)
			preflighttest.Expect(t, found, c.want)
		})
	}
}

func open(t *testing.T, block values) rollout.Check {
	t.Helper()
	check, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), block), nil)
	if err != nil {
		t.Fatal(err)
	}
	return check
}

// FuzzAddress: whatever a variable holds, nothing panics, and what is read is one
// host.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"redis://u:p@h:1/2", "rediss://h", "redis://:p@[::1]:6379/0?db=3", "unix:///tmp/s", "redis://h:99999999999/1", "redis://h/-1", "%", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, ok := parse(text)
		if ok && (s.host == "" || s.database < 0) {
			t.Errorf("%q is %+v", text, s)
		}
	})
}

func TestValidate(t *testing.T) {
	host := func(more values) values {
		out := values{"host": "redis.example.com", "keys": []any{"jobs"}}
		for name, v := range more {
			if v == nil {
				delete(out, name)
				continue
			}
			out[name] = v
		}
		return out
	}
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"a host":                 {host(nil), nil},
		"a variable":             {values{"url_env": "REDIS_URL", "sidekiq": []any{values{}}}, nil},
		"unknown":                {values{"host": preflighttest.Unknown, "keys": []any{preflighttest.Unknown}}, nil},
		"no address":             {values{"keys": []any{"jobs"}}, []string{""}},
		"two addresses":          {host(values{"url_env": "REDIS_URL"}), []string{""}},
		"a URL for a variable":   {values{"url_env": "redis://:s3cr@h", "keys": []any{"jobs"}}, []string{""}},
		"a password for one":     {host(values{"password_env": "pass word"}), []string{""}},
		"parts beside a URL":     {values{"url_env": "REDIS_URL", "database": 3, "tls": true, "keys": []any{"jobs"}}, []string{"database", "tls"}},
		"a password beside it":   {values{"url_env": "REDIS_URL", "password_wo": "s3cr", "keys": []any{"jobs"}}, []string{""}},
		"two passwords":          {host(values{"password_env": "P", "password_wo": "s3cr"}), []string{"password_env"}},
		"no time":                {host(values{"timeout": "2h"}), []string{"timeout"}},
		"no certificate":         {host(values{"ca_certificate": "x"}), []string{"ca_certificate"}},
		"nothing to look at":     {host(values{"keys": nil}), []string{""}},
		"no keys":                {host(values{"keys": []any{}}), []string{"keys"}},
		"an empty key":           {host(values{"keys": []any{"a", ""}}), []string{"keys"}},
		"no classes":             {host(values{"sidekiq": []any{values{"classes": []any{}}}}), []string{"sidekiq"}},
		"Celery without a queue": {host(values{"celery": []any{values{}}}), []string{"celery"}},
		"a stream":               {host(values{"keys": nil, "stream": []any{values{"key": "a", "group": "b"}}}), nil},
	})
}

func TestParse(t *testing.T) {
	for text, want := range map[string]server{
		"redis://h":                        {host: "h", port: 6379},
		"rediss://u:p%40@h:7/3":            {host: "h", port: 7, user: "u", password: "p@", database: 3, encrypted: true},
		"redis://:p@[::1]:6380/":           {host: "::1", port: 6380, password: "p"},
		"redis://h/1?db=4&ssl_cert_reqs=x": {host: "h", port: 6379, database: 4},
	} {
		if got, ok := parse(text); !ok || got != want {
			t.Errorf("%s: %+v, %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "h:6379", "unix:///tmp/redis.sock", "sentinel://h:26379", "redis://", "redis://h/x", "redis://h/-1", "redis://h:port", url.QueryEscape("redis://h")} {
		if got, ok := parse(text); ok {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

// Harness.

func TestExam(t *testing.T) {
	t.Run("server", func(t *testing.T) { databasestest.Redis(t) })
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness {
		w := newWorld(t)
		w.enqueue("default", job1("NewJob", "default"))
		w.path = databasestest.Through(t, w.redis.Addr(), nil)
		return w
	})
}

// Open implements preflighttest.Harness.
func (w *world) Open(t *testing.T) rollout.Check {
	t.Helper()
	w.before, w.seeded = w.writes(), true
	return w.open(w.at(w.path.Addr, inside("sidekiq", values{"classes": []any{"OldJob"}})))
}

// Become implements preflighttest.Harness.
func (w *world) Become(t *testing.T, s preflighttest.State) bool {
	t.Helper()
	switch s {
	case preflighttest.Missing:
		w.enqueue("default", job1("OldJob", "default"))
	case preflighttest.Denied:
		w.may(strings.Replace(allowed, "+lrange", "", 1))
	case preflighttest.Babbles:
		w.path = databasestest.Through(t, "", databasestest.Saying("-ERR s3cr of somebody else\r\n"))
	case preflighttest.Hangs:
		w.path = databasestest.Through(t, "", databasestest.Silent)
	case preflighttest.Busy:
		return false
	case preflighttest.Good:
	}
	return true
}

// Subjects implements preflighttest.Harness.
func (w *world) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{}, &rollout.Subject{}
}

// Permission implements preflighttest.Harness.
func (w *world) Permission() string { return "lrange" }

// Calls implements preflighttest.Harness.
func (w *world) Calls() int { return w.path.Calls() }

// Writes implements preflighttest.Harness.
func (w *world) Writes() int {
	if !w.seeded {
		return 0
	}
	return w.writes() - w.before
}

// Secrets implements preflighttest.Harness.
func (w *world) Secrets() []string { return []string{password, "s3cr"} }
