package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// versions are those of the query APIs that tests seed.
var versions = map[string]string{
	"autoscaling": "2011-01-01", "ec2": "2016-11-15", "elasticloadbalancing": "2015-12-01", "iam": "2010-05-08", "monitoring": "2010-08-01",
	"rds": "2014-10-31", "sns": "2010-03-31", "sts": "2011-06-15",
}

// Query asks an action of a query API as the sandbox itself, to seed what a test
// needs or to be a foreign writer: it is not in Calls, and no fault strikes it. The
// answer is the XML.
//
//	s.Query(ctx, "rds", url.Values{"Action": {"CreateDBInstance"}, "DBInstanceIdentifier": {"db"}, …})
func (s *Sandbox) Query(ctx context.Context, service string, form url.Values) (string, error) {
	return s.call(ctx, service, s.o.Region, form)
}

// JSON does so with an action of a JSON API, such as "secretsmanager.CreateSecret";
// what is needed of the answer is read into out, which may be nil.
//
//	s.JSON(ctx, "secretsmanager", "secretsmanager.CreateSecret", map[string]any{"Name": "db", "SecretString": "x"}, &out)
func (s *Sandbox) JSON(ctx context.Context, service, target string, in, out any) error {
	return s.askJSON(ctx, service, s.o.Region, target, in, out)
}

// askJSON is JSON in a region.
func (s *Sandbox) askJSON(ctx context.Context, service, region, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("%s: %w", target, err)
	}
	r, err := s.own(ctx, service, region, http.Header{"X-Amz-Target": {target}, "Content-Type": {"application/x-amz-json-1.1"}}, body)
	if err != nil {
		return err
	}
	a, err := s.handle(ctx, r)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return fail(a.status, a.code, "%s", a.message)
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(bytes.NewReader(a.body)).Decode(out); err != nil {
		return fmt.Errorf("%s: %w", target, err)
	}
	return nil
}

// own is a request of the sandbox itself.
func (s *Sandbox) own(ctx context.Context, service, region string, header http.Header, body []byte) (*request, error) {
	in, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", service, err)
	}
	in.Header = header.Clone()
	in.Header.Set("Authorization", scheme+"Credential="+s.Admin().ID+"/20260101/"+region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	r, err := read(in)
	if err != nil {
		return nil, err
	}
	r.action = s.tables[service][r.operation]
	return r, nil
}

// call is Query in a region.
func (s *Sandbox) call(ctx context.Context, service, region string, form url.Values) (string, error) {
	if versions[service] == "" {
		return "", fmt.Errorf("the sandbox does not know the version of %s", service)
	}
	form.Set("Version", versions[service])
	r, err := s.own(ctx, service, region, formHeader, []byte(form.Encode()))
	if err != nil {
		return "", err
	}
	a, err := s.handle(ctx, r)
	if err != nil {
		return "", err
	}
	if a.status != http.StatusOK {
		return "", fail(a.status, a.code, "%s", a.message)
	}
	return string(a.body), nil
}

// CreateBucket makes a bucket in the sandbox's region. Its name is taken for all
// sandboxes of a moto, as names of buckets are: put the account into it.
func (s *Sandbox) CreateBucket(ctx context.Context, bucket string) error {
	body := "<CreateBucketConfiguration><LocationConstraint>" + s.o.Region + "</LocationConstraint></CreateBucketConfiguration>"
	return s.put(ctx, "/"+bucket, []byte(body))
}

// PutObject puts an object into a bucket.
func (s *Sandbox) PutObject(ctx context.Context, bucket, key string, body []byte) error {
	return s.put(ctx, "/"+bucket+"/"+(&url.URL{Path: key}).EscapedPath(), body)
}

func (s *Sandbox) put(ctx context.Context, uri string, body []byte) error {
	a, err := s.inner(ctx, "s3", s.o.Region, http.MethodPut, uri, nil, body)
	if err == nil && a.status != http.StatusOK {
		err = fail(a.status, a.code, "%s", a.message)
	}
	return err
}

// CreateRole makes a role that a service such as "lambda.amazonaws.com" may assume,
// with one inline policy, "" for none, and returns its ARN.
func (s *Sandbox) CreateRole(ctx context.Context, name, service, policyJSON string) (string, error) {
	trust, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Principal": map[string]string{"Service": service}, "Action": "sts:AssumeRole"},
	}})
	if err != nil {
		return "", fmt.Errorf("make the role %s: %w", name, err)
	}
	out, err := s.Query(ctx, "iam", url.Values{"Action": {"CreateRole"}, "RoleName": {name}, "AssumeRolePolicyDocument": {string(trust)}})
	if err != nil || policyJSON == "" {
		return one(out, "Arn"), err
	}
	_, err = s.Query(ctx, "iam", url.Values{"Action": {"PutRolePolicy"}, "RoleName": {name}, "PolicyName": {"inline"}, "PolicyDocument": {policyJSON}})
	return one(out, "Arn"), err
}
