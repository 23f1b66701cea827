package sandbox

import (
	"errors"
	"testing"

	"google.golang.org/api/googleapi"
	diam "google.golang.org/api/iam/v1"
)

func TestServiceAccounts(t *testing.T) {
	w := start(t, Options{})
	w.ServiceAccount("api@demo.iam.gserviceaccount.com", false)
	w.ServiceAccount("old@demo.iam.gserviceaccount.com", true)
	c := must(diam.NewService(w.ctx(), w.plain()...))
	for name, want := range map[string]struct {
		code     int
		disabled bool
	}{
		"projects/-/serviceAccounts/api@demo.iam.gserviceaccount.com":      {200, false},
		"projects/demo/serviceAccounts/old@demo.iam.gserviceaccount.com":   {200, true},
		"projects/-/serviceAccounts/new@demo.iam.gserviceaccount.com":      {404, false},
		"projects/-/serviceAccounts/api@elsewhere.iam.gserviceaccount.com": {403, false},
	} {
		sa, err := c.Projects.ServiceAccounts.Get(name).Do()
		var ge *googleapi.Error
		switch {
		case err == nil && (want.code != 200 || sa.Disabled != want.disabled || sa.Email == ""):
			t.Errorf("%s: %+v", name, sa)
		case err != nil && (!errors.As(err, &ge) || ge.Code != want.code):
			t.Errorf("%s: %v, want %d", name, err, want.code)
		}
	}
	w.Deny("iam.serviceAccounts.get")
	_, err := c.Projects.ServiceAccounts.Get("projects/-/serviceAccounts/api@demo.iam.gserviceaccount.com").Do()
	if err == nil || !contains(err, "Permission 'iam.serviceAccounts.get' denied on resource (or it may not exist).") {
		t.Errorf("denied: %v", err)
	}
}

func TestProjectStubs(t *testing.T) {
	w := start(t, Options{})
	w.GrantProject("roles/run.admin", "user:a@example.com")
	if code, body := w.do("POST", "/v1/projects/demo:getIamPolicy", "{}"); code != 200 || len(body["bindings"].([]any)) != 1 {
		t.Errorf("policy: %d %v", code, body)
	}
	w.Deny("run.services.update")
	if code, body := w.do("POST", "/v3/projects/demo:testIamPermissions", `{"permissions":["run.services.get","run.services.update"]}`); code != 200 || len(body["permissions"].([]any)) != 1 {
		t.Errorf("permissions: %d %v", code, body)
	}
	if code, body := w.do("GET", "/v1/projects/demo/services/run.googleapis.com", ""); code != 200 || body["state"] != "ENABLED" {
		t.Errorf("service usage: %d %v", code, body)
	}
	if code, _ := w.do("POST", "/v1/projects/other:getIamPolicy", "{}"); code != 403 {
		t.Errorf("a foreign project: %d", code)
	}
}
