package neon_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/neon"
)

const (
	shop = "shiny-wind-028834"
	main = "ep-silent-smoke-806639"
)

// ask sends a request, and returns the status of its answer.
func ask(t *testing.T, s *neon.Sandbox, method, path, key, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestStrict: what Neon would not know is refused, and is a violation; what it
// refuses is none.
func TestStrict(t *testing.T) {
	now := time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)
	s, err := neon.Start(neon.Options{Now: func() time.Time { return now }, Key: "all"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Endpoint(shop, main, neon.Settings{MinCU: 1, MaxCU: 2, State: "active"})
	one := "/api/v2/projects/" + shop + "/endpoints/" + main
	for _, c := range []struct {
		method, path, key, body string
		status                  int
		violates                bool
	}{
		{"GET", one, "all", "", 200, false},
		{"GET", one, s.KeyOf(shop), "", 200, false},
		{"GET", one, s.KeyOf("another"), "", 404, false},
		{"GET", one, "nobody", "", 401, false},
		{"GET", one + "x", "all", "", 404, false},
		{"GET", "/api/v2/projects/" + shop + "/endpoints", "all", "", 200, false},
		{"GET", "/api/v2/projects/" + shop + "/operations?limit=1000", "all", "", 200, false},
		{"GET", "/api/v2/projects/" + shop + "/operations?limit=1001", "all", "", 400, true},
		{"GET", "/api/v2/projects/" + shop + "/operations?page=2", "all", "", 400, true},
		{"GET", one + "?a=b", "all", "", 400, true},
		{"GET", "/api/v2/projects/" + shop + "/branches", "all", "", 501, true},
		{"GET", "/api/v1/projects", "all", "", 501, true},
		{"DELETE", one, "all", "", 501, true},
		{"PATCH", one, "all", `{"endpoint":{"size":4}}`, 400, true},
		{"PATCH", one, "all", `{"endpoint":{"autoscaling_limit_min_cu":4}}`, 400, false}, // above the largest
		{"PATCH", one, "all", `{"endpoint":{"suspend_timeout_seconds":-1}}`, 200, false},
		{"PATCH", one, "all", `{"endpoint":{"suspend_timeout_seconds":0}}`, 423, false},
	} {
		before := len(s.Violations())
		status := ask(t, s, c.method, c.path, c.key, c.body)
		if violates := len(s.Violations()) > before; status != c.status || violates != c.violates {
			t.Errorf("%s %s %s: %d, a violation: %t", c.method, c.path, c.body, status, violates)
		}
	}
	now = now.Add(5 * time.Minute)
	if status := ask(t, s, "PATCH", one, "all", `{"endpoint":{"suspend_timeout_seconds":0}}`); status != 200 {
		t.Errorf("the operation does not end: %d", status)
	}
}
