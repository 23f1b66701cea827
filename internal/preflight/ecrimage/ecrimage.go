package ecrimage

import (
	"context"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const describe = "ecr:DescribeImages"

// check implements rollout.Check.
type check struct {
	clients                      *cloud.Clients
	image                        string // as it is configured
	registry, region, repository string
	tag, digest                  string // one of them at least; the digest counts
	wanted                       string // what a tag has to stand for; "" for any
}

// answer is the part of what ECR says of images that is looked at.
type answer struct {
	ImageDetails []struct {
		RepositoryName string
		ImageDigest    string
	}
}

// Run asks for the image where its address says that it is.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.image}
	id := map[string]string{"imageTag": c.tag}
	if c.digest != "" {
		id = map[string]string{"imageDigest": c.digest}
	}
	in := map[string]any{"registryId": c.registry, "repositoryName": c.repository, "imageIds": []any{id}}
	var found answer
	err := c.clients.AWSJSON(ctx, c.region, "ecr", "AmazonEC2ContainerRegistry_V20150921.DescribeImages", in, &found)
	switch {
	case err != nil || ctx.Err() != nil:
		f = amazon.Unread(ctx, f, err, describe, "")
	case len(found.ImageDetails) == 0:
		f = amazon.Gone(f, "")
	default:
		f = c.judge(f, found)
	}
	return []rollout.Finding{f}
}

// judge reads an answer. One about another image is no answer.
func (c check) judge(f rollout.Finding, found answer) rollout.Finding {
	image := found.ImageDetails[0]
	switch {
	case image.RepositoryName != c.repository, image.ImageDigest == "", c.digest != "" && image.ImageDigest != c.digest:
		return amazon.Odd(f)
	case c.wanted != "" && image.ImageDigest != c.wanted:
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgMoved, "found", image.ImageDigest, "digest", c.wanted)
	}
	f.Status, f.Why = rollout.Passed, "it is in its repository"
	if c.digest == "" {
		f.Why += ": " + image.ImageDigest
	}
	return f
}
