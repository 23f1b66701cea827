package provider

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{
		"":                                "",
		"there is no such secret":         "There is no such secret.",
		"whether a@b.com may is unknown":  "Whether a@b.com may is unknown.",
		"version 1 is DISABLED":           "Version 1 is DISABLED.",
		"traffic, all of it":              "Traffic, all of it.",
		"über alles":                      "Über alles.",
		"It ends already.":                "It ends already.",
		"shop-00002-m3s cannot serve":     "shop-00002-m3s cannot serve.",
		"api_2 cannot serve":              "api_2 cannot serve.",
		"v2 cannot serve":                 "v2 cannot serve.",
		"a@b.com may not":                 "a@b.com may not.",
		"projects/p is gone":              "projects/p is gone.",
		"run.services.update: denied":     "run.services.update: denied.",
		`"stripe" is not a version`:       `"stripe" is not a version.`,
		"gcp_secret stripe: it is gone":   "gcp_secret stripe: it is gone.",
		"env A: it is not known":          "env A: it is not known.",
		"image \"x\" cannot be read":      "Image \"x\" cannot be read.",
		"image host/api: it is gone":      "Image host/api: it is gone.",
		"gate: it failed":                 "Gate: it failed.",
		"nobody's fault":                  "Nobody's fault.",
		"somebody’s fault":                "Somebody’s fault.",
		"10 % of it":                      "10 % of it.",
		"on_failure says so":              "on_failure says so.",
		"everything is where it was, too": "Everything is where it was, too.",
	} {
		if got := sentence(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestNextRetry(t *testing.T) {
	for name, c := range map[string]struct {
		spent []string
		want  string
	}{
		"never tried":      {nil, "api-2"},
		"another was":      {[]string{"api-1"}, "api-2"},
		"tried once":       {[]string{"api-2"}, "api-2#2"},
		"tried twice":      {[]string{"api-2", "api-2#2"}, "api-2#3"},
		"out of order":     {[]string{"api-2#2", "api-2"}, "api-2#3"},
		"the second alone": {[]string{"api-2#2"}, "api-2"},
	} {
		r := record{Retried: c.spent, Blocked: []blockedRecord{{Revision: types.StringValue("api-2")}}}
		got := r.nextRetry("api-2")
		if _, lifts := r.retries(types.StringValue(got)); got != c.want || !lifts {
			t.Errorf("%s: retry = %q, want %q; it lifts the block: %v", name, got, c.want, lifts)
		}
	}
}

var (
	noon   = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	target = platform.Place{Resume: "take it back", WayHome: func(r rollout.Revision) string { return fmt.Sprintf("move --to %s=100", r) }}
)

// ended is a rollout of api-2 beside api-1 that did not succeed.
func ended(o engine.Outcome, change func(*runner.Result)) runner.Result {
	res := runner.Result{
		Outcome: o, Candidate: "api-2", Home: "api-1", Content: "c2", Seen: true, Since: noon.Add(time.Hour),
		Shows: rollout.Observation{
			Routing: rollout.Routing{Split: rollout.All("api-1")}, Health: map[rollout.Revision]rollout.Health{"api-2": {State: rollout.Broken}},
		},
	}
	change(&res)
	return res
}

func TestExplain(t *testing.T) {
	memory := &record{
		Retried: []string{"api-2"},
		Blocked: []blockedRecord{{Revision: types.StringValue("api-2"), Content: types.StringValue("c2"), Why: types.StringValue(`gate "health" failed at 11:55:34 UTC: GET /healthz answered 503`)}},
	}
	stale := fmt.Errorf("update: %w: Conflict for resource 'f': version '1795' was specified", rollout.ErrConflict)
	divided := rollout.Routing{Split: rollout.Split{"api-1": 9000, "api-2": 1000}}
	for name, c := range map[string]struct {
		res    runner.Result
		create bool
		has    []string
		lacks  []string
	}{
		"blocked": {
			res: ended(engine.NothingMoved, func(r *runner.Result) { r.Blocked, r.Why = true, "api-2 is blocked" }),
			has: []string{
				"api-2 is blocked\n", `api-2 is blocked: gate "health" failed at 11:55:34 UTC: GET /healthz answered 503.` + "\nNothing was written; live is api-1 100 %.",
				`Apply another revision, or set retry = "api-2#2".`,
			},
			lacks: []string{"failed before"},
		},
		"blocked, and its name comes from memory": {
			res: ended(engine.NothingMoved, func(r *runner.Result) { r.Blocked, r.Candidate = true, "" }),
			has: []string{"api-2 is blocked\n", `set retry = "api-2#2"`},
		},
		"blocked, and nobody knows its name": {
			res:   ended(engine.NothingMoved, func(r *runner.Result) { r.Blocked, r.Candidate, r.Content = true, "", "c7" }),
			has:   []string{"The wanted content is blocked\n", "Apply another revision."},
			lacks: []string{"retry"},
		},
		"changed since the plan": {
			res: ended(engine.NothingMoved, func(r *runner.Result) { r.Outdated, r.Why = true, "traffic changed" }),
			has: []string{"Traffic changed between plan and apply\n", "Plan again (with a refresh), look at the difference, and apply that."},
		},
		"moved by hand in the middle": {
			res: ended(engine.Halted, func(r *runner.Result) { r.Asked = &divided }),
			has: []string{`api-2 is blocked, because somebody took its traffic: set retry = "api-2#2", or apply other content.`},
		},
		"moved by hand in the first apply": {
			res: ended(engine.Halted, func(r *runner.Result) { r.Asked = &divided }), create: true,
			has: []string{"leaves no state: the next apply tries the same content again", "Apply other content unless"}, lacks: []string{"is blocked", "retry"},
		},
		"home is not known": {
			res: ended(engine.Halted, func(r *runner.Result) { r.Home, r.Shows.Routing = "", divided }),
			has: []string{"Nothing says which side is home, the rollback target"},
		},
		"a gate whose query is wrong": {
			res: ended(engine.NotVerified, func(r *runner.Result) {
				r.Stop = &engine.Stop{Kind: engine.Unverified, Why: "no verdict"}
				r.Failing = &rollout.Verdict{Gate: rollout.Gate{Name: "errors"}, Outcome: rollout.Error}
			}),
			has:   []string{`Gate "errors" was never measured`, "its query, its address and the permission to ask"},
			lacks: []string{"longer bake", "min_samples"},
		},
		"a gate without data": {
			res: ended(engine.NotVerified, func(r *runner.Result) {
				r.Stop = &engine.Stop{Kind: engine.Unverified, Why: "no verdict"}
				r.Failing = &rollout.Verdict{Outcome: rollout.NoData}
			}),
			has: []string{"a longer bake"},
		},
		"a conflict names no tokens": {
			res: ended(engine.Halted, func(r *runner.Result) {
				r.Stop, r.Err = &engine.Stop{Kind: engine.OutOfTime, Why: "a change was never taken"}, stale
			}),
			has: []string{"A change was never taken."}, lacks: []string{"1795"},
		},
		"failed again": {
			res: ended(engine.RolledBack, func(r *runner.Result) { r.Stop = &engine.Stop{Kind: engine.Failed, Why: "gate failed", Weight: 1000} }),
			has: []string{"Traffic is back on api-1 100 %, settled 13:00:00 UTC.", `set retry = "api-2#2" to try it again`},
		},
		"a person's word before anything began": {
			res: ended(engine.NothingMoved, func(r *runner.Result) {
				r.Stop, r.Begun = &engine.Stop{Kind: engine.Aborted, Why: "a person asked"}, false
			}),
			has: []string{
				"Nothing is blocked: find out what it was about.\n",
				"No rollout begins as long as a person's word stands. To take it back:\n  take it back\n",
			},
			lacks: []string{"retry"},
		},
		"what is missing is a list, each in a line": {
			res: ended(engine.NothingMoved, func(r *runner.Result) {
				r.Stop = &engine.Stop{Kind: engine.Unmet, Why: "it is not there"}
				r.Findings = []rollout.Finding{
					{Check: "gcp_secret", Object: "s", Status: rollout.Failed, Why: "it is off", Fix: "Switch it on:\n  switch on s"},
					{Check: "env", Object: "A", Status: rollout.Deferred, Why: "there is no candidate yet"},
					{Check: "http", Object: "u", Status: rollout.Failed, Why: "it is down", Fix: "Start it."},
				}
			}),
			has:   []string{"\n  - gcp_secret s: it is off. Switch it on: switch on s\n  - http u: it is down. Start it.\n"},
			lacks: []string{"no candidate yet"},
		},
		"what could never be looked at stops it as well": {
			res: ended(engine.NothingMoved, func(r *runner.Result) {
				r.Stop = &engine.Stop{Kind: engine.Unmet, Why: "it could not be looked at"}
				r.Findings = []rollout.Finding{{Check: "env", Object: "A", Status: rollout.Deferred, Why: "the candidate could not be described"}}
			}),
			has: []string{"\n  - env A: the candidate could not be described.\n"},
		},
		"the way home was refused": {
			res: ended(engine.Halted, func(r *runner.Result) {
				r.Stop, r.Shows.Routing = &engine.Stop{Kind: engine.Denied, Why: "it was refused: no permission"}, divided
				r.Why = "it was refused: no permission; the way home was refused too: " + divided.String()
			}),
			has: []string{"It was refused: no permission.\nThe way home was refused too. Live is api-1 90 %, api-2 10 %.\n", "Grant the permission"},
		},
		"a gate fails beyond the point of no return": {
			res: ended(engine.Stayed, func(r *runner.Result) {
				r.Beyond, r.Stop = true, &engine.Stop{Kind: engine.Failed, Why: "a gate failed", Weight: rollout.Whole}
				r.Shows.Routing.Split = rollout.All("api-2")
			}),
			has: []string{
				"stopped at 100 %, and traffic stays\n", "Live is api-2 100 %.", "Beyond the point of no return nothing takes traffic home: Rows with NULL stay.",
				"A revision that mends it climbs from api-2, which is home from now on.", `set retry = "api-2#2" to try it again.`,
			},
			lacks: []string{"move --to"},
		},
		"a gate fails at a share beyond the point of no return": {
			res: ended(engine.Stayed, func(r *runner.Result) {
				r.Beyond, r.Stop, r.Shows.Routing = true, &engine.Stop{Kind: engine.Failed, Why: "a gate failed", Weight: 1000}, divided
			}),
			has: []string{"api-2 has to have everything, by hand:\n  move --to api-2=100"},
		},
		"interrupted beyond the point of no return": {
			res: ended(engine.Stayed, func(r *runner.Result) {
				r.Beyond, r.Stop = true, &engine.Stop{Kind: engine.Interrupted, Why: "this apply was interrupted"}
				r.Shows.Routing.Split = rollout.All("api-2")
			}),
			has: []string{"A revision that mends it climbs from api-2", "Nothing is blocked: the next apply begins again, or goes on from what is live."},
		},
		"stayed as configured": {
			res: ended(engine.Stayed, func(r *runner.Result) {
				r.Stop, r.Shows.Routing = &engine.Stop{Kind: engine.Failed, Why: "a gate failed"}, divided
			}),
			lacks: []string{"point of no return"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := explain(c.res, target, memory, c.create, "rows with NULL stay")
			text := p.What + "\n" + p.Detail() + "\n"
			for _, part := range c.has {
				if !strings.Contains(text, part) {
					t.Errorf("it lacks %q:\n%s", part, text)
				}
			}
			for _, part := range c.lacks {
				if strings.Contains(text, part) {
					t.Errorf("it has %q:\n%s", part, text)
				}
			}
		})
	}
}

func TestWayHomeIsTheLastLine(t *testing.T) {
	divided := rollout.Routing{Split: rollout.Split{"api-1": 9000, "api-2": 1000}}
	for name, c := range map[string]struct {
		home   rollout.Revision
		live   rollout.Routing
		want   string
		closed bool
	}{
		"it is closed": {
			"api-1", divided, "The way home is closed. Only once api-1 can serve again, such as after the database was restored, by hand:\n  move --to api-1=100", true,
		},
		"closed, and nobody knows": {"", divided, "give it everything:\n  move --to <the good one>=100", true},
		"traffic is not home":      {"api-1", divided, "Way home:\n  move --to api-1=100", false},
		"traffic is home":          {"api-1", rollout.Routing{Split: rollout.All("api-1")}, "If you ever have to do it by hand, the way home:\n  move --to api-1=100", false},
		"nobody knows":             {"", divided, "Choose the revision that is good, and give it everything:\n  move --to <the good one>=100", false},
	} {
		got := withWayHome(rollout.Problem{What: "It failed", Fix: "Mend it."}, target, c.home, c.live, c.closed).Detail()
		if !strings.HasPrefix(got, "Mend it.\n\n") || !strings.HasSuffix(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestWhatHappenedIsShort: what was written, what stopped it, where traffic went;
// each once, and without what stands above.
func TestWhatHappenedIsShort(t *testing.T) {
	long := "api-2 cannot serve: The user-provided container failed to start and listen on the port. Logs URL: https://console.example.com/logs"
	events := func(list ...string) []rollout.Event {
		var out []rollout.Event
		for i, l := range list {
			kind, why, _ := strings.Cut(l, " ")
			out = append(out, rollout.Event{At: noon.Add(time.Duration(i) * time.Minute), Kind: kind, Why: why})
		}
		return out
	}
	all := events("way_home way home: move", "check next: make it", "make make it", "measure api-2 at 0 %", "apply raise api-2 from 0 % to 10 %",
		"refused raise api-2 from 10 % to 50 %: refused: permission denied", "stop "+long, "apply "+long+"; everything back to api-1",
		"wait "+long+"; waiting for it", "apply everything is home: our marks are removed", "finish "+long+"; api-1 has all traffic again")
	want := `What happened (2026-03-04, UTC):
  12:02:00  make it
  12:04:00  raise api-2 from 0 % to 10 %
  12:05:00  raise api-2 from 10 % to 50 %: refused
  12:06:00  stopped: api-2 cannot serve
  12:07:00  everything back to api-1
  12:09:00  everything is home: our marks are removed`
	if got := excerpt(all); got != want {
		t.Errorf("it says\n%s\nwant\n%s", got, want)
	}
	if got := excerpt(events("way_home move", "check next: make it", "stop it is missing", "finish it is missing; nothing had moved")); got != "" {
		t.Errorf("nothing was written, and it says\n%s", got)
	}
	lines := timeline(all)
	if n := strings.Count(strings.Join(lines, "\n"), "Logs URL"); n != 1 || len(lines) != 8 || lines[0] != "2026-03-04T12:00:00Z way home: move" {
		t.Errorf("the timeline names the log %d times: %q", n, lines)
	}
	if all[7].Why != long+"; everything back to api-1" {
		t.Errorf("what the progress file is told has changed: %s", all[7].Why)
	}
}

func TestImageProblems(t *testing.T) {
	const image = "registry.example.com/credentials:v1"
	for name, c := range map[string]struct {
		err       error
		what, fix string
		lacks     string
	}{
		"a malformed reference": {fmt.Errorf("image %q: %w: could not parse", image, rollout.ErrInvalid), "This is not the name of an image", "Write host/path:tag", "platform refused"},
		"nobody answers":        {fmt.Errorf("image %s: %w", image, &url.Error{Op: "Head", URL: "https://x", Err: errors.New("no such host")}), "could not be read", "could not be reached", "docker login"},
		"it takes too long":     {fmt.Errorf("image %s: %w", image, context.DeadlineExceeded), "could not be read", "could not be reached", "docker login"},
		"no token":              {errors.New("google credentials: invalid_grant"), "could not be read", "See that Google's credentials work", "reached"},
		"no credentials":        {rollout.Problem{What: "There are no Google credentials", Why: "None.", Fix: "Run gcloud."}, "There are no Google credentials", "Run gcloud.", "digest"},
		"not allowed":           {fmt.Errorf("image %s: %w", image, rollout.ErrDenied), "could not be read", "Log in to the registry", "reached"},
		"not there":             {fmt.Errorf("image %s %w", image, rollout.ErrGone), "The image does not exist", "Push it first", "reached"},
		"something else":        {fmt.Errorf("image %s: the registry answered 418: tea", image), "could not be read", "The registry answered", "reached"},
	} {
		p := imageProblem(image, c.err)
		if !strings.Contains(p.What, c.what) || !strings.Contains(p.Fix, c.fix) || strings.Contains(p.What+p.Detail(), c.lacks) {
			t.Errorf("%s: %s\n%s", name, p.What, p.Detail())
		}
	}
}

func TestWhyARevisionCannotBeGivenTraffic(t *testing.T) {
	for want, h := range map[string]rollout.Health{
		"it does not exist":           {State: rollout.Missing, Reason: "404"},
		"it is starting":              {State: rollout.Starting},
		"it is broken: out of memory": {State: rollout.Broken, Reason: "out of memory"},
	} {
		if got := stateOf(h); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	for status, want := range map[rollout.Status]string{rollout.Deferred: "Not ready: env A", rollout.Failed: "Not ready: env A", rollout.Skipped: "Could not be verified: env A"} {
		if got := found(rollout.Finding{Check: "env", Object: "A", Status: status}, "").What; got != want {
			t.Errorf("%s is titled %q, want %q", status, got, want)
		}
	}
}

// TestReadmeShowsWhatIsPrinted: the message in the README is one that its own
// example prints.
func TestReadmeShowsWhatIsPrinted(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "```\nError: ")
	shown, _, ok := strings.Cut(after, "```")
	if !ok {
		t.Fatal("the README shows no message")
	}
	at := func(clock string) time.Time {
		when, err := time.Parse(time.TimeOnly, clock)
		if err != nil {
			t.Fatal(err)
		}
		return noon.Truncate(24 * time.Hour).Add(when.Sub(when.Truncate(24 * time.Hour)))
	}
	failed := at("14:03:21")
	tally := engine.NewTally(rollout.Gate{Name: "health", Probe: true, FailAbove: new(float64)}, at("14:00:21")).
		Add(failed, rollout.Window{Start: failed, End: failed}, rollout.Measurement{Value: 1, Samples: 1, Note: "GET /healthz answered 503, not 2xx"}, nil)
	why := tally.Verdict().Why
	res := runner.Result{
		Outcome: engine.RolledBack, Candidate: "api-00042-fox", Home: "api-00041-owl", Seen: true, Since: at("14:03:24"),
		Stop:   &engine.Stop{Kind: engine.Failed, Why: why, Weight: 1000},
		Shows:  rollout.Observation{Routing: rollout.Routing{Split: rollout.All("api-00041-owl")}},
		Looked: []rollout.Verdict{{Gate: rollout.Gate{Name: "health"}, Outcome: rollout.Pass}},
		Timeline: []rollout.Event{
			{At: at("14:00:02"), Kind: "make", Why: "make the candidate at 0 %, while api-00041-owl 100 % serves"},
			{At: at("14:00:19"), Kind: "apply", Why: "mark api-00041-owl as home, the rollback target, and api-00042-fox as reachable, before anything moves"},
			{At: at("14:00:21"), Kind: "apply", Why: "raise api-00042-fox from 0 % to 10 %"},
			{At: failed, Kind: "stop", Why: why},
			{At: failed, Kind: "apply", Why: why + "; everything back to api-00041-owl"},
			{At: at("14:03:25"), Kind: "apply", Why: "everything is home: our marks are removed"},
		},
	}
	place := platform.Place{WayHome: func(r rollout.Revision) string {
		return fmt.Sprintf("gcloud run services update-traffic api --project shop --region europe-west1 --to-revisions %s=100", r)
	}}
	p := withWayHome(explain(res, place, &record{}, false, ""), place, res.Home, res.Shows.Routing, false)
	want := p.What + "\n\n  " + strings.ReplaceAll(p.Detail(), "\n", "\n  ") + "\n"
	lines := func(s string) string {
		var out []string
		for l := range strings.Lines(s) {
			if l = strings.TrimRight(l, " \n"); l != "" && l != "  …" {
				out = append(out, l)
			}
		}
		return strings.Join(out, "\n")
	}
	if lines(shown) != lines(want) {
		t.Errorf("the README shows\n%s\nprinted is\n%s", shown, want)
	}
}
