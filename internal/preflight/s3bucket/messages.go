package s3bucket

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(name, "S3", "bucket", "aws_s3_bucket.x.arn").Everywhere()

var (
	msgNoName = rollout.Message{
		ID:   "s3_bucket.no_name",
		What: "The name of an s3_bucket is neither a name nor an ARN",
		Why:  `"{name}" has to be 3 to 63 lower-case letters, digits, dots and dashes.`,
		Fix:  "Use aws_s3_bucket.x.id, without s3:// before it; what stands behind it belongs in prefix.",
	}
	msgNoRegion = rollout.Message{
		ID:   "s3_bucket.no_region",
		What: "region is not a region of AWS",
		Why:  `"{region}" has to be like eu-west-1.`,
		Fix:  "Write it as region of aws_s3_bucket has it, or leave it out.",
	}
	msgNoPrefix = rollout.Message{
		ID:   "s3_bucket.no_prefix",
		What: "prefix is empty",
		Why:  "Every object begins with it.",
		Fix:  `Write how the names of the objects begin, such as "models/", or leave it out.`,
	}
	msgElsewhere = rollout.Message{
		ID:  "s3_bucket.elsewhere",
		Why: "it is in {found}, not in {region}",
		Fix: "Correct region, or name another bucket: one cannot be moved.",
	}
	msgNoVersioning = rollout.Message{
		ID:  "s3_bucket.no_versioning",
		Why: "versioning is {status}",
		Fix: "Switch it on, in aws_s3_bucket_versioning or by\n  aws s3api put-bucket-versioning --region {region} --bucket {name} --versioning-configuration Status=Enabled",
	}
	msgVersioning = rollout.Message{
		ID:  "s3_bucket.versioning",
		Why: "versioning is on",
		Fix: "Suspend it, in aws_s3_bucket_versioning or by\n  aws s3api put-bucket-versioning --region {region} --bucket {name} --versioning-configuration Status=Suspended",
	}
	msgEmpty = rollout.Message{
		ID:  "s3_bucket.empty",
		Why: `no object's name begins with "{prefix}"`,
		Fix: "Put there what the revision needs, or correct prefix.",
	}
)

func messages() []rollout.Message {
	return amazon.Messages(msgNoName, msgNoRegion, msgNoPrefix, msgElsewhere, msgNoVersioning, msgVersioning, msgEmpty)
}
