package prometheus

import (
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestValidate(t *testing.T) {
	const good = "https://prom.example.com:9090"
	address := rollout.Problem{
		What: "The url of Prometheus is not an address",
		Why:  "It has to be https://host[:port][/path] or http://…, without a query.",
		Fix:  `Write it like "https://prometheus.example.com".`,
	}
	braces := rollout.Problem{
		What: "query has a placeholder that is not closed, or not opened",
		Why:  "A placeholder stands between two braces on each side, like {{revision}}.",
		Fix:  "Add the missing braces.",
		At:   "query",
	}
	window := rollout.Problem{
		What: "query does not keep to the window of the gate",
		Why:  "It has a range of fixed length, so just after a step it would still look at the time before.",
		Fix:  "Write the range as [{{window}}], and its length as the gate's window.",
		At:   "query",
	}
	zero := rollout.Problem{
		What: "query takes missing data for 0",
		Why:  `It ends in "or vector(0)": where the engine has nothing at all, as of a revision that nobody reaches, the value would be 0, and could pass.`,
		Fix:  "Put that around what may be absent alone, as in (sum(rate(bad[{{window}}])) or vector(0)) / sum(rate(all[{{window}}])); or say with samples how many requests there were.",
		At:   "query",
	}
	for name, c := range map[string]struct {
		block values
		want  []rollout.Problem
	}{
		"0 for nothing":    {values{"url": good, "query": `sum(rate(x[{{window}}])) or  vector( 0.0 ) `}, []rollout.Problem{zero}},
		"0 beside samples": {values{"url": good, "query": `sum(rate(x[{{window}}])) or vector(0)`, "samples": count}, nil},
		"0 of a part":      {values{"url": good, "query": `(sum(rate(x[{{window}}])) or vector(0)) / sum(rate(y[{{window}}]))`}, nil},
		"least":            {values{"url": good, "query": "up"}, nil},
		"everything":       {values{"url": good + "/select/0/prometheus", "query": ratio, "samples": count, "token_env": "X_1"}, nil},
		"unknown":          {values{"url": gatetest.Unknown, "query": gatetest.Unknown, "samples": gatetest.Unknown, "token_env": gatetest.Unknown, "basic_auth_env": gatetest.Unknown}, nil},
		"all placeholders": {values{"url": good, "query": `x{a="{{revision}}{{ service }}{{location}}{{project}}{{content}}{{image}}"}[{{window}}]`}, nil},
		"braces of labels": {values{"url": good, "query": `x{a="[5m]",b='[5m]'}`}, nil},
		"subquery":         {values{"url": good, "query": `max_over_time(rate(x[1m])[{{window}}:])`}, nil},
		"no scheme":        {values{"url": "prom:9090", "query": "up"}, []rollout.Problem{address}},
		"another scheme":   {values{"url": "ftp://prom", "query": "up"}, []rollout.Problem{address}},
		"a query":          {values{"url": good + "/?key=v", "query": "up"}, []rollout.Problem{address}},
		"a password": {values{"url": "https://me:secret@prom", "query": "up"}, []rollout.Problem{{
			What: "The url of Prometheus holds a credential",
			Why:  "Whatever stands in configuration stands in plan files and state as well.",
			Fix:  "Put user:password into an environment variable, and its name into basic_auth_env.",
		}}},
		"empty": {values{"url": good, "query": " "}, []rollout.Problem{{
			What: "query is empty", Why: "It has to be a query in PromQL that returns one number.", Fix: "Write it, or leave the attribute out.", At: "query",
		}}},
		"unknown placeholder": {values{"url": good, "query": "up", "samples": `x{a="{{ revison }}"}`}, []rollout.Problem{{
			What: "samples has an unknown placeholder",
			Why:  "{{revison}} is none of {{window}}, {{revision}}, {{service}}, {{location}}, {{project}}, {{content}}, {{image}}.",
			Fix:  "Correct it. What Terraform knows is written as ${…}, with a dollar sign and single braces.",
			At:   "samples",
		}}},
		"not closed":             {values{"url": good, "query": `x{a="{{revision}"}`}, []rollout.Problem{braces}},
		"not opened":             {values{"url": good, "query": `x{a="revision}}"}`}, []rollout.Problem{braces}},
		"a fixed range":          {values{"url": good, "query": `rate(x{a="{{revision}}"}[ 5m])`}, []rollout.Problem{window}},
		"a fixed range in quote": {values{"url": good, "query": `rate(x{a="\""}[5m])`}, []rollout.Problem{window}},
		"two credentials": {values{"url": good, "query": "up", "token_env": "A", "basic_auth_env": "B"}, []rollout.Problem{{
			What: "Prometheus is given two credentials", Why: "token_env and basic_auth_env are both set, and a request carries one.", Fix: "Drop one of them.",
		}}},
		"the token itself": {values{"url": good, "query": "up", "token_env": "eyJ.secret"}, []rollout.Problem{{
			What: "token_env is not the name of an environment variable",
			Why:  "A name is letters, digits and underscores. The credential itself never stands in configuration.",
			Fix:  `Write it like token_env = "PROMETHEUS_CREDENTIAL", and set that variable where Terraform runs.`,
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Kind().Validate(t.Context(), gatetest.Block(t, Kind(), c.block))
			if len(got) != len(c.want) {
				t.Fatalf("got %q\nwant %q", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("got  %q\nwant %q", got[i], c.want[i])
				}
			}
		})
	}
	if got := Kind().Validate(t.Context(), types.ObjectNull(nil)); len(got) > 0 {
		t.Errorf("an absent block: %q", got)
	}
}

// A query is of everybody where nothing in it tells one revision from another.
func TestDescribe(t *testing.T) {
	for query, everybody := range map[any]bool{
		`up{service="{{service}}"}`: true, `up{r="{{ revision }}"}`: false, `up{r="{{content}}"}`: false, `up{r="{{image}}"}`: false, gatetest.Unknown: false,
	} {
		if d := Kind().Describe(t.Context(), gatetest.Block(t, Kind(), gatetest.Values{"url": "https://x", "query": query})); d.Everybody != everybody {
			t.Errorf("%s: %+v", query, d)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Setenv("FULL", "token")
	t.Setenv("EMPTY", "")
	for name, c := range map[string]struct {
		block values
		want  rollout.Problem
	}{
		"a token that is not set": {values{"url": "https://prom", "query": "up", "token_env": "EMPTY"}, rollout.Problem{
			What: "A credential for Prometheus is missing",
			Why:  "token_env names the environment variable EMPTY, which does not hold a bearer token here.",
			Fix:  "Set it where Terraform runs.",
		}},
		"a password without a user": {values{"url": "https://prom", "query": "up", "basic_auth_env": "FULL"}, rollout.Problem{
			What: "A credential for Prometheus is missing",
			Why:  "basic_auth_env names the environment variable FULL, which does not hold a user's name, a colon and a password here.",
			Fix:  "Set it where Terraform runs.",
		}},
		"a token in clear": {values{"url": "http://prom:9090", "query": "up", "token_env": "FULL"}, rollout.Problem{
			What: "The credential for Prometheus would go over the network in clear",
			Why:  "http://prom:9090 is plain http on another machine, and requests carry the token in FULL.",
			Fix:  "Use https, or an address of this machine, such as a port that is forwarded.",
		}},
	} {
		s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), c.block), cloud.New(cloud.Config{}))
		var got rollout.Problem
		if s != nil || !errors.As(err, &got) || got != c.want {
			t.Errorf("%s: got %v, %q\nwant %q", name, s, err, c.want)
		}
	}
	if _, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), values{"url": "http://prom:9090", "query": "up"}), cloud.New(cloud.Config{})); err != nil {
		t.Errorf("plain http without a credential: %v", err)
	}
	t.Setenv(usualToken, "token")
	if _, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), values{"url": "http://prom:9090", "query": "up"}), cloud.New(cloud.Config{})); err == nil {
		t.Error("the usual token was sent in clear")
	}
}
