package jobgate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/job"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// smoke is a job that ends after a minute, as it is told.
type smoke struct {
	clock *clocktest.Clock
	end   rollout.Execution
	runs  []rollout.Execution
	told  []rollout.Errand
	lose  bool
}

func (s *smoke) shows(x rollout.Execution) rollout.Execution {
	if s.clock.Now().Before(x.Ended) {
		return rollout.Execution{ID: x.ID, State: rollout.JobRunning}
	}
	return x
}

func (s *smoke) Inspect(context.Context, string) []rollout.Finding { return nil }

func (s *smoke) Find(_ context.Context, key string) ([]rollout.Execution, error) {
	var out []rollout.Execution
	for i, x := range s.runs {
		if s.told[i].Key == key {
			out = append([]rollout.Execution{s.shows(x)}, out...)
		}
	}
	return out, nil
}

func (s *smoke) Start(_ context.Context, e rollout.Errand) (rollout.Execution, error) {
	x := s.end
	x.ID, x.Ended = fmt.Sprintf("smoke-%d", len(s.runs)+1), s.clock.Now().Add(time.Minute)
	s.runs, s.told = append(s.runs, x), append(s.told, e)
	if s.lose {
		return rollout.Execution{}, errors.New("the connection was lost")
	}
	return s.shows(x), nil
}

func (s *smoke) Look(_ context.Context, id string) (rollout.Execution, error) {
	for _, x := range s.runs {
		if x.ID == id {
			return s.shows(x), nil
		}
	}
	return rollout.Execution{}, rollout.ErrGone
}

func (s *smoke) kind() gateKind {
	k := job.Kind{
		Name: "smoke", Doc: "A job.", Attributes: map[string]schema.Attribute{"with": schema.StringAttribute{Optional: true, MarkdownDescription: "What."}},
		Validate: func(context.Context, types.Object) []rollout.Problem { return nil },
		Describe: func(context.Context, types.Object) job.Description { return job.Description{Object: "smoke"} },
		Open:     func(context.Context, types.Object, *cloud.Clients) (rollout.Job, error) { return s, nil },
	}
	return gateKind{s, k}
}

type gateKind struct {
	*smoke
	kind job.Kind
}

func (k gateKind) open(t *testing.T) rollout.Source {
	t.Helper()
	of := Kind([]job.Kind{k.kind})
	out, err := of.Open(t.Context(), gatetest.Block(t, of, gatetest.Values{"smoke": []any{gatetest.Values{}}}), cloud.New(cloud.Config{Clock: k.clock}))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func newSmoke(end rollout.Execution) *smoke {
	if end.State == rollout.JobUnclear && end.Why == "" {
		end.State = rollout.JobSucceeded
	}
	return &smoke{clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)), end: end}
}

func subject(content string) rollout.Subject {
	return rollout.Subject{Revision: "api-2", URL: "https://tag.example.com", Facts: map[string]string{"content": content}}
}

func measure(t *testing.T, s rollout.Source, content string) rollout.Measurement {
	t.Helper()
	m, err := s.Measure(t.Context(), subject(content), rollout.Window{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestVerdictOfAJob(t *testing.T) {
	three := 3
	for _, c := range []struct {
		name string
		end  rollout.Execution
		want rollout.Measurement
	}{
		{"it succeeds", rollout.Execution{}, rollout.Measurement{Samples: 1, Note: "execution smoke-1 succeeded"}},
		{"it fails", rollout.Execution{State: rollout.JobFailed, Exit: &three, Log: []string{"a", "b", "c", "d"}}, rollout.Measurement{Value: 1, Samples: 1, Note: "execution smoke-1 ended with exit code 3; it printed last: b | c | d"}},
		{"it never began", rollout.Execution{State: rollout.JobFailed, Why: "no image"}, rollout.Measurement{Value: 1, Samples: 1, Note: "execution smoke-1 failed: no image"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newSmoke(c.end)
			s := w.kind().open(t)
			if m := measure(t, s, "one"); m.Samples != 0 || m.Note != "execution smoke-1 goes on" {
				t.Errorf("while it runs: %+v", m)
			}
			w.clock.Advance(time.Minute)
			for range 2 {
				if m := measure(t, s, "one"); m != c.want {
					t.Errorf("got %+v, want %+v", m, c.want)
				}
			}
			if len(w.runs) != 1 || w.told[0].Env["ROLLOUT_URL"] != "https://tag.example.com" || w.told[0].Env["ROLLOUT_REVISION"] != "api-2" {
				t.Errorf("it ran %d times, and was told %v", len(w.runs), w.told)
			}
			measure(t, s, "two")
			if len(w.runs) != 2 {
				t.Error("other content was not tried")
			}
		})
	}
}

// TestVerdictAfterACrash: what was begun is waited for; what had failed before is
// run again, and what has succeeded is not.
func TestVerdictAfterACrash(t *testing.T) {
	w := newSmoke(rollout.Execution{State: rollout.JobFailed})
	measure(t, w.kind().open(t), "one")
	s := w.kind().open(t)
	measure(t, s, "one")
	w.clock.Advance(2 * time.Minute)
	if m := measure(t, s, "one"); m.Value != 1 || len(w.runs) != 1 {
		t.Errorf("got %+v after %d runs", m, len(w.runs))
	}
	w.end = rollout.Execution{State: rollout.JobSucceeded}
	s = w.kind().open(t)
	measure(t, s, "one")
	w.clock.Advance(2 * time.Minute)
	if m := measure(t, s, "one"); m.Value != 0 || m.Samples != 1 || len(w.runs) != 2 {
		t.Errorf("got %+v after %d runs", m, len(w.runs))
	}
	if m := measure(t, w.kind().open(t), "one"); m.Samples != 1 || len(w.runs) != 2 {
		t.Errorf("got %+v after %d runs", m, len(w.runs))
	}
}

func TestNobodyCanTell(t *testing.T) {
	w := newSmoke(rollout.Execution{Why: "its log has no end"})
	s := w.kind().open(t)
	measure(t, s, "one")
	w.clock.Advance(time.Minute)
	if _, err := s.Measure(t.Context(), subject("one"), rollout.Window{}); err == nil || !strings.Contains(err.Error(), "its log has no end") {
		t.Errorf("got %v", err)
	}
}

func TestALostAnswerIsNoSecondRun(t *testing.T) {
	w := newSmoke(rollout.Execution{})
	w.lose = true
	s := w.kind().open(t)
	if _, err := s.Measure(t.Context(), subject("one"), rollout.Window{}); err == nil {
		t.Error("the answer was lost, and nothing is said")
	}
	for range 3 {
		measure(t, s, "one")
		w.clock.Advance(30 * time.Second)
	}
	if m := measure(t, s, "one"); m.Samples != 1 || len(w.runs) != 1 {
		t.Errorf("got %+v after %d runs", m, len(w.runs))
	}
}

func TestBlock(t *testing.T) {
	k := Kind([]job.Kind{newSmoke(rollout.Execution{}).kind().kind})
	for want, values := range map[string]gatetest.Values{
		"":                                    {"smoke": []any{gatetest.Values{}}, "timeout": "1h"},
		"A job gate does not say what is run": {},
		"A job gate says twice what is run":   {"smoke": []any{gatetest.Values{}, gatetest.Values{}}},
		"The timeout of a job gate is no duration": {"smoke": []any{gatetest.Values{}}, "timeout": "-1s"},
	} {
		got := ""
		for _, p := range k.Validate(t.Context(), gatetest.Block(t, k, values)) {
			got = p.What
		}
		if got != want {
			t.Errorf("%v: %q, want %q", values, got, want)
		}
	}
	for _, unknown := range []gatetest.Values{{"smoke": gatetest.Unknown}, {"smoke": []any{gatetest.Values{}}, "timeout": gatetest.Unknown}} {
		if p := k.Validate(t.Context(), gatetest.Block(t, k, unknown)); len(p) > 0 {
			t.Errorf("what is not known yet is called wrong: %v", p)
		}
	}
}
