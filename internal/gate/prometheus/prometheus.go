package prometheus

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// source implements rollout.Source and rollout.Counting.
type source struct {
	client         api.Client
	at             string // the server, for messages
	query, samples string
	credential     credential
}

// Measure evaluates the query at the end of the window.
func (s *source) Measure(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	if w.Length() < time.Second {
		return rollout.Measurement{Note: "the window is shorter than a second"}, nil
	}
	value, found, err := s.ask(ctx, "query", s.query, of, w)
	if err != nil {
		return rollout.Measurement{}, err
	}
	if !found || !finite(value) {
		return rollout.Measurement{Note: nothing}, nil
	}
	if s.samples == "" {
		return rollout.Measurement{Value: value, Samples: 1}, nil
	}
	n, err := s.requests(ctx, of, w)
	switch {
	case err != nil:
		return rollout.Measurement{}, err
	case n == 0:
		return rollout.Measurement{Note: noSamples}, nil
	}
	return rollout.Measurement{Value: value, Samples: n}, nil
}

// What is said of no data.
const (
	nothing   = "the query found nothing"
	noSamples = "samples found nothing"
)

// Count implements rollout.Counting. Things are whole, and increase extrapolates.
func (s *source) Count(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	if w.Length() < time.Second || s.samples == "" {
		return s.Measure(ctx, of, w)
	}
	value, found, err := s.ask(ctx, "query", s.query, of, w)
	if err != nil {
		return rollout.Measurement{}, err
	}
	if found && !finite(value) {
		return rollout.Measurement{Note: nothing}, nil
	}
	n, err := s.requests(ctx, of, w)
	if err != nil {
		return rollout.Measurement{}, err
	}
	things := math.Round(value) // 0 where there is no series
	if things > 0 {
		n = max(n, 1)
	}
	if n == 0 {
		return rollout.Measurement{Note: noSamples}, nil
	}
	return rollout.Measurement{Value: things, Samples: n}, nil
}

// requests returns what the query named samples says; 0 is no data.
func (s *source) requests(ctx context.Context, of rollout.Subject, w rollout.Window) (int, error) {
	n, found, err := s.ask(ctx, "samples", s.samples, of, w)
	if err != nil || !found || !finite(n) {
		return 0, err
	}
	return int(max(0, min(math.Round(n), math.MaxInt32))), nil // increase extrapolates
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// ask evaluates one query. found is false where it answered nothing at all.
func (s *source) ask(ctx context.Context, name, query string, of rollout.Subject, w rollout.Window) (value float64, found bool, err error) {
	text, err := render(query, of, w.Length())
	if err != nil {
		return 0, false, err
	}
	seen := &seen{Client: s.client}
	result, _, err := v1.NewAPI(seen).Query(ctx, text, w.End)
	if err != nil {
		return 0, false, s.problem(ctx, name, seen.status, err)
	}
	switch v := result.(type) {
	case *model.Scalar:
		value = float64(v.Value)
	case model.Vector:
		switch {
		case len(v) == 0:
			return 0, false, nil
		case len(v) > 1:
			return 0, false, invalid(fmt.Sprintf("%s returned %d series for %s, which have to be one: put sum(…) or max(…) around it", name, len(v), of.Revision))
		}
		value = float64(v[0].Value)
	default:
		return 0, false, invalid(fmt.Sprintf("%s returned a %s for %s, which has to be one number: put a function such as rate(…) around a range", name, result.Type(), of.Revision))
	}
	return value, true, nil
}

// problem says in our own words what went wrong. An error of the client quotes
// the address with the query, and what the server sent.
func (s *source) problem(ctx context.Context, name string, status int, err error) error {
	doing := "ask Prometheus at " + s.at
	var refused *v1.Error
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Errorf("%s: %w: it answered %d to a request with %s", doing, rollout.ErrDenied, status, s.credential.name)
	case errors.As(err, &refused) && status == http.StatusBadRequest && refused.Type == v1.ErrBadData:
		return invalid(fmt.Sprintf("%s: it cannot read %s (status 400, bad_data): try it on the server's own page", doing, name))
	case errors.As(err, &refused) && status == http.StatusUnprocessableEntity && refused.Type == v1.ErrExec:
		return invalid(fmt.Sprintf("%s: it cannot carry out %s (status 422, execution): try it on the server's own page", doing, name))
	case status/100 == 2:
		return fmt.Errorf("%s: its answer to %s is not one of Prometheus' (status %d)", doing, name, status)
	case status != 0:
		return fmt.Errorf("%s: it answered %s with status %d", doing, name, status)
	}
	return fmt.Errorf("%s: no answer to %s came", doing, name)
}

// invalid is what is wrong with a query, however often it is asked: a
// rollout.ErrInvalid in our own words.
type invalid string

// Error implements error.
func (e invalid) Error() string { return string(e) }

// Unwrap makes it a rollout.ErrInvalid.
func (invalid) Unwrap() error { return rollout.ErrInvalid }

// seen remembers the status of the last answer: the API's error does not say it.
type seen struct {
	api.Client
	status int
}

// Do implements api.Client.
func (s *seen) Do(ctx context.Context, r *http.Request) (*http.Response, []byte, error) {
	resp, body, err := s.Client.Do(ctx, r)
	if resp != nil {
		s.status = resp.StatusCode
	}
	return resp, body, err //nolint:wrapcheck // problem says it in our own words
}
