package cloud

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// AWSName is what somebody calls a thing of AWS: its ARN, or its name, which is
// one within a region of an account.
type AWSName struct {
	// Given is the text as it was written.
	Given string
	// Partition, Region and Account are those of the ARN, "" where there is none
	// or it does not say.
	Partition, Region, Account string
	// Name is what stands behind the sort of thing in an ARN, or the text.
	Name string
}

// ReadAWSName reads an ARN, or a name: before is what stands before the name in
// the ARN ("role/"). It returns false for the ARN of something else. What a name
// looks like is the caller's to say.
func ReadAWSName(text, service, before string) (AWSName, bool) {
	if !strings.HasPrefix(text, "arn:") {
		return AWSName{Given: text, Name: text}, true
	}
	of, err := arn.Parse(text)
	name, ok := strings.CutPrefix(of.Resource, before)
	if err != nil || of.Service != service || !ok {
		return AWSName{}, false
	}
	return AWSName{Given: text, Partition: of.Partition, Region: of.Region, Account: of.AccountID, Name: name}, true
}

// AWSRegion returns the region that a request for a region goes to: "" stands for
// that of the provider's aws block or of the environment, and is returned where
// there is none.
func (c *Clients) AWSRegion(ctx context.Context, region string) string {
	if region != "" {
		return region
	}
	cfg, err := c.awsConfig(ctx)
	if err != nil {
		return "" // whoever asks for something is told why
	}
	return cfg.Region
}

// IsAWSRegion reports whether a text has the form of a region.
func IsAWSRegion(text string) bool { return regionForm.MatchString(text) }

// AWSRegionFlag is what a command of the AWS CLI says of a region; nothing of one that
// is not known.
func AWSRegionFlag(region string) string {
	if region == "" {
		return ""
	}
	return " --region " + region
}
