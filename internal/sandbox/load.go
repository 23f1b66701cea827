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
// nobody could take is not counted.
func (s *Sandbox) Load(service string, n int) {
	now := s.now()
	type answer struct {
		revision string
		code     int
		took     time.Duration
	}
	answers := map[answer]int{}
	for range n {
		rev, _ := s.store.pick(service, "")
		if rev == nil {
			continue
		}
		a := answer{revision: rev.id, code: http.StatusOK, took: rev.behaviour.get().Latency}
		if rev.behaviour.fails() {
			a.code = http.StatusInternalServerError
		}
		if limit := rev.template.GetTimeout().AsDuration(); limit > 0 && a.took > limit {
			a.code, a.took = http.StatusGatewayTimeout, limit
		}
		answers[a]++
	}
	for a, count := range answers {
		s.telemetry.add(service, a.revision, a.code, count, a.took, now)
	}
}
