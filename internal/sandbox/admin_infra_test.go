package sandbox

import (
	"strings"
	"testing"

	"google.golang.org/api/option"
	"google.golang.org/api/pubsub/v1"
	"google.golang.org/api/sqladmin/v1"
	"google.golang.org/api/storage/v1"
)

// What is set by hand is what clients of the APIs see, and what is not named
// stays as it was.
func TestAdminMakesWhatARevisionNeeds(t *testing.T) {
	w := start(t, Options{})
	post := func(path, body string) {
		t.Helper()
		if code, out := w.do("POST", "/sandbox"+path, body); code != 200 {
			t.Errorf("%s %s: %d %v", path, body, code, out)
		}
	}
	post("/sql/db", `{"version":"MYSQL_8_0","operations":[{"type":"RESTART","status":"RUNNING"}]}`)
	post("/sql/db", `{"activation":"NEVER","maintenance":"2026-03-04T15:00:00Z"}`)
	sql := must(sqladmin.NewService(w.ctx(), w.plain()...))
	db := must(sql.Instances.Get("demo", "db").Do())
	if db.DatabaseVersion != "MYSQL_8_0" || db.State != "RUNNABLE" || db.Settings.ActivationPolicy != "NEVER" || db.ScheduledMaintenance.StartTime != "2026-03-04T15:00:00Z" {
		t.Errorf("instance: %+v", db)
	}
	if ops := must(sql.Operations.List("demo").Instance("db").Do()); len(ops.Items) != 1 || ops.Items[0].OperationType != "RESTART" {
		t.Errorf("operations: %+v", ops)
	}

	post("/topics/orders", `{}`)
	post("/topics/orders/grants", `{"role":"roles/pubsub.publisher","member":"serviceAccount:a@b"}`)
	post("/subscriptions/mail", `{"topic":"orders"}`)
	post("/subscriptions/mail", `{"detached":true}`)
	queue := must(pubsub.NewService(w.ctx(), w.plain()...))
	if p := must(queue.Projects.Topics.GetIamPolicy("projects/demo/topics/orders").Do()); len(p.Bindings) != 1 || p.Bindings[0].Members[0] != "serviceAccount:a@b" {
		t.Errorf("policy: %+v", p)
	}
	if sub := must(queue.Projects.Subscriptions.Get("projects/demo/subscriptions/mail").Do()); sub.Topic != "projects/demo/topics/orders" || !sub.Detached || sub.State != "ACTIVE" {
		t.Errorf("subscription: %+v", sub)
	}

	post("/buckets/uploads", `{"objects":["b","a"]}`)
	post("/buckets/uploads", `{"versioning":true}`)
	if kept := w.infra.buckets["uploads"].Objects; strings.Join(kept, "") != "ab" {
		t.Errorf("objects: %v", kept)
	}
	post("/buckets/uploads/grants", `{"role":"roles/storage.objectUser","member":"serviceAccount:a@b","condition":"true"}`)
	files := must(storage.NewService(w.ctx(), option.WithEndpoint(w.URL()+"/storage/v1/"), option.WithoutAuthentication()))
	if b := must(files.Buckets.Get("uploads").Do()); !b.Versioning.Enabled || b.Location != "US-CENTRAL1" {
		t.Errorf("bucket: %+v", b)
	}
	if p := must(files.Buckets.GetIamPolicy("uploads").OptionsRequestedPolicyVersion(3).Do()); len(p.Bindings) != 1 || p.Bindings[0].Condition == nil {
		t.Errorf("policy: %+v", p)
	}

	post("/permissions", `{"storage.buckets.get":false}`)
	if _, err := files.Buckets.Get("uploads").Do(); err == nil {
		t.Error("a permission that was taken is still there")
	}
	post("/permissions", `{"storage.buckets.get":true}`)
	must(files.Buckets.Get("uploads").Do())

	post("/accounts/a@b", `{"disabled":true}`)
	if disabled, there := w.vault.accounts["a@b"]; !disabled || !there {
		t.Error("the account is not there, or not disabled")
	}
	post("/images", `{"repo":"shop/api","tag":"arm","platform":"linux/arm64"}`)
}

func TestAdminRefusesWhatItDoesNotKnow(t *testing.T) {
	w := start(t, Options{})
	for path, body := range map[string]string{
		"/sql/db": `{"activated":"NEVER"}`, "/buckets/uploads": `{"versioning":"yes"}`, "/subscriptions/mail": `{"topics":"orders"}`,
		"/topics/orders": `{"state":"ACTIVE"}`, "/topics/orders/grants": `{"role":"roles/pubsub.publisher"}`,
		"/buckets/uploads/grants": `{"member":"serviceAccount:a@b"}`, "/permissions": `{"storage.buckets.get":"no"}`,
		"/accounts/a@b": `{"enabled":true}`, "/images": `{"repo":"r","tag":"t","platform":"linux/arm64","env":{"SANDBOX_VERSION":"v3"}}`,
	} {
		if code, out := w.do("POST", "/sandbox"+path, body); code != 400 || out["error"] == nil {
			t.Errorf("%s %s: %d %v", path, body, code, out)
		}
	}
	if len(w.infra.topics)+len(w.infra.instances)+len(w.infra.buckets)+len(w.infra.subscriptions)+len(w.vault.accounts) != 0 {
		t.Error("what was refused had an effect")
	}
}
