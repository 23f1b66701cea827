package gcsbucket

import (
	"slices"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

type values = preflighttest.Values

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

// start is a project with everything that is asked for.
func start(t *testing.T) *preflighttest.OnGoogle {
	h := preflighttest.NewOnGoogle(t, Kind(), sandbox.Options{})
	h.API, h.Needs = "storage.", []string{getBucket, getPolicy, listObjects}
	h.Gone = func() { h.Block["name"] = "none" }
	h.Bucket("uploads", sandbox.Bucket{Versioning: true, Objects: []string{"models/v7/a"}})
	h.GrantOn("buckets/uploads", "roles/storage.objectUser", "", "group:all@example.com", member)
	h.Block = values{"name": "uploads", "location": "us-central1", "versioning": true, "prefix": "models/v7/", "readable_by": account, "writable_by": account}
	return h
}

func TestOddAnswers(t *testing.T) {
	preflighttest.OddAnswers(t, "Cloud Storage", "storage.googleapis.com", "Cloud Storage answered with something else than that bucket", start)
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
			h.Block = c.block
			h.Block["name"] = "uploads"
			preflighttest.Expect(t, h.Run(), c.want...)
		})
	}
	h := start(t)
	h.Deny(listObjects)
	preflighttest.Expect(t, h.Run(), exists, "skipped: storage.objects.list is denied on it, or it does not exist", reads, writes)
	h.Block["name"] = "none"
	preflighttest.Expect(t, h.Run(), "failed, may pass: there is no such bucket")
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
		world       func(h *preflighttest.OnGoogle)
		read, write string
	}{
		"nothing": {func(*preflighttest.OnGoogle) {}, unknown("read", silent), unknown("create", silent)},
		"reads only": {
			func(h *preflighttest.OnGoogle) {
				h.GrantOn("buckets/uploads", "roles/storage.objectViewer", "", member)
			},
			"passed: api@demo.iam.gserviceaccount.com may read objects: the bucket's own policy gives it roles/storage.objectViewer", unknown("create", silent),
		},
		"writes only": {
			func(h *preflighttest.OnGoogle) {
				h.GrantOn("buckets/uploads", "roles/storage.objectCreator", "", member)
			},
			unknown("read", silent), "passed: api@demo.iam.gserviceaccount.com may create objects: the bucket's own policy gives it roles/storage.objectCreator",
		},
		"sees the bucket": {func(h *preflighttest.OnGoogle) {
			h.GrantOn("buckets/uploads", "roles/storage.bucketViewer", "", member)
		}, unknown("read", silent), unknown("create", silent)},
		"a condition": {func(h *preflighttest.OnGoogle) {
			h.GrantOn("buckets/uploads", "roles/storage.objectUser", "true", member)
		}, unknown("read", conditional), unknown("create", conditional)},
		"not permitted": {
			func(h *preflighttest.OnGoogle) { h.Deny(getPolicy) },
			"skipped: whether api@demo.iam.gserviceaccount.com may read" + refused, "skipped: whether api@demo.iam.gserviceaccount.com may create" + refused,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.RevokeOn("buckets/uploads")
			c.world(h)
			got := h.Run()
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
	h.Run()
	for _, c := range h.Sandbox.Calls() {
		if !slices.Contains([]string{"storage.GetBucket", "storage.ListObjects", "storage.GetBucketIamPolicy"}, c.Method) || c.Resource != "b/uploads" {
			t.Errorf("asked %s", c)
		}
	}
}

func TestValidate(t *testing.T) {
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":         {values{"name": "up.loads_1-x", "location": "northamerica-northeast1", "versioning": false, "prefix": "a", "readable_by": account, "writable_by": account}, nil},
		"two regions": {values{"name": "uploads", "location": "EUR4"}, nil},
		"unknown":     {values{"name": preflighttest.Unknown, "location": preflighttest.Unknown, "versioning": preflighttest.Unknown, "prefix": preflighttest.Unknown}, nil},
		"an address":  {values{"name": "gs://uploads"}, []string{"name"}},
		"capitals":    {values{"name": "Uploads"}, []string{"name"}},
		"nothing":     {values{"name": ""}, []string{"name"}},
		"no location": {values{"name": "uploads", "location": "Europe (multi)"}, []string{"location"}},
		"no prefix":   {values{"name": "uploads", "prefix": ""}, []string{"prefix"}},
		"members":     {values{"name": "uploads", "readable_by": member, "writable_by": "api"}, []string{"readable_by", "writable_by"}},
	})
}
