package s3bucket

import (
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

func TestPermissions(t *testing.T) { preflighttest.Permissions(t, Kind(), start) }

// start is an account with a bucket that holds an object. Names of buckets are
// those of all accounts.
func start(t *testing.T) *preflighttest.OnAWS {
	w := preflighttest.NewOnAWS(t, Kind())
	bucket := "uploads-" + w.Account()
	w.S3(w.Region(), http.MethodPut, "/"+bucket, `<CreateBucketConfiguration><LocationConstraint>`+w.Region()+`</LocationConstraint></CreateBucketConfiguration>`)
	version(w, bucket, "Enabled")
	w.S3(w.Region(), http.MethodPut, "/"+bucket+"/models/v7/weights", "s3cret of the sandbox")
	w.Fill["bucket"] = bucket
	w.Block = values{"name": bucket, "region": w.Region(), "versioning": true, "prefix": "models/v7/"}
	w.Gone = func() { w.Block["name"], w.Fill["bucket"] = "none-"+w.Account(), "none-"+w.Account() }
	return w
}

func version(w *preflighttest.OnAWS, bucket, status string) {
	w.S3(w.Region(), http.MethodPut, "/"+bucket+"?versioning=", `<VersioningConfiguration><Status>`+status+`</Status></VersioningConfiguration>`)
}

const exists = "passed: it exists, in eu-central-1"

func TestVersioning(t *testing.T) {
	w := start(t)
	bucket := w.Fill["bucket"]
	w.Block = values{"name": bucket, "versioning": true}
	preflighttest.Expect(t, w.Run(), exists, "passed: versioning is enabled")
	w.Block["versioning"] = false
	preflighttest.Expect(t, w.Run(), exists, "failed: versioning is on")
	version(w, bucket, "Suspended")
	preflighttest.Expect(t, w.Run(), exists, "passed: versioning is suspended")
	w.Block["versioning"] = true
	preflighttest.Expect(t, w.Run(), exists, "failed: versioning is suspended")
	w.S3(w.Region(), http.MethodPut, "/plain-"+w.Account(), `<CreateBucketConfiguration><LocationConstraint>`+w.Region()+`</LocationConstraint></CreateBucketConfiguration>`)
	w.Fill["bucket"] = "*"
	w.Block["name"] = "plain-" + w.Account()
	preflighttest.Expect(t, w.Run(), exists, "failed: versioning is off")
}

func TestPrefix(t *testing.T) {
	w := start(t)
	w.Block = values{"name": "arn:aws:s3:::" + w.Fill["bucket"], "prefix": "models/v7/w"}
	preflighttest.Expect(t, w.Run(), exists, "passed: it holds objects whose names begin with models/v7/w")
	w.Block["prefix"] = "models/v8/"
	preflighttest.Expect(t, w.Run(), exists, `failed, may pass: no object's name begins with "models/v8/"`)
}

// A bucket is found wherever it is, and what else is asked is asked there.
func TestRegion(t *testing.T) {
	w := start(t)
	far := "far-" + w.Account()
	w.S3("ap-southeast-2", http.MethodPut, "/"+far, `<CreateBucketConfiguration><LocationConstraint>ap-southeast-2</LocationConstraint></CreateBucketConfiguration>`)
	w.Fill["bucket"] = "*"
	w.Block = values{"name": far, "versioning": false, "prefix": "a"}
	preflighttest.Expect(t, w.Run(), "passed: it exists, in ap-southeast-2", "passed: versioning is off", `failed, may pass: no object's name begins with "a"`)
	w.Block = values{"name": far, "region": "ap-southeast-2"}
	preflighttest.Expect(t, w.Run(), "passed: it exists, in ap-southeast-2")
	w.Block = values{"name": far, "region": "eu-central-1"}
	preflighttest.Expect(t, w.Run(), "failed: it is in ap-southeast-2, not in eu-central-1")
	w.Block = values{"name": "none-" + w.Account()}
	preflighttest.Expect(t, w.Run(), "failed, may pass: there is no such bucket")
}

// Nothing that could return what is in an object is ever asked.
func TestQuestions(t *testing.T) {
	w := start(t)
	w.Run()
	for _, c := range w.Sandbox.Calls() {
		if !slices.Contains([]string{"s3:HeadBucket", "s3:ListObjectsV2", "s3:GetBucketVersioning"}, c.Action) {
			t.Errorf("asked %+v", c)
		}
	}
}

// What answers in S3's place does not say where the bucket is.
func TestNobodyFromS3(t *testing.T) {
	w := start(t)
	w.Become(t, preflighttest.Babbles)
	preflighttest.Expect(t, w.Run(), "skipped: S3 answered with something else than that bucket")
}

func TestValidate(t *testing.T) {
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":        {values{"name": "up.loads-1", "region": "eu-west-1", "versioning": false, "prefix": "a"}, nil},
		"an ARN":     {values{"name": "arn:aws-cn:s3:::uploads"}, nil},
		"unknown":    {values{"name": preflighttest.Unknown, "region": preflighttest.Unknown, "versioning": preflighttest.Unknown, "prefix": preflighttest.Unknown}, nil},
		"an address": {values{"name": "s3://uploads"}, []string{"name"}},
		"objects":    {values{"name": "arn:aws:s3:::uploads/*"}, []string{"name"}},
		"capitals":   {values{"name": "Uploads"}, []string{"name"}},
		"nothing":    {values{"name": ""}, []string{"name"}},
		"no region":  {values{"name": "uploads", "region": "Frankfurt"}, []string{"region"}},
		"no prefix":  {values{"name": "uploads", "prefix": ""}, []string{"prefix"}},
	})
}
