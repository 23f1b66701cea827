package lambdaalias

import (
	"fmt"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// place is the ARN of an alias, taken apart.
type place struct{ partition, region, account, function, alias string }

// What an ARN of Lambda looks like stands at
// https://docs.aws.amazon.com/lambda/latest/api/API_GetAlias.html.
var (
	functionARN = lazyregexp.New(`^arn:(aws[a-zA-Z-]*):lambda:([a-z]{2}(?:-[a-z]+)+-\d):(\d{12}):function:([a-zA-Z0-9_-]+)$`)
	aliasName   = lazyregexp.New(`^[a-zA-Z0-9_-]*[a-zA-Z_-][a-zA-Z0-9_-]*$`) // a number is a version
	versionName = lazyregexp.New(`^[1-9][0-9]*$`)
)

// parseFunction reads the ARN of a function without a qualifier.
func parseFunction(arn string) (place, error) {
	m := functionARN.FindStringSubmatch(arn)
	if m == nil {
		return place{}, fmt.Errorf("%q is not arn:aws:lambda:REGION:ACCOUNT:function:NAME", arn)
	}
	return place{partition: m[1], region: m[2], account: m[3], function: m[4]}, nil
}

// parseAlias reads the ARN of an alias.
func parseAlias(arn string) (place, error) {
	function, alias := cutQualifier(arn)
	p, err := parseFunction(function)
	if err != nil || !aliasName.MatchString(alias) {
		return place{}, fmt.Errorf("%q is not arn:aws:lambda:REGION:ACCOUNT:function:NAME:ALIAS", arn)
	}
	p.alias = alias
	return p, nil
}

// cutQualifier cuts an ARN into the function and what is behind it, "" where
// nothing is.
func cutQualifier(arn string) (function, qualifier string) {
	if strings.Count(arn, ":") < 7 {
		return arn, ""
	}
	last := strings.LastIndexByte(arn, ':')
	return arn[:last], arn[last+1:]
}

// functionARN is that of the function, to which every qualifier belongs.
func (p place) functionARN() string {
	return fmt.Sprintf("arn:%s:lambda:%s:%s:function:%s", p.partition, p.region, p.account, p.function)
}

// String is the ARN of the alias.
func (p place) String() string { return p.functionARN() + ":" + p.alias }

func (p place) version(r rollout.Revision) string { return p.functionARN() + ":" + string(r) }
