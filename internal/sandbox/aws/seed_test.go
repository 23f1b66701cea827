package aws_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

func TestSeedsAreNoCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	ctx := t.Context()
	w.Fault(aws.Fault{Kind: aws.Internal})
	var secret struct{ ARN string }
	if err := w.JSON(ctx, "secretsmanager", "secretsmanager.CreateSecret", map[string]any{"Name": "db", "SecretString": "x"}, &secret); err != nil || !strings.Contains(secret.ARN, w.Account()+":secret:db-") {
		t.Errorf("a secret: %+v %v", secret, err)
	}
	if out, err := w.Query(ctx, "rds", url.Values{"Action": {"CreateDBInstance"}, "DBInstanceIdentifier": {"db"}, "Engine": {"postgres"}, "DBInstanceClass": {"db.t3.micro"}}); err != nil || !strings.Contains(out, w.Account()) {
		t.Errorf("a database: %s %v", out, err)
	}
	if err := w.JSON(ctx, "secretsmanager", "secretsmanager.DescribeSecret", map[string]any{"SecretId": "nobody"}, nil); err == nil || !strings.Contains(err.Error(), "ResourceNotFoundException") {
		t.Errorf("a secret that is not there: %v", err)
	}
	if len(w.Calls()) != 0 {
		t.Errorf("calls: %v", w.Calls())
	}
}

func TestFunctionIsMadeFromABucket(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	ctx := t.Context()
	bucket := "code-" + w.Account()
	if err := w.CreateBucket(ctx, bucket); err != nil {
		t.Fatal(err)
	}
	if err := w.PutObject(ctx, bucket, "a b/v1.zip", []byte("v1")); err != nil {
		t.Fatal(err)
	}
	role := ok[string](t)(w.CreateRole(ctx, "fn", "lambda.amazonaws.com", ""))
	other := ok[string](t)(w.CreateRole(ctx, "ec2", "ec2.amazonaws.com", ""))
	create := func(role, key string) (*lambda.CreateFunctionOutput, error) {
		return w.lambda().CreateFunction(ctx, &lambda.CreateFunctionInput{
			FunctionName: sdk.String("f"), Role: &role, Runtime: types.RuntimeProvidedal2023, Handler: sdk.String("h"), Publish: true,
			Code: &types.FunctionCode{S3Bucket: &bucket, S3Key: &key},
		})
	}
	_, err := create(other, "a b/v1.zip")
	refused(t, err, "InvalidParameterValueException")
	_, err = create(role, "v2.zip")
	refused(t, err, "InvalidParameterValueException")
	f := ok[*lambda.CreateFunctionOutput](t)(create(role, "a b/v1.zip"))
	want := sha256.Sum256([]byte("v1"))
	if *f.Version != "1" || *f.CodeSha256 != base64.StdEncoding.EncodeToString(want[:]) {
		t.Errorf("version %s of code %s", *f.Version, *f.CodeSha256)
	}
	_, err = create(role, "a b/v1.zip")
	refused(t, err, "ResourceConflictException")
}
