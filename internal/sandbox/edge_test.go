package sandbox

import (
	"bufio"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// two makes the service shop with two ready revisions, all traffic on the first.
func (w *world) two(b1, b2 Behaviour) (first, second string) {
	w.t.Helper()
	b1.Version, b2.Version = "v1", "v2"
	if err := w.CreateService(w.ctx(), "shop", must(w.Image("shop/api", "v1", b1))); err != nil {
		w.t.Fatal(err)
	}
	w.clock.pass(w.store.settle)
	first = w.Service("shop").Newest
	w.deploy(first, must(w.Image("shop/api", "v2", b2)), "canary")
	w.clock.pass(w.store.settle)
	return first, w.Service("shop").Newest
}

func (w *world) split(percents map[string]int) {
	w.t.Helper()
	if err := w.Meddle("shop", percents, nil); err != nil {
		w.t.Fatal(err)
	}
}

func TestSplitIsExact(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{}, Behaviour{})
	w.split(map[string]int{first: 90, second: 10})
	got, window := map[string]int{}, map[string]int{}
	for i := range 1000 {
		_, rev, _ := fetch(t, w.ServiceURL("shop"))
		got[rev]++
		window[rev]++
		if i%100 == 99 {
			if window[second] != 10 {
				t.Fatalf("requests %d to %d: %v", i-99, i, window)
			}
			clear(window)
		}
	}
	if !maps.Equal(got, map[string]int{first: 900, second: 100}) {
		t.Errorf("of 1,000 requests at 90/10: %v", got)
	}
}

func TestErrorsAreSpreadEvenly(t *testing.T) {
	w := start(t, Options{})
	_, second := w.two(Behaviour{}, Behaviour{ErrorShare: 0.1})
	w.split(map[string]int{second: 100})
	count := func() (failed int) {
		for range 50 {
			if code, _, _ := fetch(t, w.ServiceURL("shop")); code == 500 {
				failed++
			}
		}
		return failed
	}
	if n := count(); n != 5 {
		t.Errorf("at a share of 0.1, %d of 50 failed", n)
	}
	if err := w.SetBehaviour("shop", second, Behaviour{Version: "v2"}); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 0 {
		t.Errorf("after SetBehaviour %d of 50 failed", n)
	}
	if code, _, body := fetch(t, w.ServiceURL("shop")+"/api/v1/health"); code != 200 || !strings.Contains(body, `"status":"ok"`) {
		t.Errorf("health: %d %s", code, body)
	}
}

func TestRequestsFollowTheSettledSplit(t *testing.T) {
	w := start(t, Options{Settle: time.Minute})
	first, second := w.two(Behaviour{}, Behaviour{})
	must(w.update(splitOf(w, first, 0, second, 100), "traffic"))
	if _, rev, _ := fetch(t, w.ServiceURL("shop")); rev != first {
		t.Errorf("before the reconcile has ended a request went to %s", rev)
	}
	w.clock.pass(time.Minute)
	if _, rev, _ := fetch(t, w.ServiceURL("shop")); rev != second {
		t.Errorf("after it, to %s", rev)
	}
}

// A request in flight over a switch ends where it began, and only then its
// revision stops.
func TestSwitchDrains(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{}, Behaviour{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if code, rev, body := fetch(t, w.ServiceURL("shop")+"/long?ms=400"); code != 200 || rev != first {
			t.Errorf("the long request ended with %d from %s: %s", code, rev, body)
		}
	})
	w.until(func() bool { return w.InFlight("shop", first) == 1 })
	w.split(map[string]int{second: 100})
	if _, rev, _ := fetch(t, w.ServiceURL("shop")); rev != second {
		t.Errorf("a new request went to %s", rev)
	}
	if n := w.InFlight("shop", first); n != 1 {
		t.Errorf("%d requests in flight on the old side while it drains", n)
	}
	wg.Wait()
	w.until(func() bool { return w.InFlight("shop", first) == -1 })
}

func (w *world) until(done func() bool) {
	w.t.Helper()
	for range 200 {
		if done() {
			return
		}
		_ = pause(w.ctx(), 10*time.Millisecond)
	}
	w.t.Fatal("it did not happen within two seconds")
}

// The wrong twin of a drain: everything in flight on the old side is cut.
func TestHardStopCuts(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{}, Behaviour{})
	var wg sync.WaitGroup
	wg.Go(func() {
		req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, w.ServiceURL("shop")+"/long?ms=5000", nil))
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			defer resp.Body.Close()
			if resp.StatusCode == 200 {
				t.Error("the request survived")
			}
		}
	})
	w.until(func() bool { return w.InFlight("shop", first) == 1 })
	w.split(map[string]int{second: 100})
	w.HardStop("shop", first)
	wg.Wait()
}

func TestStreamsSurviveASwitch(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{}, Behaviour{})

	req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, w.ServiceURL("shop")+"/events?ms=500&every=50", nil))
	resp := must(http.DefaultClient.Do(req))
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() || lines.Text() != "event: tick" {
		t.Fatalf("the first event did not come at once: %q", lines.Text())
	}
	c, _, err := websocket.Dial(t.Context(), w.ServiceURL("shop")+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	say := func(text string) string {
		if text != "" {
			if err := c.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		_, data, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if got := say(""); got != first {
		t.Fatalf("the websocket is on %q", got)
	}

	w.split(map[string]int{second: 100})
	fetch(t, w.ServiceURL("shop"))
	if got := say("still here"); got != "still here" {
		t.Errorf("echo after the switch: %q", got)
	}
	var all []string
	for lines.Scan() {
		all = append(all, lines.Text())
	}
	text := strings.Join(all, "\n")
	if !strings.Contains(text, "event: done") || strings.Contains(text, second) || !strings.Contains(text, first) {
		t.Errorf("the stream ended wrongly:\n%s", text)
	}
	w.HardStop("shop", first)
	if _, _, err := c.Read(t.Context()); err == nil {
		t.Error("a hard stop left the websocket open")
	}
}

func TestNoRequestIsLostOverManySwitches(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{Latency: 2 * time.Millisecond}, Behaviour{Latency: 2 * time.Millisecond})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if code, _, body := fetch(t, w.ServiceURL("shop")); code != 200 {
					t.Errorf("status %d: %s", code, body)
					return
				}
			}
		})
	}
	for i := range 20 {
		w.split(map[string]int{first: 100 - 5*i, second: 5 * i})
		_ = pause(w.ctx(), 5*time.Millisecond)
		w.split(map[string]int{[]string{first, second}[i%2]: 100})
	}
	close(stop)
	wg.Wait()
}

func TestTimeoutOfTheRevisionEndsARequest(t *testing.T) {
	w := start(t, Options{})
	first := w.shop()
	w.store.mu.Lock()
	w.store.services["shop"].find(first).template.Timeout.Seconds = 0
	w.store.services["shop"].find(first).template.Timeout.Nanos = 50_000_000
	w.store.mu.Unlock()
	if code, _, _ := fetch(t, w.ServiceURL("shop")+"/long?ms=3000"); code != 504 {
		t.Errorf("got %d, want 504", code)
	}
}
