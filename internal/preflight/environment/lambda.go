package environment

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	getAlias         = "lambda:GetAlias"
	getConfiguration = "lambda:GetFunctionConfiguration"
	getConcurrency   = "lambda:GetFunctionConcurrency"
	getProvisioned   = "lambda:GetProvisionedConcurrencyConfig"
)

// rolloutMark is what rollouts write at the end of an alias's description while
// they go on.
var rolloutMark = lazyregexp.New(`\[rollout(?: [a-z]+=[^\]\s]*)*\]\s*$`)

var versionForm = lazyregexp.New(`^([0-9]+|\$LATEST)$`)

// alias is what stands behind the name of a function; "" where a version does, or
// nothing.
func (p place) alias() string {
	_, qualifier, _ := strings.Cut(p.function.Name, ":")
	if versionForm.MatchString(qualifier) {
		return ""
	}
	return qualifier
}

// lambda reads an alias, and the version that most requests get.
func (p place) lambda(ctx context.Context, clients *cloud.Clients) (deployed, trouble) {
	client, err := clients.Lambda(ctx, clients.AWSRegion(ctx, p.function.Region))
	if err != nil {
		return deployed{}, p.unread(getConfiguration, err)
	}
	limited, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	plain, version, _ := strings.Cut(p.function.Name, ":")
	function := strings.TrimSuffix(p.function.Given, ":"+version)
	out := deployed{families: []string{"env.", "layer."}}
	if alias := p.alias(); alias != "" {
		a, err := client.GetAlias(limited, &lambda.GetAliasInput{FunctionName: &function, Name: &alias})
		switch {
		case err != nil:
			return deployed{}, p.unread(getAlias, err)
		case aws.ToString(a.Name) != alias:
			return deployed{}, p.says(rollout.Skipped, msgOdd)
		}
		split := splitOf(a)
		version, out.moving = string(most(split)), movingAlias(a, split)
	}
	in := &lambda.GetFunctionConfigurationInput{FunctionName: &function}
	if version != "" {
		in.Qualifier = &version
	}
	c, err := client.GetFunctionConfiguration(limited, in)
	switch {
	case err != nil:
		return deployed{}, p.unread(getConfiguration, err)
	case aws.ToString(c.FunctionName) != plain:
		return deployed{}, p.says(rollout.Skipped, msgOdd)
	case c.Environment != nil && c.Environment.Error != nil:
		return deployed{}, p.says(rollout.Skipped, msgHidden)
	}
	out.live = or(version, "$LATEST")
	out.functionOf(c)
	return out, p.concurrency(limited, client, function, &out)
}

// splitOf is how an alias divides requests.
func splitOf(a *lambda.GetAliasOutput) rollout.Split {
	out, rest := rollout.Split{}, rollout.Whole
	if a.RoutingConfig != nil {
		for v, part := range a.RoutingConfig.AdditionalVersionWeights {
			if w := rollout.Weight(math.Ceil(part * float64(rollout.Whole))); w > 0 {
				out[rollout.Revision(v)] = w
				rest -= w
			}
		}
	}
	if v := aws.ToString(a.FunctionVersion); v != "" && rest > 0 {
		out[rollout.Revision(v)] += rest
	}
	return out
}

func movingAlias(a *lambda.GetAliasOutput, split rollout.Split) string {
	switch {
	case split.Sole() == "":
		return "live is " + split.String()
	case rolloutMark.MatchString(aws.ToString(a.Description)):
		return "a rollout of it is not over: its mark stands in the description of the alias"
	}
	return ""
}

// functionOf adds what is said of a version.
func (d *deployed) functionOf(c *lambda.GetFunctionConfigurationOutput) {
	of := codeOf(aws.ToString(c.CodeSha256))
	d.artifacts = []artifact{of}
	a := adds{to: &d.settings}
	a.artifact("code", of)
	storage, start, format := int32(512), "None", "Text" //nolint:mnd // what AWS gives where nothing is said
	if c.EphemeralStorage != nil {
		storage = aws.ToInt32(c.EphemeralStorage.Size)
	}
	if c.SnapStart != nil {
		start = string(c.SnapStart.ApplyOn)
	}
	if c.LoggingConfig != nil {
		format = string(c.LoggingConfig.LogFormat)
	}
	tracing := "PassThrough"
	if c.TracingConfig != nil {
		tracing = string(c.TracingConfig.Mode)
	}
	architecture := string(types.ArchitectureX8664)
	if len(c.Architectures) > 0 {
		architecture = string(c.Architectures[0])
	}
	for key, value := range map[string]string{
		"package":           strings.ToLower(string(c.PackageType)),
		"runtime":           or(string(c.Runtime), "none"),
		"handler":           or(aws.ToString(c.Handler), "none"),
		"architecture":      architecture,
		"memory":            fmt.Sprintf("%d MiB", aws.ToInt32(c.MemorySize)),
		"ephemeral_storage": fmt.Sprintf("%d MiB", storage),
		"timeout":           rollout.Short(time.Duration(aws.ToInt32(c.Timeout)) * time.Second),
		"identity":          map[bool]string{true: "own", false: "none"}[aws.ToString(c.Role) != ""],
		"encryption_key":    there(aws.ToString(c.KMSKeyArn) != ""),
		"network":           there(c.VpcConfig != nil && len(c.VpcConfig.SubnetIds) > 0),
		"dead_letters":      there(c.DeadLetterConfig != nil && aws.ToString(c.DeadLetterConfig.TargetArn) != ""),
		"file_systems":      fmt.Sprint(len(c.FileSystemConfigs)),
		"tracing":           tracing,
		"snap_start":        start,
		"log_format":        format,
	} {
		a.add(key, value)
	}
	var command []string
	if of := c.ImageConfigResponse; of != nil && of.ImageConfig != nil {
		command = slices.Concat(of.ImageConfig.EntryPoint, of.ImageConfig.Command)
	}
	a.hide("command", command...)
	for _, l := range c.Layers {
		if parts := strings.Split(aws.ToString(l.Arn), ":"); len(parts) > 1 {
			a.add("layer."+parts[len(parts)-2], "version "+parts[len(parts)-1])
		}
	}
	if c.Environment != nil {
		for _, name := range slices.Sorted(maps.Keys(c.Environment.Variables)) {
			a.plain(name)
		}
	}
}

// concurrency adds what is reserved for a function, and kept warm for an alias.
func (p place) concurrency(ctx context.Context, client *lambda.Client, function string, d *deployed) trouble {
	if p.artifactsAlone {
		return nil
	}
	a := adds{to: &d.settings}
	reserved, err := client.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: &function})
	if err != nil {
		return p.unread(getConcurrency, err)
	}
	value := "none"
	if reserved.ReservedConcurrentExecutions != nil {
		value = fmt.Sprint(*reserved.ReservedConcurrentExecutions)
	}
	a.add("reserved_concurrency", value)
	value = "none"
	for _, qualifier := range []string{p.alias(), d.live} {
		if qualifier == "" || qualifier == "$LATEST" || value != "none" {
			continue
		}
		warm, err := client.GetProvisionedConcurrencyConfig(ctx, &lambda.GetProvisionedConcurrencyConfigInput{FunctionName: &function, Qualifier: &qualifier})
		switch {
		case err != nil && cloud.AWSCode(err) == "ProvisionedConcurrencyConfigNotFoundException":
		case err != nil:
			return p.unread(getProvisioned, err)
		default:
			value = fmt.Sprint(aws.ToInt32(warm.RequestedProvisionedConcurrentExecutions))
		}
	}
	a.add("provisioned_concurrency", value)
	return nil
}
