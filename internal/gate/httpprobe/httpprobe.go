package httpprobe

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// request is one question to the revision, and what makes a good answer.
type request struct {
	method      string
	path, query web.Template
	queries     bool   // there is a query
	shown       string // the path as it is written: for messages
	home        bool   // it is made at what is promoted
	trusted     bool   // it changes nothing that matters, whatever its method
	headers     web.Headers
	body        web.Template
	bodyEnv     string // the variable that holds the body
	contentType string // "": there is no body
	secret      bool   // it carries a credential of the user's

	status   web.Statuses
	latency  time.Duration // 0: any
	text     string        // "": any
	json     []condition
	captures []capture
}

// probe implements rollout.Source and rollout.Intrusive.
type probe struct {
	requests   []request
	timeout    time.Duration // of one request
	within     time.Duration // of all together
	identified bool          // requests say who asks
	signing    *signing      // requests are signed; nil: they are not
	client     *http.Client
	clock      rollout.Clock
	clients    *cloud.Clients
}

// signing says for what requests are signed.
type signing struct{ service, region string }

// credential is what the requests of one evaluation say of who asks.
type credential struct {
	token string
	sign  func(r *http.Request, body []byte) error // nil: they are not signed
}

// beside is a probe some of whose requests are made at what is promoted. It
// implements rollout.Comparing too.
type beside struct{ *probe }

// safe reports whether the request asks, and changes nothing (RFC 9110, 9.2.1).
func (r request) safe() bool {
	return r.trusted || r.method == http.MethodGet || r.method == http.MethodHead || r.method == http.MethodOptions
}

// names are the captured values that the request needs.
func (r request) names() []string {
	return slices.Concat(r.path.Names(), r.query.Names(), r.headers.Names(), r.body.Names())
}

// name is the request without its query, in which people put keys.
func (r request) name() string { return r.method + " " + r.shown }

// Harmless implements rollout.Intrusive: the probe up to the first request that
// may change something, or that is made beside what serves. Those after it may
// need its cookies.
func (p *probe) Harmless() rollout.Source {
	rest := *p
	rest.requests = p.requests
	if i := slices.IndexFunc(p.requests, func(r request) bool { return r.home || !r.safe() }); i >= 0 {
		rest.requests = p.requests[:i]
	}
	if len(rest.requests) == 0 {
		return nil
	}
	return &rest
}

// compares reports whether a request is made at what is promoted.
func (p *probe) compares() bool {
	return slices.ContainsFunc(p.requests, func(r request) bool { return r.home })
}

// address is one way in: the revision's own, or the service's.
type address struct {
	base string
	of   string // follows a request in messages
}

func addresses(ctx context.Context, of rollout.Subject) ([]address, error) {
	var out []address
	if of.URL != "" {
		out = append(out, address{base: of.URL})
	}
	if of.ServiceURL == nil {
		return out, nil
	}
	base, err := of.ServiceURL(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the users' own way to %s: %w", of.Revision, err)
	}
	if base != "" && base != of.URL {
		out = append(out, address{base: base, of: " at the service's address"})
	}
	return out, nil
}

// Measure has one conversation at every address, now: a probe has no window.
func (p *probe) Measure(ctx context.Context, of rollout.Subject, _ rollout.Window) (rollout.Measurement, error) {
	return p.measure(ctx, of, address{})
}

// Measure implements rollout.Source. Nobody is there to compare with.
func (b beside) Measure(_ context.Context, of rollout.Subject, _ rollout.Window) (rollout.Measurement, error) {
	return rollout.Measurement{Note: fmt.Sprintf("nobody is promoted with whom %s could be compared", of.Revision)}, nil
}

// MeasureBeside implements rollout.Comparing: each conversation begins at home.
func (b beside) MeasureBeside(ctx context.Context, of, home rollout.Subject, _ rollout.Window) (rollout.Measurement, error) {
	if home.URL == "" {
		return rollout.Measurement{Note: fmt.Sprintf("%s, which is promoted, has no address of its own to ask", home.Revision)}, nil
	}
	return b.measure(ctx, of, address{base: home.URL, of: fmt.Sprintf(" at %s, which is promoted,", home.Revision)})
}

func (p *probe) measure(ctx context.Context, of rollout.Subject, home address) (rollout.Measurement, error) {
	ways, err := addresses(ctx, of)
	if err != nil {
		return rollout.Measurement{}, err
	}
	if len(ways) == 0 {
		return rollout.Measurement{Note: fmt.Sprintf("%s has no address of its own to ask", of.Revision)}, nil
	}
	who, err := p.credential(ctx, of, append(slices.Clone(ways), home))
	if err != nil {
		return rollout.Measurement{}, err
	}
	said := make([]outcome, len(ways))
	var all sync.WaitGroup
	for i, way := range ways {
		all.Go(func() { said[i] = p.converse(ctx, way, home, who) })
	}
	all.Wait()
	if err := ctx.Err(); err != nil { // then the faults are ours, not the revision's
		return rollout.Measurement{}, fmt.Errorf("ask %s: %w", of.Revision, err)
	}
	var m rollout.Measurement
	for _, o := range said {
		if o.unprepared != "" {
			return rollout.Measurement{Note: o.unprepared + ": nothing can be said of " + string(of.Revision)}, nil
		}
		m.Samples += o.made
		m.Value += float64(len(o.faults))
		if m.Note == "" && len(o.faults) > 0 {
			m.Note = o.faults[0]
		}
	}
	return m, nil
}

// credential returns what the requests carry, nothing where they need none. No
// credential goes over a network in clear.
func (p *probe) credential(ctx context.Context, of rollout.Subject, ways []address) (credential, error) {
	var out credential
	secret := p.identified || p.signing != nil || slices.ContainsFunc(p.requests, func(r request) bool { return r.secret })
	for _, way := range ways {
		if at, err := url.Parse(way.base); secret && way.base != "" && (err != nil || !web.Private(at)) {
			return out, web.Invalid("requests to " + string(of.Revision) + " carry a credential, and its address is plain http on another machine, where anybody could read it")
		}
	}
	var err error
	switch {
	case p.signing != nil:
		region := p.signing.region
		if region == "" {
			region = of.Facts["region"]
		}
		out.sign, err = p.clients.AWSSigner(ctx, p.signing.service, region)
	case p.identified && of.Token == nil:
		return out, web.Invalid(`auth = "google_id_token" is for Cloud Run, and the platform of ` + string(of.Revision) + " has no such tokens")
	case p.identified:
		out.token, err = of.Token(ctx)
	}
	if err != nil {
		return out, fmt.Errorf("get a credential for requests to %s: %w", of.Revision, err)
	}
	return out, nil
}

// content returns what is wrong with the body of an answer, or "", and the
// document that it is, if that was asked for.
func (r request) content(body []byte) (fault string, doc any) {
	if r.text != "" && !strings.Contains(string(body), r.text) {
		return "answered without the text that was asked for", nil
	}
	if len(r.json) == 0 && !slices.ContainsFunc(r.captures, func(c capture) bool { return c.json != "" }) {
		return "", nil
	}
	doc, err := web.Document(body)
	if err != nil && len(body) == web.BodyLimit {
		return "answered more than 1 MiB, which is too much to look into", nil
	}
	if err != nil {
		return "answered something that is not JSON", nil
	}
	for _, c := range r.json {
		if fault := c.fault(doc); fault != "" {
			return fault, nil
		}
	}
	return "", doc
}

// condition is something that must hold of a JSON document: there is a value at
// path, and it is equals, unless that is nil.
type condition struct {
	path   string
	equals *string
}

// fault returns what is wrong with the document, or "".
func (c condition) fault(doc any) string {
	value, found := web.At(doc, c.path)
	switch {
	case !found, value == nil && c.equals == nil:
		return "has no value at " + c.path
	case c.equals == nil:
		return ""
	}
	if text, plain := web.Scalar(value); !plain || text != *c.equals {
		return "has another value at " + c.path + " than was asked for"
	}
	return ""
}
