package aws

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"golang.org/x/time/rate"
)

// front is where every request arrives.
func (s *Sandbox) front(w http.ResponseWriter, in *http.Request) {
	if strings.HasPrefix(in.URL.Path, "/sandbox/") {
		s.admin().ServeHTTP(w, in)
		return
	}
	r, err := read(in)
	if err == nil {
		err = pause(in.Context(), s.o.Latency)
	}
	if err != nil {
		s.journal.violate("%s %s: %v", in.Method, in.URL.Path, err)
		render(r, unknownRequest{err.Error()}).write(w)
		return
	}
	r.action = s.tables[r.service][r.operation]
	r.resources = s.resources(r)
	c := Call{
		Time: s.now(), Key: r.key, Region: r.region, Action: r.name(), Resource: r.resources[0],
		Write: changes(r.operation, in.Method, r.protocol),
	}
	i := s.journal.begin(c)
	a, effect, err := s.carryOut(in.Context(), c, r)
	if errors.Is(err, errCut) {
		s.journal.end(i, nil, effect)
		cut(w)
		return
	}
	if err != nil {
		if unknown := (unknownRequest{}); errors.As(err, &unknown) {
			s.journal.violate("%s: %s", r.name(), unknown.what)
		}
		a = render(r, err)
	}
	s.journal.end(i, a, effect)
	a.write(w)
}

// carryOut handles c with the faults that strike it; effect reports a write that
// was accepted, even if its answer then got lost.
func (s *Sandbox) carryOut(ctx context.Context, c Call, r *request) (a *answer, effect bool, err error) {
	lost := false
	for _, f := range s.faults.all() {
		if !s.faults.strikes(f, c) {
			continue
		}
		if err := s.refuse(ctx, f, r); err != nil {
			return nil, false, err
		}
		r.trouble = r.trouble.with(f)
		lost = lost || f.Kind == LostAnswer
	}
	if !s.unhurried(r) {
		return nil, false, throttled(r)
	}
	if err := s.allow(r); err != nil {
		return nil, false, err
	}
	a, err = s.handle(ctx, r)
	effect = err == nil && c.Write && a.status < http.StatusBadRequest
	if lost && (effect || err == nil && r.operation == "Invoke") { // which is no write, but what it does is done
		return nil, effect, errCut
	}
	return a, effect, err
}

// unhurried counts a request against the rate of its service.
func (s *Sandbox) unhurried(r *request) bool {
	if s.o.PerSecond == 0 {
		return true
	}
	s.limits.Lock()
	defer s.limits.Unlock()
	l := s.limits.of[r.service]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(s.o.PerSecond), s.o.PerSecond)
		s.limits.of[r.service] = l
	}
	return l.AllowN(s.now(), 1)
}

func (s *Sandbox) handle(ctx context.Context, r *request) (*answer, error) {
	if r.action.do != nil {
		return r.action.do(s, ctx, r)
	}
	return s.forward(ctx, r)
}

// changes reports whether an operation writes: by its verb, and in S3 by the method.
func changes(operation, method string, p protocol) bool {
	if p == restXML {
		return method != http.MethodGet && method != http.MethodHead
	}
	for _, verb := range []string{"GET", "Get", "List", "Describe", "BatchGet", "Filter", "Simulate", "Invoke", "AssumeRole", "Head", "Lookup", "Test", "Search", "Decode", "StartQuery"} {
		if strings.HasPrefix(operation, verb) {
			return false
		}
	}
	return true
}

// cut resets the connection, so that a client cannot know what became of its call.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // the next line resets it, or at least ends it
	}
	_ = conn.Close()
}

// ask asks moto, but for what it has said and is still so.
func (s *Sandbox) ask(ctx context.Context, r *request, method, uri string, header http.Header, body []byte) (*answer, error) {
	if changes(r.operation, method, r.protocol) {
		s.reads.forget()
		defer s.reads.forget()
		return s.exchange(ctx, r, method, uri, header, body)
	}
	question := lasting(r, method, uri, header, body)
	if question == "" {
		return s.exchange(ctx, r, method, uri, header, body)
	}
	known, since := s.reads.get(question)
	if known != nil {
		return known, nil
	}
	a, err := s.exchange(ctx, r, method, uri, header, body)
	if err == nil {
		s.reads.put(question, a, since)
	}
	return a, err
}

// forward asks moto, in the sandbox's account.
func (s *Sandbox) forward(ctx context.Context, r *request) (*answer, error) {
	return s.ask(ctx, r, r.in.Method, r.in.URL.RequestURI(), r.in.Header, r.raw)
}

func (s *Sandbox) exchange(ctx context.Context, r *request, method, uri string, header http.Header, body []byte) (*answer, error) {
	out, err := http.NewRequestWithContext(ctx, method, s.moto.url+uri, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask moto: %w", err)
	}
	out.Header = header.Clone()
	out.Host = s.addr // addresses that moto makes up lead here
	out.Header.Set("X-Moto-Account-Id", s.account)
	out.Header.Del("Accept-Encoding")
	resp, err := s.wires.RoundTrip(out)
	if err != nil {
		return nil, fmt.Errorf("ask moto: %w", err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("ask moto: %w", err)
	}
	a := &answer{status: resp.StatusCode, body: got, header: resp.Header}
	a.header.Del("Connection")
	if resp.StatusCode >= http.StatusBadRequest {
		a.code, a.message = motoError(a)
	}
	if resp.StatusCode == http.StatusInternalServerError || a.code == "" && resp.StatusCode == http.StatusNotFound && method != http.MethodHead && bytes.Contains(got, []byte("<!doctype html>")) {
		return nil, unknownRequest{fmt.Sprintf("moto has no answer to %s: HTTP %d, its log ends with\n%s", r.name(), resp.StatusCode, lastLines(s.moto.Log(), 12))}
	}
	return a, nil
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
