package cloud

import (
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// awsFacts are the facts of a Subject that a question to AWS may name, by
// placeholders. Each platform lacks some of them.
var awsFacts = []string{
	"revision", "version", "content", "image", "code", "function", "alias", "load_balancer", "target_group", "log_group",
	"service", "account", "region", "location", "project",
}

// AWSPlaceholders lists them as messages do.
func AWSPlaceholders() string { return "{{" + strings.Join(awsFacts, "}}, {{") + "}}" }

// IsAWSFact reports whether placeholders may have all of these names.
func IsAWSFact(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(awsFacts, name) })
}

// IsOfRevision reports whether one of these facts tells one revision from another.
func IsOfRevision(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return slices.Contains(rollout.OwnFacts, name) || slices.Contains([]string{"version", "code", "target_group"}, name)
	})
}

// AWSFacts are what placeholders stand for of a revision: of a load balancer and a
// target group not the ARN, but what stands at its end, as CloudWatch has it
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html#load-balancer-metric-dimensions-alb).
func AWSFacts(of rollout.Subject) map[string]string {
	out := map[string]string{}
	for _, name := range awsFacts {
		if fact := of.Facts[name]; fact != "" {
			out[name] = endOfARN(fact)
		}
	}
	out["revision"] = string(of.Revision)
	return out
}

func endOfARN(fact string) string {
	if !strings.HasPrefix(fact, "arn:") {
		return fact
	}
	if _, rest, ok := strings.Cut(fact, ":loadbalancer/"); ok {
		return rest
	}
	if i := strings.Index(fact, ":targetgroup/"); i >= 0 {
		return fact[i+1:]
	}
	return fact
}
