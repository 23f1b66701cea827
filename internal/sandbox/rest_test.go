package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	drun "google.golang.org/api/run/v2"
	dsecret "google.golang.org/api/secretmanager/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

func (w *world) plain() []option.ClientOption {
	return []option.ClientOption{option.WithEndpoint(w.URL()), option.WithoutAuthentication()}
}

func (w *world) do(method, path, body string) (int, map[string]any) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.ctx(), method, w.URL()+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		w.t.Fatalf("%s %s: %d %q: %v", method, path, resp.StatusCode, raw, err)
	}
	return resp.StatusCode, out
}

func TestOfficialRESTClient(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{}, Behaviour{})
	c := must(run.NewServicesRESTClient(w.ctx(), w.plain()...))
	sv := must(c.GetService(w.ctx(), &runpb.GetServiceRequest{Name: w.name("shop")}))
	sv.Traffic = splitOf(w, first, 75, second, 25).GetTraffic()
	op := must(c.UpdateService(w.ctx(), &runpb.UpdateServiceRequest{Service: sv, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"traffic"}}}))
	done, err := op.Wait(w.ctx())
	if err != nil || len(done.GetTrafficStatuses()) != 3 || w.Service("shop").Percent[second] != 25 {
		t.Errorf("got %v, %v", done, err)
	}
	_, err = c.UpdateService(w.ctx(), &runpb.UpdateServiceRequest{Service: sv})
	var ge *googleapi.Error
	if !errors.As(err, &ge) || ge.Code != 409 || !strings.Contains(ge.Body, `"status":"ABORTED"`) {
		t.Errorf("a stale etag: %v", err)
	}
	last := w.Calls()[len(w.Calls())-1]
	if last.Face != "rest" || last.Method != "run.UpdateService" || last.ETag != sv.GetEtag() || last.Code != codes.Aborted || !last.Write {
		t.Errorf("journal: %+v", last)
	}
}

func TestDiscoveryClients(t *testing.T) {
	w := start(t, Options{})
	first := w.shop()
	w.Secret("db", Enabled, Disabled)
	r := must(drun.NewService(w.ctx(), w.plain()...))
	sv := must(r.Projects.Locations.Services.Get(w.name("shop")).Do())
	sv.Traffic = []*drun.GoogleCloudRunV2TrafficTarget{{Type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", Revision: first, Percent: 100, Tag: "home"}}
	op := must(r.Projects.Locations.Services.Patch(w.name("shop"), sv).UpdateMask("traffic,template.revision").Do())
	if op = must(r.Projects.Locations.Operations.Wait(op.Name, &drun.GoogleLongrunningWaitOperationRequest{Timeout: "1s"}).Do()); !op.Done || op.Error != nil {
		t.Errorf("operation: %+v", op)
	}
	if v := w.Service("shop"); v.Tags["home"] != first {
		t.Errorf("got %+v", v)
	}
	revs := must(r.Projects.Locations.Services.Revisions.List(w.name("shop")).Do())
	if len(revs.Revisions) != 1 || revs.Revisions[0].Containers[0].Image == "" {
		t.Errorf("revisions: %+v", revs)
	}
	_, err := r.Projects.Locations.Services.Get(w.name("nope")).Do()
	var ge *googleapi.Error
	if !errors.As(err, &ge) || ge.Code != 404 || ge.Message != "Resource 'nope' of kind 'SERVICE' in region 'us-central1' in project 'demo' does not exist." {
		t.Errorf("a missing service: %v", err)
	}

	s := must(dsecret.NewService(w.ctx(), w.plain()...))
	ver := must(s.Projects.Secrets.Versions.Get("projects/demo/secrets/db/versions/latest").Do())
	if ver.Name != "projects/481516234200/secrets/db/versions/2" || ver.State != "DISABLED" {
		t.Errorf("latest: %+v", ver)
	}
	pol := must(s.Projects.Secrets.GetIamPolicy("projects/demo/secrets/db").OptionsRequestedPolicyVersion(3).Do())
	if len(pol.Bindings) != 0 {
		t.Errorf("policy: %+v", pol)
	}
	perms := must(s.Projects.Secrets.TestIamPermissions("projects/demo/secrets/db", &dsecret.TestIamPermissionsRequest{Permissions: []string{"a.b.c"}}).Do())
	if len(perms.Permissions) != 1 {
		t.Errorf("permissions: %+v", perms)
	}
}

// What terraform-provider-google sends: no mask, no etag (measured).
func TestPatchWithoutAMaskReplaces(t *testing.T) {
	w := start(t, Options{})
	first := w.shop(With(func(s *runpb.Service) { s.Description = "gone afterwards" }))
	code, op := w.do("PATCH", "/v2/"+w.name("shop")+"?alt=json", `{"labels":{"a":"b"},"template":{"containers":[{"image":"`+w.Service("shop").Image+`"}]},
		"traffic":[{"percent":100,"revision":"`+first+`","tag":"stable","type":"TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"}]}`)
	if code != 200 || op["done"] == true {
		t.Fatalf("%d %v", code, op)
	}
	if v := w.Service("shop"); v.Labels["a"] != "b" || v.Tags["stable"] != first || w.get().GetDescription() != "" || len(v.Revisions) != 1 {
		t.Errorf("got %+v", v)
	}
}

func TestEnumsAreNumbersWhenAskedFor(t *testing.T) {
	w := start(t, Options{})
	w.shop()
	_, named := w.do("GET", "/v2/"+w.name("shop"), "")
	_, numbered := w.do("GET", "/v2/"+w.name("shop")+"?$alt=json%3Benum-encoding%3Dint", "")
	if named["ingress"] != "INGRESS_TRAFFIC_ALL" || numbered["ingress"] != 1.0 {
		t.Errorf("ingress %v and %v", named["ingress"], numbered["ingress"])
	}
	if named["generation"] != "1" {
		t.Errorf("an int64 must be a string: %v", named["generation"])
	}
}

func TestStrangersAreTurnedAway(t *testing.T) {
	w := start(t, Options{})
	w.rude = true
	w.shop()
	for _, c := range []struct {
		method, path, body string
		code               int
	}{
		{"PATCH", "/v2/" + w.name("shop"), `{"trafficked":[]}`, 400},
		{"GET", "/v2/" + w.name("shop") + "?view=FULL", "", 501},
		{"GET", "/v2/" + w.name("shop") + "?fields=name", "", 501},
		{"PUT", "/v2/" + w.name("shop"), "{}", 501},
		{"GET", "/v2/projects/demo/locations/us-central1/workerPools", "", 501},
		{"GET", "/v3/projects/demo/alertPolicies", "", 501},
		{"POST", "/v1/projects/demo/secrets?secretId=x", "{}", 501},
	} {
		before := len(w.Violations())
		code, body := w.do(c.method, c.path, c.body)
		if code != c.code || len(w.Violations()) != before+1 {
			t.Errorf("%s %s: %d %v; violations %q", c.method, c.path, code, body, w.Violations()[before:])
		}
		if e, ok := body["error"].(map[string]any); !ok || e["message"] == "" || e["status"] == "" {
			t.Errorf("%s %s: not Google's error shape: %v", c.method, c.path, body)
		}
	}
}

func TestForeignPlaces(t *testing.T) {
	w := start(t, Options{})
	w.shop()
	for path, code := range map[string]int{
		"/v2/projects/481516234200/locations/us-central1/services/shop":          200, // the project's number
		"/v2/projects/other/locations/us-central1/services/shop":                 403,
		"/v2/projects/demo/locations/europe-west1/services/shop":                 404,
		"/v2/projects/demo/locations/us-central1/services/shop/revisions/shop-1": 404,
		"/v2/projects/demo/locations/us-central1/operations/nope":                404,
	} {
		if got, body := w.do("GET", path, ""); got != code {
			t.Errorf("%s: %d %v, want %d", path, got, body, code)
		}
	}
}

func TestPayloadsAreOutOfReach(t *testing.T) {
	w := start(t, Options{})
	w.rude = true
	w.Secret("db", Enabled)
	for _, c := range []*secretmanager.Client{
		must(secretmanager.NewClient(w.ctx(), option.WithGRPCConn(w.conn))),
		must(secretmanager.NewRESTClient(w.ctx(), w.plain()...)),
	} {
		_, err := c.AccessSecretVersion(w.ctx(), &secretmanagerpb.AccessSecretVersionRequest{Name: "projects/demo/secrets/db/versions/1"})
		if err == nil || !contains(err, "Permission 'secretmanager.versions.access' denied for resource") {
			t.Errorf("got %v", err)
		}
	}
	if v := w.Violations(); len(v) != 2 {
		t.Errorf("violations: %q", v)
	}
}

func TestListsHavePages(t *testing.T) {
	w := start(t, Options{PageSize: 2})
	first := w.shop()
	for i := range 4 {
		w.deploy(first, must(w.Image("shop/api", "x", Behaviour{Version: string(rune('a' + i))})), "canary")
		w.Secret(string(rune('a'+i)), Enabled, Enabled, Disabled)
	}
	for _, size := range []int32{0, 1, 3, 100} {
		var names []string
		it := w.revisions.ListRevisions(w.ctx(), &runpb.ListRevisionsRequest{Parent: w.name("shop"), PageSize: size})
		for {
			r, err := it.Next()
			if errors.Is(err, iterator.Done) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, lastPart(r.GetName()))
		}
		if strings.Join(names, " ") != strings.Join(w.Service("shop").Revisions, " ") || len(names) != 5 {
			t.Errorf("page size %d: %v", size, names)
		}
	}
	s := must(dsecret.NewService(w.ctx(), w.plain()...))
	one := must(s.Projects.Secrets.Versions.List("projects/demo/secrets/a").Do())
	two := must(s.Projects.Secrets.Versions.List("projects/demo/secrets/a").PageToken(one.NextPageToken).Do())
	if len(one.Versions) != 2 || len(two.Versions) != 1 || one.Versions[0].State != "DISABLED" || two.NextPageToken != "" {
		t.Errorf("pages: %+v %+v", one, two)
	}
	if _, err := s.Projects.Secrets.Versions.List("projects/demo/secrets/b").PageToken(one.NextPageToken).Do(); err == nil {
		t.Error("a token of another list was taken")
	}
}

func TestBrokenConnectionsOverREST(t *testing.T) {
	w := start(t, Options{})
	w.shop()
	c := must(drun.NewService(w.ctx(), w.plain()...))
	w.Fault(Fault{Kind: LostAnswer, Writes: true, Times: 1})
	_, err := c.Projects.Locations.Services.Patch(w.name("shop"), &drun.GoogleCloudRunV2Service{Description: "x"}).UpdateMask("description").Do()
	var ge *googleapi.Error
	if err == nil || errors.As(err, &ge) {
		t.Errorf("want a broken connection, got %v", err)
	}
	if w.get().GetDescription() != "x" || w.Writes() != 1 {
		t.Error("the write had to take effect")
	}
}

func jsonOf(v any) ([]byte, error) { return json.Marshal(v) }
