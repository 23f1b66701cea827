package aws_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// filter returns the numbers of the events that a pattern finds, over all pages.
func (w *world) filter(pattern string) (string, error) {
	w.t.Helper()
	var found []string
	for token := ""; ; {
		q := map[string]any{"logGroupName": "/app", "filterPattern": pattern}
		if token != "" {
			q["nextToken"] = token
		}
		body, err := json.Marshal(q)
		if err != nil {
			w.t.Fatal(err)
		}
		out, err := w.json(w.Admin(), "logs", "Logs_20140328.FilterLogEvents", string(body))
		if err != nil {
			return "", err
		}
		for _, e := range out["events"].([]any) {
			found = append(found, fmt.Sprint(e.(map[string]any)["logStreamName"]))
		}
		if token, _ = out["nextToken"].(string); token == "" {
			return strings.Join(found, ""), nil
		}
	}
}

func TestLogEventsAreFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{PageSize: 2})
	if err := w.CreateLogGroup(t.Context(), "/app"); err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{
		`INFO all is well`, `ERROR payment error 17`, `WARN [db] slow`,
		`{"level":"ERROR","code":503,"path":"/api/pay","tags":["a","b"],"cause":null,"final":true}`,
		`{"level":"INFO","code":200,"path":"/health","user":{"id":7}}`,
	} {
		w.WriteLog("/app", fmt.Sprint(i), text, w.clock.Now().Add(time.Duration(i)*time.Second))
	}
	for pattern, want := range map[string]string{
		"": "01234", "ERROR": "13", "ERROR payment": "1", `"payment error"`: "1", "?payment ?slow": "12", "ERROR -payment": "3",
		"ERROR ?slow": "13", `"[db]"`: "2", "%[0-9]{3}%": "34", `%error \d+%`: "1",
		`{ $.level = "ERROR" }`: "3", `{ $.code >= 500 }`: "3", `{ $.code < 500 || $.path = "/api/*" }`: "34",
		`{ ($.level = "INFO" || $.level = "ERROR") && $.code != 200 }`: "3", `{ $.user.id = 7 }`: "4", `{ $.tags[1] = "b" }`: "3",
		`{ $.cause IS NULL }`: "3", `{ $.final IS TRUE }`: "3", `{ $.user NOT EXISTS }`: "3", `{ $.path = %^/h% }`: "4", `{ $.level != "ERROR" }`: "4",
	} {
		if got, err := w.filter(pattern); err != nil || got != want {
			t.Errorf("%s finds %q %v, want %q", pattern, got, err, want)
		}
	}
	for _, bad := range []string{"{ $.a = }", "{ $.a = 1", "a-b [", "{ a = 1 }", "%(%", `{ $.a > "x" }`} {
		_, err := w.filter(bad)
		refused(t, err, "InvalidParameterException")
	}
	if _, err := w.filter("[a, b]"); err == nil || len(w.Violations()) != 1 {
		t.Errorf("space-delimited: %v %q", err, w.Violations())
	}
	w.ForgetViolations()
	_, err := w.json(w.Admin(), "logs", "Logs_20140328.FilterLogEvents", `{"logGroupName":"/nobody"}`)
	refused(t, err, "ResourceNotFoundException")
	w.LogsLag(time.Minute)
	if got, err := w.filter(""); err != nil || got != "" {
		t.Errorf("too soon: %q %v", got, err)
	}
	w.clock.elapse(time.Minute)
	if got, err := w.filter(""); err != nil || got != "01234" {
		t.Errorf("later: %q %v", got, err)
	}
}
