package promql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// bodyLimit is how much of an answer is read.
const bodyLimit = 4 << 20

// Engine is what evaluates queries.
type Engine struct {
	Client api.Client
	// Name is whom messages mean: "Prometheus at https://prom.example.com".
	Name string
	// Denied says what a request lacked that was answered 401 or 403.
	Denied func(status int) string
	// Page is where a person can try a query: "the server's own page".
	Page string
	// Plain400: it may answer 400 in a form of its own, and means the query by it.
	Plain400 bool
}

// Queries are what a gate asks, as configuration writes them.
type Queries struct {
	Value   string
	Samples string // "" where a value stands on one
}

// Measure evaluates the queries at a moment, for a window of this length that
// ends there as far as the engine's data are concerned.
func (e Engine) Measure(ctx context.Context, q Queries, of rollout.Subject, at time.Time, window time.Duration) (rollout.Measurement, error) {
	if window < time.Second {
		return rollout.Measurement{Note: "the window is shorter than a second"}, nil
	}
	value, found, err := e.ask(ctx, "query", q.Value, of, at, window)
	if err != nil {
		return rollout.Measurement{}, err
	}
	if !found || !finite(value) {
		return rollout.Measurement{Note: nothing}, nil
	}
	if q.Samples == "" {
		return rollout.Measurement{Value: value, Samples: 1}, nil
	}
	n, err := e.requests(ctx, q, of, at, window)
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
	nothing      = "the query found nothing"
	noSamples    = "samples found nothing"
	lessThanNone = "the query found less than none, which is no number of things"
)

// Count evaluates the queries as Measure does, where the value is a number of
// things (rollout.Counting): whole ones, though increase extrapolates. Without a
// query named samples nobody knows whether what is absent did not happen.
func (e Engine) Count(ctx context.Context, q Queries, of rollout.Subject, at time.Time, window time.Duration) (rollout.Measurement, error) {
	if window < time.Second || q.Samples == "" {
		return e.Measure(ctx, q, of, at, window)
	}
	value, found, err := e.ask(ctx, "query", q.Value, of, at, window)
	if err != nil {
		return rollout.Measurement{}, err
	}
	if found && !finite(value) {
		return rollout.Measurement{Note: nothing}, nil
	}
	n, err := e.requests(ctx, q, of, at, window)
	if err != nil {
		return rollout.Measurement{}, err
	}
	things := math.Round(value) // 0 where there is no series
	if things > 0 {
		n = max(n, 1)
	}
	switch {
	case things < 0:
		return rollout.Measurement{Note: lessThanNone}, nil
	case n == 0:
		return rollout.Measurement{Note: noSamples}, nil
	}
	return rollout.Measurement{Value: things, Samples: n}, nil
}

// requests returns what the query named samples says; 0 is no data.
func (e Engine) requests(ctx context.Context, q Queries, of rollout.Subject, at time.Time, window time.Duration) (int, error) {
	n, found, err := e.ask(ctx, "samples", q.Samples, of, at, window)
	if err != nil || !found || !finite(n) {
		return 0, err
	}
	return int(max(0, min(math.Round(n), math.MaxInt32))), nil // increase extrapolates
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// ask evaluates one query. found is false where it answered nothing at all.
func (e Engine) ask(ctx context.Context, name, query string, of rollout.Subject, at time.Time, window time.Duration) (value float64, found bool, err error) {
	text, err := render(query, of, window)
	if err != nil {
		return 0, false, err
	}
	seen := &seen{Client: e.Client}
	result, warnings, err := v1.NewAPI(seen).Query(ctx, text, at)
	switch {
	case err != nil:
		return 0, false, e.problem(ctx, name, seen.status, err)
	case slices.ContainsFunc(warnings, serious):
		return 0, false, fmt.Errorf("ask %s: its answer to %s came with a warning, so that something may be missing from it: try it on %s", e.Name, name, e.Page)
	}
	switch v := result.(type) {
	case *model.Scalar:
		value = float64(v.Value)
	case model.Vector:
		switch {
		case len(v) == 0:
			return 0, false, nil
		case len(v) > 1:
			return 0, false, web.Invalid(fmt.Sprintf("%s returned %d series for %s, which have to be one: put sum(…) or max(…) around it", name, len(v), of.Revision))
		case v[0].Histogram != nil: // its value would be read as 0
			return 0, false, web.Invalid(fmt.Sprintf("%s returned a histogram for %s, which has to be one number: put a function such as histogram_quantile(0.95, …) around it", name, of.Revision))
		}
		value = float64(v[0].Value)
	default:
		return 0, false, web.Invalid(fmt.Sprintf("%s returned a %s for %s, which has to be one number: put a function such as rate(…) around a range", name, result.Type(), of.Revision))
	}
	return value, true, nil
}

// serious reports whether a warning may mean that data are missing from the
// answer: a store that did not answer, series that could not be read. What an
// engine tells for information says that the query is odd; some put it among the
// warnings.
func serious(warning string) bool { return !strings.HasPrefix(warning, "PromQL info:") }

// problem says in our own words what went wrong. An error of the client quotes
// the address with the query, and what the engine sent.
func (e Engine) problem(ctx context.Context, name string, status int, err error) error {
	doing := "ask " + e.Name
	var refused *v1.Error
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Errorf("%s: %w: %s", doing, rollout.ErrDenied, e.Denied(status))
	case status == http.StatusBadRequest && e.Plain400:
		return web.Invalid(fmt.Sprintf("%s: it cannot read %s (status 400): try it on %s", doing, name, e.Page))
	case errors.As(err, &refused) && status == http.StatusBadRequest && refused.Type == v1.ErrBadData:
		return web.Invalid(fmt.Sprintf("%s: it cannot read %s (status 400, bad_data): try it on %s", doing, name, e.Page))
	case errors.As(err, &refused) && status == http.StatusUnprocessableEntity && refused.Type == v1.ErrExec:
		return web.Invalid(fmt.Sprintf("%s: it cannot carry out %s (status 422, execution): try it on %s", doing, name, e.Page))
	case status/100 == 2:
		return fmt.Errorf("%s: its answer to %s is not one of Prometheus' (status %d)", doing, name, status)
	case status != 0:
		return fmt.Errorf("%s: it answered %s with status %d", doing, name, status)
	}
	return fmt.Errorf("%s: no answer to %s came", doing, name)
}

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

// Bounded reads no answer without an end: no more than a few megabytes.
func Bounded(next http.RoundTripper) http.RoundTripper { return bounded{next} }

type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = limited{io.LimitReader(resp.Body, bodyLimit), resp.Body}
	return resp, nil
}

type limited struct {
	io.Reader
	io.Closer
}
