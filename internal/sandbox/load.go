package sandbox

import (
	"net/http"
	"time"
)

// Load is what users do meanwhile: it divides n requests by the live split, lets
// each revision answer as its Behaviour says, and counts them as answered now, by
// the sandbox's clock. Nothing goes over a network and nothing takes time, so a
// test that moves the clock gets the same traffic each time:
//
//	clock.Every(10*time.Second, func(time.Time) { box.Load("shop", 1000) })
//
// As at the edge, shares are exact over any hundred requests of one split, a
// request that takes longer than the template allows ends with 504, and one that
// nobody could take is not counted. What an app writes is in the log.
func (s *Sandbox) Load(service string, n int) {
	type answer struct {
		rev  *revision
		code int
		took time.Duration
	}
	counts := map[answer]int{}
	var order []answer // of first appearance
	for range n {
		rev, _ := s.store.pick(service, "")
		if rev == nil {
			continue
		}
		a := answer{rev, http.StatusOK, rev.behaviour.get().Latency}
		if rev.behaviour.fails() {
			a.code = http.StatusInternalServerError
		}
		if limit := rev.template.GetTimeout().AsDuration(); limit > 0 && a.took > limit {
			a.code, a.took = http.StatusGatewayTimeout, limit
		}
		if severity, text, writes := rev.behaviour.writes(); writes {
			s.edge.write(rev, severity, text)
		}
		if counts[a]++; counts[a] == 1 {
			order = append(order, a)
		}
	}
	for _, a := range order {
		s.answered(a.rev, a.code, counts[a], a.took)
	}
}

// answered puts what n requests met now where telemetry is read.
func (s *Sandbox) answered(r *revision, code, n int, latency time.Duration) {
	b, at := r.behaviour.get(), s.now()
	s.telemetry.add(r.service.id, r.id, code, n, latency, at)
	s.telemetry.glance(r.service.id, r.id, b.CPU, b.Memory, at)
	s.logs.request(r.service.id, r.id, code, n, at)
}
