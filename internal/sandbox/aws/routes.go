package aws

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A routing is what a listener does with a request, as moto has it. It is read
// after every write of Elastic Load Balancing, so that requests need not ask.
type routing struct {
	balancer string
	rules    []rule // in the order of their priorities, the default one last
}

type rule struct {
	order      int
	conditions []condition
	shares     []Share
	sticky     time.Duration // of the groups; zero: they are not
	fixed      *fixedAnswer
	unknown    string // what the data plane does not know
}

type condition struct {
	field, header string
	values        []string
}

type fixedAnswer struct {
	code       int
	body, kind string
}

// The document of DescribeRules, as far as routing needs it.
type rulesDocument struct {
	Rules []struct {
		Priority   string
		IsDefault  bool
		Conditions []struct {
			Field             string
			Values            []string `xml:"Values>member"`
			PathPatternConfig struct {
				Values []string `xml:"Values>member"`
			}
			HostHeaderConfig struct {
				Values []string `xml:"Values>member"`
			}
			HTTPHeaderConfig struct {
				Name   string   `xml:"HttpHeaderName"`
				Values []string `xml:"Values>member"`
			} `xml:"HttpHeaderConfig"`
			HTTPRequestMethodConfig struct {
				Values []string `xml:"Values>member"`
			} `xml:"HttpRequestMethodConfig"`
		} `xml:"Conditions>member"`
		Actions []struct {
			Type           string
			TargetGroupArn string
			ForwardConfig  struct {
				TargetGroups []struct {
					TargetGroupArn string
					Weight         string
				} `xml:"TargetGroups>member"`
				Stickiness struct {
					Enabled         bool
					DurationSeconds int
				} `xml:"TargetGroupStickinessConfig"`
			}
			FixedResponseConfig struct{ MessageBody, ContentType, StatusCode string }
		} `xml:"Actions>member"`
	} `xml:"DescribeRulesResult>Rules>member"`
}

// readRules reads a listener's rules.
func readRules(doc string) ([]rule, error) {
	var d rulesDocument
	if err := xml.Unmarshal([]byte(doc), &d); err != nil {
		return nil, fmt.Errorf("read moto's rules: %w", err)
	}
	var out []rule
	for _, one := range d.Rules {
		r := rule{order: 1 << 30}
		if n, err := strconv.Atoi(one.Priority); err == nil && !one.IsDefault {
			r.order = n
		}
		for _, c := range one.Conditions {
			r.conditions = append(r.conditions, condition{
				field: c.Field, header: c.HTTPHeaderConfig.Name,
				values: slices.Concat(c.Values, c.PathPatternConfig.Values, c.HostHeaderConfig.Values, c.HTTPHeaderConfig.Values, c.HTTPRequestMethodConfig.Values),
			})
		}
		for _, a := range one.Actions {
			switch a.Type {
			case "forward":
				for _, g := range a.ForwardConfig.TargetGroups {
					weight, err := strconv.Atoi(g.Weight)
					if err != nil {
						weight = 1
					}
					r.shares = append(r.shares, Share{g.TargetGroupArn, weight})
				}
				if len(r.shares) == 0 {
					r.shares = []Share{{a.TargetGroupArn, 1}}
				}
				if s := a.ForwardConfig.Stickiness; s.Enabled {
					r.sticky = time.Duration(s.DurationSeconds) * time.Second
				}
			case "fixed-response":
				code, err := strconv.Atoi(a.FixedResponseConfig.StatusCode)
				if err != nil {
					return nil, fmt.Errorf("read moto's rules: status %q", a.FixedResponseConfig.StatusCode)
				}
				r.fixed = &fixedAnswer{code, a.FixedResponseConfig.MessageBody, a.FixedResponseConfig.ContentType}
			default:
				r.unknown = "the action " + a.Type
			}
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b rule) int { return a.order - b.order })
	return out, nil
}

// matches reports whether all conditions of a rule hold, and what of it is not known
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html).
func (r rule) matches(in *http.Request) (match bool, unknown string) {
	for _, c := range r.conditions {
		var have string
		fold := false
		switch c.field {
		case "path-pattern":
			have = in.URL.Path
		case "host-header":
			have, fold = in.Host, true
		case "http-header":
			have, fold = in.Header.Get(c.header), true
		case "http-request-method":
			have = in.Method
		default:
			return false, "the condition " + c.field
		}
		if !slices.ContainsFunc(c.values, func(v string) bool { return fold && likeFold(v, have) || !fold && like(v, have) }) {
			return false, ""
		}
	}
	return true, r.unknown
}

// attach reads what every listener of a region does now, and notes which groups
// are in use since when.
func (s *Sandbox) attach(ctx context.Context, region string) error {
	ask := func(form url.Values) (string, error) { return s.call(ctx, "elasticloadbalancing", region, form) }
	balancers, err := ask(url.Values{"Action": {"DescribeLoadBalancers"}})
	if err != nil {
		return err
	}
	routes, named := map[string]routing{}, map[string]bool{}
	for _, b := range between(balancers, "<LoadBalancerArn>", "</LoadBalancerArn>") {
		listeners, err := ask(url.Values{"Action": {"DescribeListeners"}, "LoadBalancerArn": {b}})
		if err != nil {
			return err
		}
		for _, l := range between(listeners, "<ListenerArn>", "</ListenerArn>") {
			doc, err := ask(url.Values{"Action": {"DescribeRules"}, "ListenerArn": {l}})
			if err != nil {
				return err
			}
			rules, err := readRules(doc)
			if err != nil {
				return err
			}
			routes[l] = routing{b, rules}
			for _, r := range rules {
				for _, sh := range r.shares {
					named[sh.Group] = true
				}
			}
		}
	}
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	s.balancing.attached(region, routes, named, s.now())
	return nil
}

func (b *balancing) attached(region string, routes map[string]routing, named map[string]bool, now time.Time) {
	in := ":elasticloadbalancing:" + region + ":"
	if b.routes == nil {
		b.routes = map[string]routing{}
	}
	for arn := range b.routes {
		if _, still := routes[arn]; !still && strings.Contains(arn, in) {
			delete(b.routes, arn)
		}
	}
	for arn, r := range routes {
		b.routes[arn] = r
	}
	for arn := range named {
		if g := b.group(arn); g.attached.IsZero() {
			g.attached = now
		}
	}
	for arn, g := range b.groups {
		if !named[arn] && strings.Contains(arn, in) {
			g.attached = time.Time{}
		}
	}
}
