package env

import (
	"slices"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

type values = preflighttest.Values

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(*testing.T) preflighttest.Harness {
		return &harness{candidate: []string{"LOG_LEVEL", "DATABASE_URL"}}
	})
}

// harness is two revisions. There is nobody to ask.
type harness struct{ candidate []string }

func open(t *testing.T, names ...string) rollout.Check {
	t.Helper()
	var list []any
	for _, n := range names {
		list = append(list, n)
	}
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), values{"names": list}), cloud.New(cloud.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *harness) Open(t *testing.T) rollout.Check { return open(t, "DATABASE_URL") }

func (h *harness) Become(_ *testing.T, s preflighttest.State) bool {
	if s == preflighttest.Missing {
		h.candidate = []string{"LOG_LEVEL"}
	}
	return s <= preflighttest.Missing
}

func (h *harness) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "api-2", Env: h.candidate}, &rollout.Subject{Revision: "api-1", Env: []string{"LOG_LEVEL"}}
}

func (h *harness) NeedsCandidate() bool { return true }
func (h *harness) Permission() string   { return "" }
func (h *harness) Calls() int           { return 0 }
func (h *harness) Writes() int          { return 0 }
func (h *harness) Secrets() []string    { return nil }

func TestRun(t *testing.T) {
	passed := rollout.Finding{Check: "env", Object: "A, B", Status: rollout.Passed, Why: "api-2 has what is required"}
	lost := func(names string) rollout.Finding {
		return rollout.Finding{
			Check: "env", Object: names, Status: rollout.Failed, Advisory: true,
			Why: "api-1 has " + names + ", and api-2 would not",
			Fix: "If that is not meant, set it where the revision's settings are configured.",
		}
	}
	failed := func(names string) rollout.Finding {
		return rollout.Finding{
			Check: "env", Object: "A, B", Status: rollout.Failed,
			Why: "api-2 does not have " + names,
			Fix: "Set it where the revision's settings are configured, or take it out of names if it is not needed any more.",
		}
	}
	for name, c := range map[string]struct {
		candidate, live []string
		want            []rollout.Finding
	}{
		"all there":                     {[]string{"B", "A"}, []string{"A", "B"}, []rollout.Finding{passed}},
		"one missing":                   {[]string{"A"}, []string{"A"}, []rollout.Finding{failed("B")}},
		"both missing":                  {nil, nil, []rollout.Finding{failed("A, B")}},
		"one lost":                      {[]string{"A", "B"}, []string{"A", "B", "Z", "C", "Z"}, []rollout.Finding{passed, lost("C, Z")}},
		"one missing that live has too": {[]string{"A"}, []string{"A", "B", "C"}, []rollout.Finding{failed("B"), lost("C")}},
		"one more":                      {[]string{"A", "B", "C"}, []string{"A"}, []rollout.Finding{passed}},
	} {
		got := open(t, "B", "A", "B").Run(t.Context(), &rollout.Subject{Revision: "api-2", Env: c.candidate}, &rollout.Subject{Revision: "api-1", Env: c.live})
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got  %+v\nwant %+v", name, got, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	none := rollout.Problem{What: "An env requirement names nothing", Why: "names is empty, so it could never fail.", Fix: `Write it like names = ["DATABASE_URL"].`}
	odd := func(n string) rollout.Problem {
		return rollout.Problem{
			What: "A name of an env requirement is no name",
			Why:  "Number " + n + " of names is empty, or has a space or an equals sign in it.",
			Fix:  `Give names alone, such as "DATABASE_URL". Values are never looked at.`,
		}
	}
	for name, c := range map[string]struct {
		names any
		want  []rollout.Problem
	}{
		"names":         {[]any{"A", "a.b"}, nil},
		"unknown":       {[]any{"A", preflighttest.Unknown}, nil},
		"none":          {[]any{}, []rollout.Problem{none}},
		"empty":         {[]any{"A", ""}, []rollout.Problem{odd("2")}},
		"with a value":  {[]any{"KEY=secret"}, []rollout.Problem{odd("1")}},
		"with a space":  {[]any{"A", "B", "C D"}, []rollout.Problem{odd("3")}},
		"one not known": {[]any{"KEY=secret", preflighttest.Unknown}, nil},
	} {
		b := preflighttest.Block(t, Kind(), values{"names": c.names})
		if got := Kind().Validate(t.Context(), b); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q\nwant %q", name, got, c.want)
		}
		if _, err := Kind().Open(t.Context(), b, nil); (err == nil) != (len(c.want) == 0) {
			t.Errorf("%s: opened with %v", name, err)
		}
	}
	b := preflighttest.Block(t, Kind(), values{"names": []any{"B", "A", "B"}})
	if got := Kind().Object(t.Context(), b); got != "A, B" {
		t.Errorf("object %q", got)
	}
	b = preflighttest.Block(t, Kind(), values{"names": []any{"KEY=secret"}})
	if got := Kind().Object(t.Context(), b); got != "" {
		t.Errorf("object %q", got)
	}
}
