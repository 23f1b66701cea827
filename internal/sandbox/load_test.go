package sandbox

import (
	"testing"
	"time"
)

// sent counts what the telemetry holds of a revision, by code.
func (w *world) sent(revision string) map[int]int64 {
	out := map[int]int64{}
	for key, samples := range w.telemetry.visible() {
		for _, s := range samples {
			if key.revision == revision {
				out[key.code] += s.n
			}
		}
	}
	return out
}

func TestLoadIsDividedAndAnsweredAsByUsers(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{Latency: 20 * time.Millisecond}, Behaviour{ErrorShare: 0.2})
	w.split(map[string]int{first: 90, second: 10})
	calls := len(w.Calls())
	for range 3 {
		w.clock.pass(10 * time.Second)
		w.Load("shop", 100)
	}
	w.clock.pass(time.Second)
	if got := w.sent(first); len(got) != 1 || got[200] != 270 {
		t.Errorf("the first answered %v, want 270 with 200", got)
	}
	if got := w.sent(second); len(got) != 2 || got[200] != 24 || got[500] != 6 {
		t.Errorf("the second answered %v, want 24 with 200 and 6 with 500", got)
	}
	if now := len(w.Calls()); now != calls {
		t.Errorf("%d calls were made by nobody", now-calls)
	}
}

// TestLoadFollowsWhatChanges: a spike begins and ends by the clock alone.
func TestLoadFollowsWhatChanges(t *testing.T) {
	w := start(t, Options{})
	first, _ := w.two(Behaviour{}, Behaviour{})
	w.split(map[string]int{first: 100})
	for _, b := range []Behaviour{{}, {ErrorShare: 0.6}, {Latency: time.Hour}} {
		if err := w.SetBehaviour("shop", first, b); err != nil {
			t.Fatal(err)
		}
		w.clock.pass(10 * time.Second)
		w.Load("shop", 50)
	}
	w.clock.pass(time.Second)
	if got := w.sent(first); got[200] != 70 || got[500] != 30 || got[504] != 50 {
		t.Errorf("answered %v, want 70 good, 30 bad, and 50 that took too long", got)
	}
}

func TestLoadOnNobodyIsNotCounted(t *testing.T) {
	w := start(t, Options{})
	w.Load("nowhere", 100)
	w.clock.pass(time.Second)
	if got := w.telemetry.visible(); len(got) != 0 {
		t.Errorf("counted %v", got)
	}
}
