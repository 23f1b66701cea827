package image

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoImage = rollout.Message{
		ID:   "image.no_image",
		What: "The image of an image requirement is not the name of one",
		Why:  `"{image}" cannot be read as one.`,
		Fix:  "Write host/path@sha256:DIGEST, or host/path:TAG.",
	}
	msgNoPlatform = rollout.Message{
		ID:   "image.no_platform",
		What: "platform is not a platform",
		Why:  `"{platform}" has to be like linux/amd64 or linux/arm64/v8.`,
		Fix:  "Leave it out for linux/amd64, which Cloud Run runs.",
	}
	msgGone = rollout.Message{
		ID:  "image.gone",
		Why: "its registry has no such image",
		Fix: "Push it. If this same apply pushes it, refer to what its resource computes, so that it is checked in apply, once it is there.",
	}
	msgOtherPlatform = rollout.Message{
		ID:  "image.other_platform",
		Why: "it is made for {found}, not for {platform}, so it would not start",
		Fix: "Build it for {platform}, such as with docker buildx build --platform {platform}.",
	}
	msgNothingThatRuns = rollout.Message{
		ID:  "image.nothing_that_runs",
		Why: "it is not an image that could run: it names no platform",
		Fix: "Name the image itself: this may be an attestation, a signature or a chart.",
	}
	msgDenied = rollout.Message{
		ID:  "image.denied",
		Why: "the registry does not let it be pulled (at Google: artifactregistry.repositories.downloadArtifacts), or it does not exist",
		Fix: "Let the account that Terraform runs as read the repository: roles/artifactregistry.reader at Google, docker login elsewhere. With an endpoint in the provider's google block no credential is sent to Google's registries.",
	}
	msgNoClient = rollout.Message{
		ID:  "image.no_client",
		Why: "the registry could not be asked: {what}",
		Fix: "{fix}",
	}
	msgInterrupted = rollout.Message{ID: "image.interrupted", Why: "looking at it was interrupted", Fix: "Run Terraform again."}
	msgNoAnswer    = rollout.Message{ID: "image.no_answer", Why: "the registry gave no answer in time", Fix: "Run Terraform again."}
	msgUnread      = rollout.Message{ID: "image.unreadable", Why: "the registry gave no answer that could be read", Fix: "See that the name is right and that this machine reaches the registry (DNS, proxy, firewall), and run Terraform again."}
)

func messages() []rollout.Message {
	return []rollout.Message{
		msgNoImage, msgNoPlatform, msgGone, msgOtherPlatform, msgNothingThatRuns, msgDenied, msgNoClient, msgInterrupted, msgNoAnswer, msgUnread,
	}
}
