package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// S3 asks a region for something about buckets and objects as the sandbox itself: not in
// Calls, and no fault strikes it. A bucket is made with
// <CreateBucketConfiguration>, an object with whatever is in it.
func (s *Sandbox) S3(ctx context.Context, region, method, path, body string) error {
	a, err := s.inner(ctx, "s3", region, method, path, nil, []byte(body))
	if err == nil && a.status >= http.StatusBadRequest {
		err = fail(a.status, a.code, "%s", a.message)
	}
	return err
}

// inItsRegion is a request about a bucket. Names of buckets are those of all
// regions, and one that is sent to another region than the bucket's is refused,
// with the right one in a header
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html,
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html).
func (s *Sandbox) inItsRegion(ctx context.Context, r *request) (*answer, error) {
	at, err := s.bucketRegion(ctx, r.vars["bucket"])
	if err != nil {
		return nil, err
	}
	if at != "" && at != r.region {
		a := render(r, fail(http.StatusMovedPermanently, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint."))
		return a.set("X-Amz-Bucket-Region", at), nil
	}
	a, err := s.forward(ctx, r)
	if err != nil || at == "" {
		return a, err
	}
	return a.set("X-Amz-Bucket-Region", at), nil
}

// bucketRegion asks moto where a bucket is, "" where there is none.
func (s *Sandbox) bucketRegion(ctx context.Context, bucket string) (string, error) {
	a, err := s.inner(ctx, "s3", s.o.Region, http.MethodGet, "/"+bucket+"?location", nil, nil)
	if err != nil {
		return "", fmt.Errorf("ask where %s is: %w", bucket, err)
	}
	if a.status != http.StatusOK {
		return "", nil
	}
	at := strings.Join(between(string(a.body), ">", "</LocationConstraint>"), "")
	at = at[strings.LastIndex(at, ">")+1:]
	if at == "" {
		at = "us-east-1" // which has no constraint
	}
	return at, nil
}

// behindAlias is the key that an alias stands for; where there is none, nobody
// knows of which key.
func (s *Sandbox) behindAlias(r *request, alias string) string {
	var found struct{ KeyMetadata struct{ Arn string } }
	body, err := json.Marshal(map[string]string{"KeyId": alias})
	if err == nil {
		header := http.Header{"X-Amz-Target": {"TrentService.DescribeKey"}, "Content-Type": {"application/x-amz-json-1.1"}}
		var a *answer
		if a, err = s.inner(r.in.Context(), "kms", r.region, http.MethodPost, "/", header, body); err == nil {
			err = json.Unmarshal(a.body, &found)
		}
	}
	if err != nil || found.KeyMetadata.Arn == "" {
		return "arn:aws:kms:" + r.region + ":" + s.account + ":key/*"
	}
	return found.KeyMetadata.Arn
}
