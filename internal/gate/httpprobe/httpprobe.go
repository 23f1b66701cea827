package httpprobe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const bodyLimit = 1 << 20

// request is one question to the revision, and what makes a good answer.
type request struct {
	method, path string
	status       web.Statuses
	latency      time.Duration // 0: any
	text         string        // "": any
	json         []condition
}

// probe implements rollout.Source and rollout.Intrusive.
type probe struct {
	requests []request
	timeout  time.Duration
	client   *http.Client
	clock    rollout.Clock
}

// safe reports whether the request asks, and changes nothing (RFC 9110, 9.2.1).
func (r request) safe() bool {
	return r.method == http.MethodGet || r.method == http.MethodHead || r.method == http.MethodOptions
}

// Harmless implements rollout.Intrusive: the probe without those requests that
// may change something.
func (p *probe) Harmless() rollout.Source {
	rest := *p
	rest.requests = slices.DeleteFunc(slices.Clone(p.requests), func(r request) bool { return !r.safe() })
	if len(rest.requests) == 0 {
		return nil
	}
	return &rest
}

// address is one way in: the revision's own, or the service's.
type address struct {
	base string
	of   string // follows a request in messages
}

func addresses(of rollout.Subject) []address {
	var out []address
	if of.URL != "" {
		out = append(out, address{base: of.URL})
	}
	if of.ServiceURL != "" && of.ServiceURL != of.URL {
		out = append(out, address{base: of.ServiceURL, of: " at the service's address"})
	}
	return out
}

// Measure asks every request at every address, now: a probe has no window.
func (p *probe) Measure(ctx context.Context, of rollout.Subject, _ rollout.Window) (rollout.Measurement, error) {
	ways := addresses(of)
	if len(ways) == 0 {
		return rollout.Measurement{Note: fmt.Sprintf("%s has no address of its own to ask", of.Revision)}, nil
	}
	token, err := credential(ctx, of, ways)
	if err != nil {
		return rollout.Measurement{}, err
	}
	faults := make([]string, len(ways)*len(p.requests))
	var all sync.WaitGroup
	for i, way := range ways {
		for j, r := range p.requests {
			all.Go(func() { faults[i*len(p.requests)+j] = p.ask(ctx, way, token, r) })
		}
	}
	all.Wait()
	if err := ctx.Err(); err != nil { // then the faults are ours, not the revision's
		return rollout.Measurement{}, fmt.Errorf("ask %s: %w", of.Revision, err)
	}
	m := rollout.Measurement{Samples: len(faults)}
	for _, fault := range faults {
		if fault == "" {
			continue
		}
		m.Value++
		if m.Note == "" {
			m.Note = fault
		}
	}
	return m, nil
}

// credential returns what the requests carry, "" where they need nothing.
func credential(ctx context.Context, of rollout.Subject, ways []address) (string, error) {
	if of.Token == nil {
		return "", nil
	}
	for _, way := range ways {
		if at, err := url.Parse(way.base); err != nil || !private(at) {
			return "", errors.New("requests to " + string(of.Revision) + " need a credential, and its address is plain http on another machine, where anybody could read it")
		}
	}
	token, err := of.Token(ctx)
	if err != nil {
		return "", fmt.Errorf("get a credential for requests to %s: %w", of.Revision, err)
	}
	return token, nil
}

// private reports whether nobody else can read what is sent there.
func private(at *url.URL) bool {
	ip := net.ParseIP(at.Hostname())
	return at.Scheme == "https" || at.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// ask makes one request and returns what is wrong with the answer, or "".
func (p *probe) ask(ctx context.Context, way address, token string, r request) string {
	name := r.name() + way.of
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, strings.TrimSuffix(way.base, "/")+r.path, http.NoBody)
	if err != nil {
		return name + " is no address that could be asked"
	}
	req.Header.Set("User-Agent", web.Agent)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	begun := p.clock.Now()
	resp, err := p.client.Do(req)
	if err != nil {
		return name + " was not answered: " + web.Reason(err, p.timeout)
	}
	defer resp.Body.Close()
	if !r.status.Accept(resp.StatusCode) {
		return fmt.Sprintf("%s answered %d, not %s", name, resp.StatusCode, r.status)
	}
	if r.latency == 0 && !r.reads() { // the answer may be a stream without an end
		return ""
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	if err != nil {
		return name + " broke off its answer: " + web.Reason(err, p.timeout)
	}
	if took := p.clock.Now().Sub(begun); r.latency > 0 && took > r.latency {
		return fmt.Sprintf("%s took %s, longer than %s", name, rollout.Short(took), rollout.Short(r.latency))
	}
	if fault := r.content(body); fault != "" {
		return name + " " + fault
	}
	return ""
}

// name is the request without its query, in which people put keys.
func (r request) name() string {
	path, _, _ := strings.Cut(r.path, "?")
	return r.method + " " + path
}

func (r request) reads() bool { return r.text != "" || len(r.json) > 0 }

// content returns what is wrong with the body of an answer, or "".
func (r request) content(body []byte) string {
	if r.text != "" && !strings.Contains(string(body), r.text) {
		return "answered without the text that was asked for"
	}
	if len(r.json) == 0 {
		return ""
	}
	doc, err := document(body)
	if err != nil && len(body) == bodyLimit {
		return "answered more than 1 MiB, which is too much to look into"
	}
	if err != nil {
		return "answered something that is not JSON"
	}
	for _, c := range r.json {
		if fault := c.fault(doc); fault != "" {
			return fault
		}
	}
	return ""
}
