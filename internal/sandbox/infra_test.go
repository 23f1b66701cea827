package sandbox

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/pubsub/v1"
	"google.golang.org/api/sqladmin/v1"
	"google.golang.org/api/storage/v1"
)

// wantREST asks for a refusal with this status and text.
func wantREST(t *testing.T, err error, code int, text string) {
	t.Helper()
	var refused *googleapi.Error
	if !errors.As(err, &refused) || refused.Code != code || refused.Message != text {
		t.Errorf("got %v, want %d %s", err, code, text)
	}
}

func TestSQLInstances(t *testing.T) {
	w := start(t, Options{})
	at := w.clock.now().Add(time.Hour)
	w.SQL("db", SQLInstance{
		Maintenance: at,
		Operations:  []SQLOperation{{"RESTART", "RUNNING", w.clock.now()}, {"CREATE", "DONE", w.clock.now()}},
	})
	c := must(sqladmin.NewService(w.ctx(), w.plain()...))
	got := must(c.Instances.Get("demo", "db").Do())
	if got.State != "RUNNABLE" || got.DatabaseVersion != "POSTGRES_16" || got.Settings.ActivationPolicy != "ALWAYS" ||
		got.ConnectionName != "demo:us-central1:db" || got.ScheduledMaintenance.StartTime != at.UTC().Format(time.RFC3339) {
		t.Errorf("got %+v", got)
	}
	if ops := must(c.Operations.List("demo").Instance("db").MaxResults(1).Do()); len(ops.Items) != 1 || ops.Items[0].OperationType != "RESTART" || ops.Items[0].Status != "RUNNING" {
		t.Errorf("got %+v", ops)
	}
	_, err := c.Instances.Get("demo", "none").Do()
	wantREST(t, err, http.StatusNotFound, "The Cloud SQL instance does not exist.")
	_, err = c.Operations.List("demo").Instance("none").Do()
	wantREST(t, err, http.StatusNotFound, "The Cloud SQL instance does not exist.")
	const refused = "boss::NOT_AUTHORIZED: Not authorized to access resource. Possibly missing permission cloudsql.instances.get on resource "
	_, err = c.Instances.Get("elsewhere", "db").Do()
	wantREST(t, err, http.StatusForbidden, refused+"projects/elsewhere/instances/db.")
	w.Deny("cloudsql.instances.get")
	_, err = c.Instances.Get("demo", "db").Do()
	wantREST(t, err, http.StatusForbidden, refused+"projects/demo/instances/db.")
}

func TestPubSub(t *testing.T) {
	w := start(t, Options{})
	w.Topic("orders")
	w.Subscribe("orders-mail", Subscription{Topic: "orders", Detached: true})
	w.Subscribe("old", Subscription{})
	w.GrantOn("topics/orders", "roles/pubsub.publisher", "", "user:a@example.com")
	w.GrantOn("topics/orders", "roles/pubsub.publisher", "request.time < timestamp('2030-01-01T00:00:00Z')", "user:b@example.com")
	c := must(pubsub.NewService(w.ctx(), w.plain()...)).Projects
	if got := must(c.Topics.Get("projects/demo/topics/orders").Do()); got.Name != "projects/demo/topics/orders" {
		t.Errorf("got %+v", got)
	}
	if got := must(c.Subscriptions.Get("projects/demo/subscriptions/orders-mail").Do()); got.Topic != "projects/demo/topics/orders" || !got.Detached || got.State != "ACTIVE" {
		t.Errorf("got %+v", got)
	}
	if got := must(c.Subscriptions.Get("projects/demo/subscriptions/old").Do()); got.Topic != "_deleted-topic_" {
		t.Errorf("got %+v", got)
	}
	whole := must(c.Topics.GetIamPolicy("projects/demo/topics/orders").OptionsRequestedPolicyVersion(3).Do())
	if len(whole.Bindings) != 2 || whole.Bindings[1].Condition == nil || whole.Bindings[1].Role != "roles/pubsub.publisher" {
		t.Errorf("got %+v", whole)
	}
	plain := must(c.Topics.GetIamPolicy("projects/demo/topics/orders").Do())
	if len(plain.Bindings) != 2 || plain.Bindings[1].Condition != nil || plain.Bindings[1].Role == "roles/pubsub.publisher" {
		t.Errorf("a condition that was not asked for is shown as %+v", plain.Bindings[1])
	}
	for _, err := range []error{second(c.Topics.Get("projects/demo/topics/none").Do()), second(c.Topics.GetIamPolicy("projects/demo/topics/none").Do())} {
		wantREST(t, err, http.StatusNotFound, "Resource not found (resource=none).")
	}
	wantREST(t, second(c.Subscriptions.Get("projects/demo/subscriptions/none").Do()), http.StatusNotFound, "Resource not found (resource=none).")
	wantREST(t, second(c.Topics.Get("projects/elsewhere/topics/orders").Do()), http.StatusForbidden, "User not authorized to perform this action.")
}

func second[T any](_ T, err error) error { return err }

func TestBuckets(t *testing.T) {
	w := start(t, Options{})
	w.Bucket("uploads", Bucket{Versioning: true, Objects: []string{"b/2", "a/1"}})
	w.Bucket("plain", Bucket{Location: "eu"})
	c := must(storage.NewService(w.ctx(), option.WithEndpoint(w.URL()+"/storage/v1/"), option.WithoutAuthentication()))
	if got := must(c.Buckets.Get("uploads").Do()); got.Location != "US-CENTRAL1" || !got.Versioning.Enabled {
		t.Errorf("got %+v", got)
	}
	if got := must(c.Buckets.Get("plain").Do()); got.Location != "EU" || got.Versioning != nil {
		t.Errorf("got %+v", got)
	}
	var names []string
	err := c.Objects.List("uploads").Prefix("b/").MaxResults(1).Pages(w.ctx(), func(p *storage.Objects) error {
		for _, o := range p.Items {
			names = append(names, o.Name)
		}
		return nil
	})
	if err != nil || len(names) != 1 || names[0] != "b/2" {
		t.Errorf("got %q, %v", names, err)
	}
	w.GrantOn("buckets/uploads", "roles/storage.objectAdmin", "", "user:a@example.com")
	if got := must(c.Buckets.GetIamPolicy("uploads").OptionsRequestedPolicyVersion(3).Do()); len(got.Bindings) != 1 {
		t.Errorf("got %+v", got)
	}
	for _, err := range []error{second(c.Buckets.Get("none").Do()), second(c.Buckets.GetIamPolicy("none").Do()), second(c.Objects.List("none").Do())} {
		wantREST(t, err, http.StatusNotFound, "The specified bucket does not exist.")
	}
	w.Deny("storage.buckets.get")
	wantREST(t, second(c.Buckets.Get("uploads").Do()), http.StatusForbidden, "Permission 'storage.buckets.get' denied on resource (or it may not exist).")
}

// What is not emulated is refused, and is a violation.
func TestInfraIsStrict(t *testing.T) {
	w := start(t, Options{})
	w.rude = true
	w.Bucket("uploads", Bucket{Objects: []string{"a"}})
	w.SQL("db", SQLInstance{})
	for _, path := range []string{
		"/storage/v1/b/uploads/o?matchGlob=*", "/storage/v1/b/uploads?fields=name", "/v1/projects/demo/operations",
		"/v1/projects/demo/topics", "/storage/v1/b/uploads/o/a",
	} {
		before := len(w.Violations())
		if code, body := w.do("GET", path, ""); code != http.StatusNotImplemented || len(w.Violations()) != before+1 {
			t.Errorf("%s: %d %v", path, code, body)
		}
	}
	if code, _ := w.do("GET", "/storage/v1/b/uploads/o?maxResults=-1", ""); code != http.StatusBadRequest {
		t.Errorf("a negative number: %d", code)
	}
}

func TestImagesForPlatforms(t *testing.T) {
	w := start(t, Options{})
	several := must(w.Index("shop/api", "several", "linux/amd64", "linux/arm64"))
	arm := must(w.ImageFor("shop/api", "arm", "linux/arm64"))
	if n := len(w.Calls()); n > 0 {
		t.Errorf("the sandbox's own images are %d calls", n)
	}
	index := must(remote.Index(must(name.ParseReference(several))))
	var all []string
	for _, m := range must(index.IndexManifest()).Manifests {
		all = append(all, m.Platform.String())
	}
	if len(all) != 3 || all[0] != "linux/amd64" || all[1] != "linux/arm64" || all[2] != "unknown/unknown" {
		t.Errorf("the index has %q", all)
	}
	if p := must(must(remote.Image(must(name.ParseReference(arm)), remote.WithPlatform(v1.Platform{OS: "linux", Architecture: "arm64"}))).ConfigFile()).Platform(); p.String() != "linux/arm64" {
		t.Errorf("the image is for %s", p)
	}
	if n := len(w.Calls()); n == 0 {
		t.Error("what others read is no call")
	}
	w.Deny("artifactregistry.repositories.downloadArtifacts")
	_, err := remote.Get(must(name.ParseReference(arm)))
	var refused *transport.Error
	if !errors.As(err, &refused) || refused.StatusCode != http.StatusForbidden {
		t.Errorf("denied: %v", err)
	}
}
