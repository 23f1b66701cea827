package httpjson

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// known are what an address may name. Those from location on are facts of a
// Subject; a platform may lack some.
var known = []string{"revision", "start", "end", "start_unix", "end_unix", "window", "service", "location", "project", "content", "image"}

// source implements rollout.Source and rollout.Counting.
type source struct {
	base, query    web.Template
	queries        bool
	at             string // the address without its query, for messages
	body           web.Template
	contentType    string // "": there is no body
	headers        web.Headers
	value, samples string // paths
	counts         bool   // there are samples
	whole          bool   // all of the question is known
	unit           string
	timeout, delay time.Duration
	client         *http.Client
}

// late is a source whose data arrive late.
type late struct{ *source }

// Delay implements rollout.Delayed.
func (s late) Delay(context.Context, rollout.Subject) (time.Duration, error) { return s.delay, nil }

// Measure asks once.
func (s *source) Measure(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	found, err := s.look(ctx, of, w)
	switch {
	case err != nil:
		return rollout.Measurement{}, err
	case found.note != "" || !found.value || found.samples == 0:
		return rollout.Measurement{Note: found.noted(s)}, nil
	}
	return rollout.Measurement{Value: found.is, Samples: found.samples}, nil
}

// Count implements rollout.Counting. Only samples tell whether what the answer
// lacks did not happen.
func (s *source) Count(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	found, err := s.look(ctx, of, w)
	switch {
	case err != nil || found.note != "":
		return rollout.Measurement{Note: found.note}, err
	case found.value && found.is > 0:
		return rollout.Measurement{Value: found.is, Samples: max(1, found.samples)}, nil
	case found.value && found.is < 0:
		return rollout.Measurement{Note: "what the answer has at " + s.value + " is less than none, which is no number of things"}, nil
	case !found.value && !s.counts, found.samples == 0:
		return rollout.Measurement{Note: found.noted(s)}, nil
	}
	return rollout.Measurement{Value: found.is, Samples: found.samples}, nil
}

// found is what one answer has.
type found struct {
	is      float64
	value   bool // there is one
	samples int  // 1 for a value without a path to samples
	note    string
}

// noted says why there is no data.
func (f found) noted(s *source) string {
	switch {
	case f.note != "":
		return f.note
	case !f.value:
		return "the answer has no number at " + s.value
	}
	return "the answer has no samples at " + s.samples
}

// look asks, and reads both numbers.
func (s *source) look(ctx context.Context, of rollout.Subject, w rollout.Window) (found, error) {
	values, ok := facts(of, w)
	if !ok {
		return found{note: "the window is shorter than a second"}, nil
	}
	doc, err := s.ask(ctx, of, values)
	if err != nil {
		return found{}, err
	}
	out := found{samples: 1}
	if out.is, out.value, err = s.number(doc, s.value); math.IsNaN(out.is) {
		out.note = "the answer has no number at " + s.value
	}
	if err != nil || !s.counts {
		return out, err
	}
	n, has, err := s.number(doc, s.samples)
	out.samples = 0
	if has && !math.IsNaN(n) {
		out.samples = int(max(0, min(math.Round(n), math.MaxInt32)))
	}
	return out, err
}

// facts are what placeholders stand for. The window is cut to whole seconds,
// inwards; ok is false where nothing is left.
func facts(of rollout.Subject, w rollout.Window) (values map[string]string, ok bool) {
	start, end := w.Start.UTC().Truncate(time.Second), w.End.UTC().Truncate(time.Second)
	if start.Before(w.Start) {
		start = start.Add(time.Second)
	}
	values = maps.Clone(of.Facts)
	if values == nil {
		values = map[string]string{}
	}
	values["revision"] = string(of.Revision)
	values["start"], values["end"] = start.Format(time.RFC3339), end.Format(time.RFC3339)
	values["start_unix"], values["end_unix"] = strconv.FormatInt(start.Unix(), 10), strconv.FormatInt(end.Unix(), 10)
	values["window"] = strconv.FormatInt(int64(end.Sub(start)/time.Second), 10)
	return values, start.Before(end)
}

// ask returns the document that is answered.
func (s *source) ask(ctx context.Context, of rollout.Subject, values map[string]string) (any, error) {
	doing := "ask " + s.at
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := s.request(limited, of, values)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, s.silence(ctx, doing, err)
	}
	defer resp.Body.Close()
	if err := s.refused(doing, resp.StatusCode); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, web.BodyLimit))
	if err != nil {
		return nil, s.silence(ctx, doing, err)
	}
	doc, err := web.Document(body)
	switch {
	case err != nil && len(body) == web.BodyLimit:
		return nil, web.Invalid(doing + ": it answered more than 1 MiB, which is too much to look into")
	case err != nil:
		return nil, fmt.Errorf("%s: it answered something that is not JSON (status %d)", doing, resp.StatusCode)
	}
	return doc, nil
}

// silence says why no answer came.
func (s *source) silence(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	return fmt.Errorf("%s: no answer came: %s", doing, web.Reason(err, s.timeout))
}

// refused says what a status means that is not one of 200 to 299.
func (s *source) refused(doing string, status int) error {
	switch {
	case status/100 == 2:
		return nil
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Errorf("%s: %w: it answered %d to a request with %s", doing, rollout.ErrDenied, status, s.headers)
	case status/100 == 3:
		return web.Invalid(fmt.Sprintf("%s: it answered %d, and redirects are not followed: give the address that answers", doing, status))
	case status == http.StatusBadRequest, status == http.StatusMethodNotAllowed, status == http.StatusUnprocessableEntity:
		return web.Invalid(fmt.Sprintf("%s: it cannot answer what is asked (status %d)", doing, status))
	}
	return fmt.Errorf("%s: it answered %d", doing, status)
}

// request writes the question down.
func (s *source) request(ctx context.Context, of rollout.Subject, values map[string]string) (*http.Request, error) {
	for _, t := range []web.Template{s.base, s.query, s.body} {
		if name := t.Lacks(values); name != "" {
			return nil, lacking(name, of)
		}
	}
	for _, name := range s.headers.Names() {
		if values[name] == "" {
			return nil, lacking(name, of)
		}
	}
	target := s.base.Fill(values, url.PathEscape)
	if s.queries {
		target += "?" + s.query.Fill(values, url.QueryEscape)
	}
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if s.contentType != "" {
		method, body = http.MethodPost, strings.NewReader(s.body.Fill(values, web.EscapeFor(s.contentType)))
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, web.Invalid("ask " + s.at + ": with what the platform calls " + string(of.Revision) + " it is no address")
	}
	req.Header.Set("User-Agent", web.Agent)
	req.Header.Set("Accept", "application/json")
	if s.contentType != "" {
		req.Header.Set("Content-Type", s.contentType)
	}
	if !s.headers.Set(req.Header, values) {
		return nil, web.Invalid("ask " + s.at + ": a header cannot hold what the platform calls " + string(of.Revision))
	}
	return req, nil
}

func lacking(name string, of rollout.Subject) error {
	return fmt.Errorf("the platform does not say what {{%s}} is for %s", name, of.Revision)
}

// number reads a number of the answer; found is false where there is none. One
// that nobody can hold is NaN.
func (s *source) number(doc any, path string) (n float64, found bool, err error) {
	value, found := web.At(doc, path)
	if !found {
		list, _ := web.At(doc, strings.TrimSuffix(path, ".length"))
		if path == "length" {
			list = doc
		}
		if l, ok := list.([]any); ok && (path == "length" || strings.HasSuffix(path, ".length")) {
			return float64(len(l)), true, nil
		}
	}
	if !found || value == nil {
		return 0, false, nil
	}
	text, ok := value.(json.Number)
	if !ok {
		return 0, false, web.Invalid(fmt.Sprintf("ask %s: what stands at %s of its answer is not a number", s.at, path))
	}
	n, err = text.Float64()
	if err != nil || math.IsInf(n, 0) { // it is too large
		return math.NaN(), true, nil //nolint:nilerr // that is no data
	}
	return n, true, nil
}
