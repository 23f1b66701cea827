package s3bucket

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	list          = "s3:ListBucket"
	getVersioning = "s3:GetBucketVersioning"
)

// check implements rollout.Check.
type check struct {
	clients    *cloud.Clients
	bucket     cloud.AWSName
	region     string // "" for any
	versioning *bool  // nil for either
	prefix     string // "" for none
}

// Run looks where the bucket is and, where that is right, at everything else that
// is required of it.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.bucket.Given}
	found, err := c.where(ctx)
	switch {
	case ctx.Err() != nil:
		return []rollout.Finding{amazon.Unread(ctx, f, err, list, "")}
	case found != "" && c.region != "" && found != c.region: // S3 says so to whoever asks
		f.Status = rollout.Failed
		return []rollout.Finding{f.Because(msgElsewhere, "found", found, "region", c.region)}
	case err != nil:
		return []rollout.Finding{amazon.Unread(ctx, f, c.inWords(ctx, err), list, "")}
	case found == "":
		return []rollout.Finding{amazon.Odd(f)}
	}
	f.Status, f.Why = rollout.Passed, "it exists, in "+found
	out := []rollout.Finding{f}
	if c.versioning != nil {
		out = append(out, c.keeps(ctx, f, found))
	}
	if c.prefix != "" {
		out = append(out, c.holds(ctx, f, found))
	}
	return out
}

// where returns the bucket's region. A request to another one is refused, and
// told which it is.
func (c check) where(ctx context.Context) (string, error) {
	asked := c.clients.AWSRegion(ctx, c.region)
	for range 2 {
		var said http.Header
		err := c.clients.AWSRest(ctx, asked, "s3", http.MethodHead, "/"+c.bucket.Name, nil, nil, &said)
		found := said.Get("X-Amz-Bucket-Region")
		if err == nil || found == "" || found == asked {
			return found, err
		}
		if c.region != "" {
			return found, err
		}
		asked = found
	}
	return "", nil
}

// inWords is an error that says why: the answer to a HEAD has no text, so that
// what expired and what is throttled look alike.
func (c check) inWords(ctx context.Context, err error) error {
	if said := c.get(ctx, c.region, url.Values{"list-type": {"2"}, "max-keys": {"0"}}, nil); cloud.AWSCode(said) != "" {
		return said
	}
	return err
}

// get asks about the bucket, where it is.
func (c check) get(ctx context.Context, region string, query url.Values, out any) error {
	return c.clients.AWSRest(ctx, region, "s3", http.MethodGet, "/"+c.bucket.Name, query, nil, out)
}

// keeps looks whether old versions are kept. A bucket that never had versioning
// has no status.
func (c check) keeps(ctx context.Context, f rollout.Finding, region string) rollout.Finding {
	var found struct{ Status string }
	if err := c.get(ctx, region, url.Values{"versioning": {""}}, &found); err != nil || ctx.Err() != nil {
		return amazon.Unread(ctx, f, err, getVersioning, "")
	}
	status := "off"
	if found.Status != "" {
		status = strings.ToLower(found.Status)
	}
	on := found.Status == "Enabled"
	f.Status = rollout.Failed
	switch {
	case *c.versioning && !on:
		return f.Because(msgNoVersioning, "status", status, "region", region, "name", c.bucket.Name)
	case !*c.versioning && on:
		return f.Because(msgVersioning, "region", region, "name", c.bucket.Name)
	}
	f.Status, f.Why = rollout.Passed, "versioning is "+status
	return f
}

// holds looks for one object by its name.
func (c check) holds(ctx context.Context, f rollout.Finding, region string) rollout.Finding {
	var found struct {
		Name     string
		Contents []struct{ Key string }
	}
	err := c.get(ctx, region, url.Values{"list-type": {"2"}, "max-keys": {"1"}, "prefix": {c.prefix}}, &found)
	switch {
	case err != nil || ctx.Err() != nil:
		return amazon.Unread(ctx, f, err, list, "")
	case found.Name != c.bucket.Name:
		return amazon.Odd(f)
	case len(found.Contents) == 0:
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgEmpty, "prefix", c.prefix)
	}
	f.Status, f.Why = rollout.Passed, "it holds objects whose names begin with "+c.prefix
	return f
}
