package jobgate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	// mostNote bounds what is said of a job that failed, and shownLines is how many
	// of its last lines are in it.
	mostNote   = 500
	shownLines = 3
	// unsure is how long nothing is begun anew after an answer was lost.
	unsure = 15 * time.Second
)

// source implements rollout.CandidateOnly.
type source struct {
	job    rollout.Job
	clock  rollout.Clock
	of     string // what is run, and how
	image  bool
	opened time.Time

	mu      sync.Mutex
	errands map[string]*errand
}

// errand is what has become of the job for one content.
type errand struct {
	id    string
	lost  time.Time // when an answer to beginning it was lost
	ended *rollout.Execution
}

// Harmless implements rollout.Intrusive: nothing of a job is known to be.
func (s *source) Harmless() rollout.Source { return nil }

// Inspect implements rollout.Inspected.
func (s *source) Inspect(ctx context.Context, image string) []rollout.Finding {
	if !s.image {
		image = ""
	}
	return s.job.Inspect(ctx, image)
}

// CandidateOnly implements rollout.CandidateOnly.
func (s *source) CandidateOnly() {}

// Measure begins the job, or looks at what has become of it.
func (s *source) Measure(ctx context.Context, of rollout.Subject, _ rollout.Window) (rollout.Measurement, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked, err := s.errand(of)
	if err != nil {
		return rollout.Measurement{}, err
	}
	e, ok := s.errands[asked.Key]
	if !ok {
		e = &errand{}
		s.errands[asked.Key] = e
	}
	if e.ended != nil {
		return measured(*e.ended), nil
	}
	x, err := s.advance(ctx, e, asked)
	if err != nil {
		return rollout.Measurement{}, err
	}
	if x.ID != "" {
		e.id = x.ID
	}
	switch x.State {
	case rollout.JobRunning:
		return rollout.Measurement{Note: "execution " + e.id + " goes on"}, nil
	case rollout.JobSucceeded, rollout.JobFailed:
		e.ended = &x
		return measured(x), nil
	case rollout.JobUnclear:
	}
	return rollout.Measurement{}, fmt.Errorf("nobody can tell what became of execution %s: %s", x.ID, x.Why)
}

// advance finds what was begun, begins it or looks at it.
func (s *source) advance(ctx context.Context, e *errand, asked rollout.Errand) (rollout.Execution, error) {
	if e.id != "" {
		return s.job.Look(ctx, e.id)
	}
	found, err := s.job.Find(ctx, asked.Key)
	if err != nil {
		return rollout.Execution{}, err
	}
	newest := rollout.Execution{}
	if len(found) > 0 {
		newest = found[0]
	}
	stale := newest.State == rollout.JobFailed && newest.Ended.Before(s.opened)
	if len(found) > 0 && !stale {
		return s.job.Look(ctx, newest.ID)
	}
	if !e.lost.IsZero() && s.clock.Now().Sub(e.lost) < unsure {
		return rollout.Execution{State: rollout.JobRunning}, nil
	}
	x, err := s.job.Start(ctx, asked)
	if err != nil && !sure(err) {
		e.lost = s.clock.Now()
		err = fmt.Errorf("the answer to beginning it was lost: %w", err)
	}
	return x, err
}

// sure reports whether an error says that nothing was begun.
func sure(err error) bool {
	return errors.Is(err, rollout.ErrDenied) || errors.Is(err, rollout.ErrInvalid) || errors.Is(err, rollout.ErrGone) || errors.Is(err, rollout.ErrConflict)
}

// errand is what the job does for a revision.
func (s *source) errand(of rollout.Subject) (rollout.Errand, error) {
	content := of.Facts["content"]
	if content == "" {
		content = "revision " + string(of.Revision)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{"gate", s.of, of.Facts["project"], of.Facts["location"], of.Facts["service"], content}, "\x00")))
	out := rollout.Errand{
		Key: hex.EncodeToString(sum[:10]),
		Env: map[string]string{"ROLLOUT_WHEN": "gate", "ROLLOUT_REVISION": string(of.Revision)},
	}
	if of.URL != "" {
		out.Env["ROLLOUT_URL"] = of.URL
	}
	if s.image {
		if out.Image = of.Facts["image"]; !strings.Contains(out.Image, "@sha256:") {
			return out, fmt.Errorf("%w: the job has to run the candidate's image, and that is not known by its digest", rollout.ErrInvalid)
		}
	}
	return out, nil
}

// measured is what an execution that has ended says of the candidate.
func measured(x rollout.Execution) rollout.Measurement {
	if x.State == rollout.JobSucceeded {
		return rollout.Measurement{Samples: 1, Note: "execution " + x.ID + " succeeded"}
	}
	note := "execution " + x.ID + " failed"
	if x.Exit != nil {
		note = fmt.Sprintf("execution %s ended with exit code %d", x.ID, *x.Exit)
	}
	if x.Why != "" {
		note += ": " + x.Why
	}
	if n := len(x.Log); n > 0 {
		note += "; it printed last: " + strings.Join(x.Log[max(0, n-shownLines):], " | ")
	}
	return rollout.Measurement{Value: 1, Samples: 1, Note: rollout.OneLine(note, mostNote)}
}
