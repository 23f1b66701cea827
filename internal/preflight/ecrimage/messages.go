package ecrimage

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(name, "ECR", "image", "or the digest that its resource computes").Everywhere()

var (
	msgNoImage = rollout.Message{
		ID:   "ecr_image.no_image",
		What: "The image of an ecr_image is not one in Amazon ECR",
		Why:  `"{image}" has to be like 123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api@sha256:DIGEST, or end with a tag, such as :v42.`,
		Fix:  "Write the image that the platform gets, from repository_url of aws_ecr_repository. For an image of another registry there is the requirement image.",
	}
	msgNoDigest = rollout.Message{
		ID:   "ecr_image.no_digest",
		What: "digest is not a digest",
		Why:  `"{digest}" has to be like sha256: and 64 digits and letters from a to f.`,
		Fix:  "Write the digest that the tag has to stand for, or leave it out.",
	}
	msgTwoDigests = rollout.Message{
		ID:   "ecr_image.two_digests",
		What: "There are two digests for one image",
		Why:  "The image is named by {of} already.",
		Fix:  "Leave digest out, or name the image by its tag.",
	}
	msgMoved = rollout.Message{
		ID:  "ecr_image.moved",
		Why: "its tag stands for {found}, not for {digest}",
		Fix: "Somebody pushed another image under that tag: name the image by its digest, or correct digest.",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{msgNoImage, msgNoDigest, msgTwoDigests, msgMoved}, amazon.Messages()...)
}
