package httpprobe

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// conversation is the requests of one evaluation at one address, as one user
// would make them. What it remembers may be a session: it is shown nowhere, and
// forgotten with it.
type conversation struct {
	*probe
	here, home address
	who        credential
	cookies    *cookiejar.Jar
	captured   map[string]string
}

// outcome is what came of a conversation.
type outcome struct {
	made       int      // requests to the revision
	faults     []string // what was wrong with their answers
	unprepared string   // what was wrong at what is promoted; nothing was asked then
}

// converse makes the requests in their order. One that needs what was not found
// is not made: why it was not found is told already.
func (p *probe) converse(ctx context.Context, here, home address, who credential) (out outcome) {
	jar, _ := cookiejar.New(nil) // without options it cannot fail; it knows one host, so that nobody has to be kept from another's cookies
	c := conversation{probe: p, here: here, home: home, who: who, cookies: jar, captured: map[string]string{}}
	ctx, cancel := context.WithTimeout(ctx, p.within)
	defer cancel()
	for _, r := range p.requests {
		if c.lacks(r) {
			continue
		}
		fault := c.ask(ctx, r)
		if r.home {
			if fault != "" {
				out.unprepared = fault
				return out
			}
			continue
		}
		out.made++
		if fault != "" {
			out.faults = append(out.faults, fault)
		}
		if ctx.Err() != nil {
			return out
		}
	}
	return out
}

func (c *conversation) lacks(r request) bool {
	return slices.ContainsFunc(r.names(), func(name string) bool { return c.captured[name] == "" })
}

// ask makes one request and returns what is wrong with the answer, or "".
func (c *conversation) ask(ctx context.Context, r request) string {
	at := c.here
	if r.home {
		at = c.home
	}
	name := r.name() + at.of
	within := ctx
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, fault := c.request(ctx, r, at)
	if fault != "" {
		return name + " " + fault
	}
	silence := func(err error) string {
		if within.Err() != nil {
			return "all requests together took longer than " + rollout.Short(c.within)
		}
		return web.Reason(err, c.timeout)
	}
	begun := c.clock.Now()
	resp, err := c.client.Do(req)
	if err != nil {
		return name + " was not answered: " + silence(err)
	}
	defer resp.Body.Close()
	c.cookies.SetCookies(known(req.URL), unbound(resp.Cookies()))
	if !r.status.Accept(resp.StatusCode) {
		return fmt.Sprintf("%s answered %d, not %s", name, resp.StatusCode, r.status)
	}
	var body []byte
	if r.latency > 0 || r.reads() { // else the answer may be a stream without an end
		if body, err = io.ReadAll(io.LimitReader(resp.Body, web.BodyLimit)); err != nil {
			return name + " broke off its answer: " + silence(err)
		}
	}
	if took := c.clock.Now().Sub(begun); r.latency > 0 && took > r.latency {
		return fmt.Sprintf("%s took %s, longer than %s", name, rollout.Short(took), rollout.Short(r.latency))
	}
	fault, doc := r.content(body)
	if fault == "" {
		fault = c.keep(r, resp, body, doc)
	}
	if fault != "" {
		return name + " " + fault
	}
	return ""
}

// request writes a request down, with everything that was captured so far.
func (c *conversation) request(ctx context.Context, r request, at address) (*http.Request, string) {
	target := strings.TrimSuffix(at.base, "/") + r.path.Fill(c.captured, url.PathEscape)
	if r.queries {
		target += "?" + r.query.Fill(c.captured, url.QueryEscape)
	}
	body, text := io.Reader(http.NoBody), ""
	if r.contentType != "" {
		text = r.body.Fill(c.captured, web.EscapeFor(r.contentType))
		body = strings.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, "is no address that could be asked"
	}
	req.Header.Set("User-Agent", web.Agent)
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if !r.headers.Set(req.Header, c.captured) {
		return nil, "needs a header that cannot hold what was captured"
	}
	for _, cookie := range c.cookies.Cookies(known(req.URL)) {
		req.AddCookie(cookie)
	}
	if c.who.token != "" {
		name := "Authorization"
		if req.Header.Get(name) != "" { // the app has it for itself
			name = "X-Serverless-Authorization"
		}
		req.Header.Set(name, "Bearer "+c.who.token)
	}
	if c.who.sign != nil && c.who.sign(req, []byte(text)) != nil {
		return nil, "cannot be signed"
	}
	return req, ""
}

// known is the address under which cookies are kept: one for all addresses of
// the service, as users know one, whichever revision answers them there.
func known(at *url.URL) *url.URL {
	out := &url.URL{Scheme: "http", Host: "service.invalid", Path: at.Path}
	if web.Private(at) { // browsers take this machine for safe too
		out.Scheme = "https"
	}
	return out
}

// unbound takes the domain off cookies: it is that of the users' address, which
// is not the one that is asked.
func unbound(cookies []*http.Cookie) []*http.Cookie {
	for _, c := range cookies {
		c.Domain = ""
	}
	return cookies
}

// capture is a value of an answer that later requests need.
type capture struct {
	name                 string
	json, header, cookie string
	regex                *regexp.Regexp
}

func (c capture) reads() bool { return c.json != "" || c.regex != nil }

func (r request) reads() bool {
	for _, c := range r.captures {
		if c.reads() {
			return true
		}
	}
	return r.text != "" || len(r.json) > 0
}

// keep captures what the request says, all or nothing, and returns what is
// wrong, or "".
func (c *conversation) keep(r request, resp *http.Response, body []byte, doc any) string {
	found := map[string]string{}
	for _, want := range r.captures {
		value := want.in(resp, body, doc)
		if value == "" {
			return "has nothing to capture as " + want.name
		}
		found[want.name] = value
	}
	maps.Copy(c.captured, found)
	return ""
}

// in finds the value in an answer, "" where it is not.
func (c capture) in(resp *http.Response, body []byte, doc any) string {
	switch {
	case c.header != "":
		return resp.Header.Get(c.header)
	case c.cookie != "":
		for _, cookie := range resp.Cookies() {
			if cookie.Name == c.cookie {
				return cookie.Value
			}
		}
	case c.json != "":
		if value, found := web.At(doc, c.json); found && value != nil {
			text, _ := web.Scalar(value)
			return text
		}
	case c.regex != nil:
		if m := c.regex.FindSubmatch(body); m != nil {
			return string(m[1])
		}
	}
	return ""
}
