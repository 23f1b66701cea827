package gcsbucket

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

type values = preflighttest.Values

const inBody = "the body holds a key"

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

// harness is the sandbox, with everything that is asked for.
type harness struct {
	*sandbox.Sandbox
	t        *testing.T
	clock    *clocktest.Clock
	endpoint string
	block    values
}

func start(t *testing.T) *harness {
	h := &harness{t: t, clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))}
	s, err := sandbox.Start(sandbox.Options{Now: h.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	h.Sandbox, h.endpoint = s, s.URL()
	t.Cleanup(s.Close)
	t.Cleanup(func() {
		if v := s.Violations(); len(v) > 0 {
			t.Errorf("violations: %q", v)
		}
	})
	s.Bucket("uploads", sandbox.Bucket{Versioning: true, Objects: []string{"models/v7/a"}})
	s.GrantOn("buckets/uploads", "roles/storage.objectUser", "", "group:all@example.com", member)
	h.block = values{"name": "uploads", "location": "us-central1", "versioning": true, "prefix": "models/v7/", "readable_by": account, "writable_by": account}
	return h
}

func (h *harness) Open(t *testing.T) rollout.Check {
	t.Helper()
	clients := cloud.New(cloud.Config{Google: cloud.Google{Endpoint: h.endpoint}, Clock: h.clock})
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), h.block), clients)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *harness) Become(t *testing.T, s preflighttest.State) bool {
	switch s {
	case preflighttest.Good:
	case preflighttest.Missing:
		h.block["name"] = "none"
	case preflighttest.Denied:
		h.Deny(getBucket, getPolicy, listObjects)
	case preflighttest.Busy:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Throttle, Method: "storage.", Times: 3}))
	case preflighttest.Hangs:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Hang, Method: "storage."}))
	case preflighttest.Babbles:
		h.endpoint = preflighttest.Answering(t, http.StatusOK, inBody)
	}
	return true
}

func (h *harness) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "api-2"}, &rollout.Subject{Revision: "api-1"}
}

func (h *harness) Permission() string { return getBucket }
func (h *harness) Calls() int         { return len(h.Sandbox.Calls()) }
func (h *harness) Secrets() []string  { return []string{inBody} }

// run opens the check and runs it.
func (h *harness) run() []rollout.Finding {
	h.t.Helper()
	return h.Open(h.t).Run(h.t.Context(), nil, nil)
}

func TestOddAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		why    string
	}{
		"nothing":             {200, `{}`, "Cloud Storage answered with something else than that bucket"},
		"no JSON":             {200, inBody, "Cloud Storage gave no answer that could be read"},
		"not authenticated":   {401, inBody, "Cloud Storage does not accept the credentials"},
		"busy for ever":       {503, inBody, "Cloud Storage could not be asked: it answered 503"},
		"refused":             {400, inBody, "Cloud Storage could not be asked: it answered 400"},
		"throttled as of old": {403, `{"error":{"code":403,"errors":[{"reason":"rateLimitExceeded"}]}}`, "Cloud Storage could not be asked: it answered 403"},
		"disabled as of old":  {403, `{"error":{"code":403,"errors":[{"reason":"accessNotConfigured"}]}}`, "the API storage.googleapis.com is not enabled in the project <project of the credentials>"},
		"disabled as of now":  {403, `{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED"}]}}`, "the API storage.googleapis.com is not enabled in the project <project of the credentials>"},
	} {
		h := start(t)
		h.endpoint = preflighttest.Answering(t, c.status, c.body)
		got := h.run()
		if len(got) == 0 || got[0].Status != rollout.Skipped || got[0].Why != c.why {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

const (
	account = "api@demo.iam.gserviceaccount.com"
	member  = "serviceAccount:" + account

	exists = "passed: it exists, in US-CENTRAL1"
	holds  = "passed: it holds objects whose names begin with models/v7/"
	reads  = "passed: api@demo.iam.gserviceaccount.com may read objects: the bucket's own policy gives it roles/storage.objectUser"
	writes = "passed: api@demo.iam.gserviceaccount.com may create objects: the bucket's own policy gives it roles/storage.objectUser"
)

func TestBuckets(t *testing.T) {
	for name, c := range map[string]struct {
		is    sandbox.Bucket
		block values
		want  []string
	}{
		"exists":                 {sandbox.Bucket{}, values{}, []string{exists}},
		"where it should":        {sandbox.Bucket{Location: "eu"}, values{"location": "EU"}, []string{"passed: it exists, in EU"}},
		"elsewhere":              {sandbox.Bucket{Location: "us"}, values{"location": "eu"}, []string{"failed: it is in US, not in EU"}},
		"versioning off":         {sandbox.Bucket{}, values{"versioning": true}, []string{"failed: object versioning is off"}},
		"versioning on":          {sandbox.Bucket{Versioning: true}, values{"versioning": false}, []string{"failed: object versioning is on"}},
		"versioning on as asked": {sandbox.Bucket{Versioning: true}, values{"versioning": true}, []string{exists}},
		"holds it":               {sandbox.Bucket{Objects: []string{"a", "models/v7/x"}}, values{"prefix": "models/v7/"}, []string{exists, holds}},
		"holds something else":   {sandbox.Bucket{Objects: []string{"models/v6/x"}}, values{"prefix": "models/v7/"}, []string{exists, `failed, may pass: no object's name begins with "models/v7/"`}},
		"holds nothing":          {sandbox.Bucket{}, values{"prefix": "models/v7/"}, []string{exists, `failed, may pass: no object's name begins with "models/v7/"`}},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.Bucket("uploads", c.is)
			h.block = c.block
			h.block["name"] = "uploads"
			preflighttest.Expect(t, h.run(), c.want...)
		})
	}
	h := start(t)
	h.Deny(listObjects)
	preflighttest.Expect(t, h.run(), exists, "skipped: storage.objects.list is denied on it, or it does not exist", reads, writes)
	h.block["name"] = "none"
	preflighttest.Expect(t, h.run(), "failed, may pass: there is no such bucket")
}

// Only a literal, unconditional binding proves anything, and nothing disproves.
func TestAccounts(t *testing.T) {
	unknown := func(do, why string) string {
		return "skipped, may pass: whether api@demo.iam.gserviceaccount.com may " + do + " objects is unknown: " + why
	}
	const (
		silent      = "the bucket's own policy does not say so, and it may inherit that from the project or above, or have it by a group or an access control list"
		conditional = "the bucket's own policy says so under a condition, which is not evaluated here"
		refused     = " objects is unknown: storage.buckets.getIamPolicy is denied on it, or it does not exist"
	)
	for name, c := range map[string]struct {
		world       func(h *harness)
		read, write string
	}{
		"nothing": {func(*harness) {}, unknown("read", silent), unknown("create", silent)},
		"reads only": {
			func(h *harness) { h.GrantOn("buckets/uploads", "roles/storage.objectViewer", "", member) },
			"passed: api@demo.iam.gserviceaccount.com may read objects: the bucket's own policy gives it roles/storage.objectViewer", unknown("create", silent),
		},
		"writes only": {
			func(h *harness) { h.GrantOn("buckets/uploads", "roles/storage.objectCreator", "", member) },
			unknown("read", silent), "passed: api@demo.iam.gserviceaccount.com may create objects: the bucket's own policy gives it roles/storage.objectCreator",
		},
		"sees the bucket": {func(h *harness) { h.GrantOn("buckets/uploads", "roles/storage.bucketViewer", "", member) }, unknown("read", silent), unknown("create", silent)},
		"a condition":     {func(h *harness) { h.GrantOn("buckets/uploads", "roles/storage.objectUser", "true", member) }, unknown("read", conditional), unknown("create", conditional)},
		"not permitted": {
			func(h *harness) { h.Deny(getPolicy) },
			"skipped: whether api@demo.iam.gserviceaccount.com may read" + refused, "skipped: whether api@demo.iam.gserviceaccount.com may create" + refused,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.RevokeOn("buckets/uploads")
			c.world(h)
			got := h.run()
			preflighttest.Expect(t, got, exists, holds, c.read, c.write)
			for _, g := range got[2:] {
				if !g.Permission || g.Stops() {
					t.Errorf("got %+v", g)
				}
			}
		})
	}
}

// Nothing that could return what is in an object is ever asked.
func TestQuestions(t *testing.T) {
	h := start(t)
	h.run()
	for _, c := range h.Sandbox.Calls() {
		if !slices.Contains([]string{"storage.GetBucket", "storage.ListObjects", "storage.GetBucketIamPolicy"}, c.Method) || c.Resource != "b/uploads" {
			t.Errorf("asked %s", c)
		}
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		block values
		want  []string
	}{
		"all":         {values{"name": "up.loads_1-x", "location": "northamerica-northeast1", "versioning": false, "prefix": "a", "readable_by": account, "writable_by": account}, nil},
		"two regions": {values{"name": "uploads", "location": "EUR4"}, nil},
		"unknown":     {values{"name": preflighttest.Unknown, "location": preflighttest.Unknown, "versioning": preflighttest.Unknown, "prefix": preflighttest.Unknown}, nil},
		"an address":  {values{"name": "gs://uploads"}, []string{"name"}},
		"capitals":    {values{"name": "Uploads"}, []string{"name"}},
		"nothing":     {values{"name": ""}, []string{"name"}},
		"no location": {values{"name": "uploads", "location": "Europe (multi)"}, []string{"location"}},
		"no prefix":   {values{"name": "uploads", "prefix": ""}, []string{"prefix"}},
		"members":     {values{"name": "uploads", "readable_by": member, "writable_by": "api"}, []string{"readable_by", "writable_by"}},
	} {
		if got := preflighttest.Faulty(t, Kind(), c.block); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if _, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), c.block), nil); (err == nil) != (len(c.want) == 0) {
			t.Errorf("%s: opened with %v", name, err)
		}
	}
}
