package cloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// AWSSigner returns what signs requests to the user's own addresses as AWS checks
// them (Signature Version 4): service is its name in signatures ("lambda",
// "execute-api"), region "" the provider's. The credentials are those of this
// moment, so a signer is for a few requests, and not to be kept.
func (c *Clients) AWSSigner(ctx context.Context, service, region string) (func(r *http.Request, body []byte) error, error) {
	cfg, _, err := c.awsIn(ctx, region)
	if err != nil {
		return nil, err
	}
	creds, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // signer says what it is
	}
	return func(r *http.Request, body []byte) error {
		hash := payload(service, body)
		r.Header.Set("X-Amz-Content-Sha256", hash)
		return v4.NewSigner().SignHTTP(r.Context(), creds, r, hash, service, cfg.Region, c.config.Clock.Now(), func(o *v4.SignerOptions) {
			o.DisableURIPathEscaping = service == "s3"
		})
	}, nil
}

// payload is what a signature says of a body. VPC Lattice checks none
// (https://docs.aws.amazon.com/vpc-lattice/latest/ug/sigv4-authenticated-requests.html).
func payload(service string, body []byte) string {
	if service == "vpc-lattice-svcs" {
		return "UNSIGNED-PAYLOAD"
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
