package ecrimage

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

func TestPermissions(t *testing.T) { preflighttest.Permissions(t, Kind(), start) }

const (
	other   = "sha256:7ee8de99267a111ac25a5b5f6838fb3dbe436e4c93584c34a5b5e277cc05fc51"
	missing = "failed, may pass: there is no such image"
)

// start is an account with an image that has the tag v1.
func start(t *testing.T) *preflighttest.OnAWS {
	w := preflighttest.NewOnAWS(t, Kind())
	w.JSON("ecr", "AmazonEC2ContainerRegistry_V20150921.CreateRepository", map[string]any{"repositoryName": "shop/api"}, nil)
	digest := push(w, "v1")
	w.Fill["repository"] = "shop/api"
	w.Block = values{"image": at(w) + ":v1", "digest": digest}
	w.Gone = func() { w.Block = values{"image": at(w) + ":none"} }
	return w
}

func at(w *preflighttest.OnAWS) string {
	return w.Account() + ".dkr.ecr." + w.Region() + ".amazonaws.com/shop/api"
}

// push puts an image under a tag, and returns its digest.
func push(w *preflighttest.OnAWS, tag string) string {
	manifest := `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{},"layers":[],"annotations":{"tag":"` + tag + `"}}`
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(manifest)))
	w.JSON("ecr", "AmazonEC2ContainerRegistry_V20150921.PutImage", map[string]any{
		"repositoryName": "shop/api", "imageManifest": manifest, "imageDigest": digest, "imageTag": tag,
	}, nil)
	return digest
}

func TestImage(t *testing.T) {
	w := start(t)
	digest := w.Block["digest"].(string)
	for image, why := range map[string]string{
		at(w) + ":v1":           "passed: it is in its repository: " + digest,
		at(w) + "@" + digest:    "passed: it is in its repository",
		at(w) + ":v2@" + digest: "passed: it is in its repository", // the digest counts
		at(w) + ":v2":           missing,
		at(w) + "@" + other:     missing,
	} {
		w.Block = values{"image": image}
		preflighttest.Expect(t, w.Run(), why)
	}
	w.Fill["repository"] = "*"
	w.Block = values{"image": strings.Replace(at(w), "/api", "/none", 1) + ":v1"}
	preflighttest.Expect(t, w.Run(), missing)
}

// A tag that stood for one image stands for another after the next push.
func TestMovedTag(t *testing.T) {
	w := start(t)
	first := w.Block["digest"].(string)
	second := push(w, "v10")
	if first == second {
		t.Fatal("one image")
	}
	w.Block = values{"image": at(w) + ":v10", "digest": first}
	preflighttest.Expect(t, w.Run(), "failed, may pass: its tag stands for "+second+", not for "+first)
}

func TestOddAnswers(t *testing.T) {
	c := check{repository: "shop/api", digest: other}
	for _, a := range []struct{ repository, digest string }{{"shop/web", other}, {"shop/api", ""}, {"shop/api", strings.Replace(other, "7", "8", 1)}} {
		var found answer
		found.ImageDetails = append(found.ImageDetails, struct{ RepositoryName, ImageDigest string }{a.repository, a.digest})
		preflighttest.Expect(t, []rollout.Finding{c.judge(rollout.Finding{}, found)}, "skipped: ECR answered with something else than that image")
	}
}

func TestValidate(t *testing.T) {
	const api = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api"
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"by digest":   {values{"image": api + "@" + other}, nil},
		"by tag":      {values{"image": api + ":v1", "digest": other}, nil},
		"in China":    {values{"image": "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/api:v1"}, nil},
		"validated":   {values{"image": "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/api:v1"}, nil},
		"dual stack":  {values{"image": "123456789012.dkr-ecr.eu-west-1.on.aws/api:v1"}, nil},
		"unknown":     {values{"image": preflighttest.Unknown, "digest": preflighttest.Unknown}, nil},
		"neither":     {values{"image": api}, []string{"image"}},
		"Docker Hub":  {values{"image": "nginx:latest"}, []string{"image"}},
		"public":      {values{"image": "public.ecr.aws/nginx/nginx:latest"}, []string{"image"}},
		"an address":  {values{"image": "https://" + api + ":v1"}, []string{"image"}},
		"nothing":     {values{"image": ""}, []string{"image"}},
		"half a hash": {values{"image": api + ":v1", "digest": "sha256:abc"}, []string{"digest"}},
		"two digests": {values{"image": api + "@" + other, "digest": other}, []string{"digest"}},
	})
}
