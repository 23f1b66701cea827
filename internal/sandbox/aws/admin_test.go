package aws_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

func TestControlsForAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	if _, err := w.SeedShop(); err != nil {
		t.Fatal(err)
	}
	call := func(method, path, body string) map[string]any {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, w.URL()+"/sandbox/"+path, bytes.NewBufferString(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		out := map[string]any{}
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
			t.Fatalf("%s: HTTP %d: %v", path, resp.StatusCode, err)
		}
		return out
	}
	if got := call("POST", "functions/shop/aliases/live", `{"version":"1","weights":{"2":1}}`); got["Weights"].(map[string]any)["2"] != 1.0 {
		t.Errorf("the alias: %v", got)
	}
	if got := call("POST", "functions/shop/aliases/live/load", `{"n":10}`); got["2"] != 10.0 {
		t.Errorf("the load: %v", got)
	}
	call("POST", "functions/shop/versions/2/behaviour", `{"errorShare":1}`)
	call("POST", "alarms/late", `{"state":"ALARM"}`)
	if !w.SetAlarm("late", aws.AlarmOK) {
		t.Error("the alarm is not there")
	}
	front, _ := w.front()
	if got := call("POST", "listeners/load", `{"listener":"`+front.Listener+`","n":10}`); got[front.Groups["blue"]] != 10.0 {
		t.Errorf("the load of a listener: %v", got)
	}
	call("POST", "groups/behaviour", `{"group":"`+front.Groups["blue"]+`","errorShare":1}`)
	for path, body := range map[string]string{"tasks/migrate": `{"takes":"soon"}`, "listeners/load": `{"listener":"none"}`, "functions/shop/aliases/live": `{"weight":1}`, "functions/nobody/aliases/live": `{"version":"1"}`, "functions/shop/aliases/nobody/load": `{"n":1}`} {
		if got := call("POST", path, body); got["error"] == nil {
			t.Errorf("%s %s: %v", path, body, got)
		}
	}
}
