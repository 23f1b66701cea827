package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
)

// Ways for a start to fail; any other non-empty FailStart means FailListen.
const (
	FailListen = "listen" // the container ends, or never listens on its port
	FailProbe  = "probe"  // it listens and its startup probe fails
)

// A Behaviour says how the sample app in an image behaves. In an image it
// stands as environment variables in the config; environment variables of the
// same names on a revision override the image's.
type Behaviour struct {
	ErrorShare float64       // SANDBOX_ERROR_SHARE: this share of normal requests answers 500, evenly spread
	Latency    time.Duration // SANDBOX_LATENCY: every normal request takes this long
	FailStart  string        // SANDBOX_FAIL_START: FailListen or FailProbe; the revision never becomes ready
	StartDelay time.Duration // SANDBOX_START_DELAY: becoming ready takes this much longer, by the sandbox's clock
	Version    string        // SANDBOX_VERSION: shown in every answer
	Body       string        // SANDBOX_BODY: shown in every answer as "body"
	NeedEnv    []string      // SANDBOX_NEED_ENV, comma-separated: the start fails if one of these variables is absent
	Unhealthy  bool          // SANDBOX_UNHEALTHY: /healthz and /api/v1/health answer 503
	CPU        float64       // SANDBOX_CPU: its instance uses this share of its CPU, 0 to 1, while it serves
	Memory     float64       // SANDBOX_MEMORY: and this share of its memory
	LogShare   float64       // SANDBOX_LOG_SHARE: this share of normal requests writes Log, evenly spread
	Log        string        // SANDBOX_LOG: a severity and a text, such as "ERROR payment error"
	Exit       int           // SANDBOX_EXIT: as a job, each attempt of a task ends with this code
	Runs       time.Duration // SANDBOX_RUNS: as a job, each attempt takes this long, by the sandbox's clock
	Print      string        // SANDBOX_PRINT: as a job, each attempt writes these lines to stdout when it ends
	APIKey     string        // SANDBOX_API_KEY: /keyed answers requests with this X-Api-Key

	// ForgetsSessions (SANDBOX_FORGETS_SESSIONS): sessions that began at another
	// revision are unknown to this one.
	ForgetsSessions bool
}

// env is the behaviour as environment variables, without those at their zero value.
func (b Behaviour) env() []string {
	var out []string
	add := func(name, value string, set bool) {
		if set {
			out = append(out, name+"="+value)
		}
	}
	add("SANDBOX_ERROR_SHARE", strconv.FormatFloat(b.ErrorShare, 'g', -1, 64), b.ErrorShare != 0)
	add("SANDBOX_LATENCY", b.Latency.String(), b.Latency != 0)
	add("SANDBOX_FAIL_START", b.FailStart, b.FailStart != "")
	add("SANDBOX_START_DELAY", b.StartDelay.String(), b.StartDelay != 0)
	add("SANDBOX_VERSION", b.Version, b.Version != "")
	add("SANDBOX_BODY", b.Body, b.Body != "")
	add("SANDBOX_NEED_ENV", strings.Join(b.NeedEnv, ","), len(b.NeedEnv) > 0)
	add("SANDBOX_UNHEALTHY", "true", b.Unhealthy)
	add("SANDBOX_CPU", strconv.FormatFloat(b.CPU, 'g', -1, 64), b.CPU != 0)
	add("SANDBOX_MEMORY", strconv.FormatFloat(b.Memory, 'g', -1, 64), b.Memory != 0)
	add("SANDBOX_LOG_SHARE", strconv.FormatFloat(b.LogShare, 'g', -1, 64), b.LogShare != 0)
	add("SANDBOX_LOG", b.Log, b.Log != "")
	add("SANDBOX_EXIT", strconv.Itoa(b.Exit), b.Exit != 0)
	add("SANDBOX_RUNS", b.Runs.String(), b.Runs != 0)
	add("SANDBOX_PRINT", b.Print, b.Print != "")
	add("SANDBOX_API_KEY", b.APIKey, b.APIKey != "")
	add("SANDBOX_FORGETS_SESSIONS", "true", b.ForgetsSessions)
	return out
}

// settings are the names of the sample app's environment variables.
var settings = []string{
	"SANDBOX_ERROR_SHARE", "SANDBOX_LATENCY", "SANDBOX_FAIL_START", "SANDBOX_START_DELAY",
	"SANDBOX_VERSION", "SANDBOX_BODY", "SANDBOX_NEED_ENV", "SANDBOX_UNHEALTHY",
	"SANDBOX_CPU", "SANDBOX_MEMORY", "SANDBOX_LOG_SHARE", "SANDBOX_LOG",
	"SANDBOX_API_KEY", "SANDBOX_FORGETS_SESSIONS", "SANDBOX_EXIT", "SANDBOX_RUNS", "SANDBOX_PRINT",
}

func isSetting(name string) bool { return slices.Contains(settings, name) }

// set applies one environment variable; names that mean nothing here are ignored.
func (b *Behaviour) set(name, value string) (err error) {
	shares := map[string]*float64{
		"SANDBOX_ERROR_SHARE": &b.ErrorShare, "SANDBOX_CPU": &b.CPU, "SANDBOX_MEMORY": &b.Memory, "SANDBOX_LOG_SHARE": &b.LogShare,
	}
	texts := map[string]*string{
		"SANDBOX_FAIL_START": &b.FailStart, "SANDBOX_VERSION": &b.Version, "SANDBOX_BODY": &b.Body, "SANDBOX_API_KEY": &b.APIKey, "SANDBOX_PRINT": &b.Print,
	}
	times := map[string]*time.Duration{"SANDBOX_LATENCY": &b.Latency, "SANDBOX_START_DELAY": &b.StartDelay, "SANDBOX_RUNS": &b.Runs}
	facts := map[string]*bool{"SANDBOX_UNHEALTHY": &b.Unhealthy, "SANDBOX_FORGETS_SESSIONS": &b.ForgetsSessions}
	switch {
	case shares[name] != nil:
		*shares[name], err = strconv.ParseFloat(value, 64)
	case texts[name] != nil:
		*texts[name] = value
	case times[name] != nil:
		*times[name], err = time.ParseDuration(value)
	case facts[name] != nil:
		*facts[name], err = strconv.ParseBool(value)
	case name == "SANDBOX_EXIT":
		b.Exit, err = strconv.Atoi(value)
	case name == "SANDBOX_NEED_ENV":
		b.NeedEnv = strings.Split(value, ",")
	case name == "SANDBOX_LOG":
		b.Log = value
		if word, _, _ := strings.Cut(value, " "); severities[word] == 0 {
			err = fmt.Errorf("%q is no severity", word)
		}
	}
	if err != nil {
		return fmt.Errorf("%s=%q: %w", name, value, err)
	}
	return nil
}

// behaviourIn reads a behaviour from NAME=value pairs. A value that does not
// parse makes the app crash at its start, as a real app with bad settings would.
func behaviourIn(env []string) Behaviour {
	var b Behaviour
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		if b.set(name, value) != nil {
			b.FailStart = FailListen
		}
	}
	return b
}

// overridden is b with a revision's own variables.
func (b Behaviour) overridden(env []*runpb.EnvVar) Behaviour {
	for _, e := range env {
		if e.GetValueSource() == nil && b.set(e.GetName(), e.GetValue()) != nil {
			b.FailStart = FailListen
		}
	}
	return b
}

// hasEnv reports whether every variable that the app needs is given.
func (b Behaviour) hasEnv(env []*runpb.EnvVar) bool {
	for _, need := range b.NeedEnv {
		if !slices.ContainsFunc(env, func(e *runpb.EnvVar) bool { return e.GetName() == need }) {
			return false
		}
	}
	return true
}

// behaviour is the Behaviour of a live revision, which a test may change.
type behaviour struct {
	mu     sync.Mutex
	b      Behaviour
	seen   int // normal requests since b was set, that were asked whether they fail
	logged int // and whether they write
}

func newBehaviour(b Behaviour) *behaviour { return &behaviour{b: b} }

func (l *behaviour) get() Behaviour {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b
}

func (l *behaviour) put(b Behaviour) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b, l.seen, l.logged = b, 0, 0
}

// fails decides whether the next normal request fails, so that after n requests
// exactly floor(n × share) have failed.
func (l *behaviour) fails() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen++
	return turnOf(l.seen, l.b.ErrorShare)
}

// writes decides whether the next normal request writes to the log, and what.
func (l *behaviour) writes() (severity, text string, yes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.logged++
	severity, text, _ = strings.Cut(l.b.Log, " ")
	return severity, text, l.b.Log != "" && turnOf(l.logged, l.b.LogShare)
}

// turnOf reports whether the nth is one of a share, evenly spread.
func turnOf(n int, share float64) bool {
	const grain = 1e-9 // keeps 0.1 × 10 from being 0.999…
	return int(float64(n)*share+grain) > int(float64(n-1)*share+grain)
}
