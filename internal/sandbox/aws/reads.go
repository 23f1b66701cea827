package aws

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// reads are answers of moto that stay as they are until something is changed in this
// account: its state is nobody else's, and of these it changes nothing by itself. A
// rollout on a test's clock asks the same a thousand times, and moto takes two
// milliseconds of a processor for each.
type reads struct {
	mu      sync.Mutex
	since   int // how often something was changed
	answers map[string]*answer
}

// lastingReads are the operations whose answers last.
var lastingReads = map[string][]string{
	"elasticloadbalancing": {"DescribeTargetGroups", "DescribeTargetGroupAttributes", "DescribeTargetHealth", "DescribeListeners", "DescribeRules"},
	"ecs":                  {"DescribeServices", "DescribeClusters", "DescribeTaskDefinition", "ListServices"},
	"kms":                  {"DescribeKey"},
	"logs":                 {"DescribeLogGroups"},
}

// lasting is the question that a request asks, "" where its answer does not last.
func lasting(r *request, method, uri string, header http.Header, body []byte) string {
	if !slices.Contains(lastingReads[r.service], r.operation) {
		return ""
	}
	return strings.Join([]string{r.service, r.region, method, uri, header.Get("X-Amz-Target"), header.Get("Content-Type"), string(body)}, "\n")
}

// get returns an answer that is still so, nil for none, and the moment that put wants.
func (m *reads) get(question string) (*answer, int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.answers[question].clone(), m.since
}

// put keeps an answer, unless something was changed since it was asked for.
func (m *reads) put(question string, a *answer, since int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.since != since || a.status != http.StatusOK {
		return
	}
	if m.answers == nil {
		m.answers = map[string]*answer{}
	}
	m.answers[question] = a.clone()
}

// forget is for before and after a change.
func (m *reads) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.since++
	m.answers = nil
}

// clone is an answer that its reader may change.
func (a *answer) clone() *answer {
	if a == nil {
		return nil
	}
	out := *a
	out.header, out.body = a.header.Clone(), slices.Clone(a.body)
	return &out
}
