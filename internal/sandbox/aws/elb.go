package aws

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// balancing is what Elastic Load Balancing does and moto does not: it looks at
// what a listener is told, and a target takes its time to become healthy and to
// leave. Balancers, listeners, rules and groups themselves are moto's.
type balancing struct {
	mu     sync.Mutex
	groups map[string]*group  // by ARN
	routes map[string]routing // by the listener's ARN
	fronts []*albFront
}

// A group is what the sandbox knows of a target group beside moto.
type group struct {
	targets  map[string]*target // by id and port
	attached time.Time          // since when a listener or a rule names it; zero: none does
	turn     int                // of its targets
	interval time.Duration
	behaves  Behaviour
}

// A target is registered, or is on its way out.
type target struct {
	id, port   string
	registered time.Time
	left       time.Time // when it was deregistered; zero: it was not
	delay      time.Duration
	used       bool   // its group was in use when it was deregistered
	found      bool   // moto has it from somebody else, such as an Auto Scaling group
	bad        string // a reason code that a test set
	service    string // of ECS, whose task it is
}

func (b *balancing) group(arn string) *group {
	if b.groups == nil {
		b.groups = map[string]*group{}
	}
	if b.groups[arn] == nil {
		b.groups[arn] = &group{targets: map[string]*target{}}
	}
	return b.groups[arn]
}

// A forward is one action that divides requests among groups.
type forward struct {
	groups  []string
	weights []string
}

// forwards reads the actions of a request
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html).
func forwards(r *request, field string) []forward {
	var out []forward
	for i := 1; ; i++ {
		at := fmt.Sprintf("%s.member.%d.", field, i)
		if !r.form.Has(at + "Type") {
			return out
		}
		if r.form.Get(at+"Type") != "forward" {
			continue
		}
		f := forward{}
		for j := 1; ; j++ {
			of := fmt.Sprintf("%sForwardConfig.TargetGroups.member.%d.", at, j)
			arn := r.form.Get(of + "TargetGroupArn")
			if arn == "" {
				break
			}
			f.groups, f.weights = append(f.groups, arn), append(f.weights, r.form.Get(of+"Weight"))
		}
		if arn := r.form.Get(at + "TargetGroupArn"); arn != "" && len(f.groups) == 0 {
			f.groups, f.weights = []string{arn}, []string{""}
		}
		out = append(out, f)
	}
}

// Limits of a forward action (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupTuple.html,
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html).
const (
	maxWeight = 999
	maxGroups = 5
)

func (f forward) valid() error {
	if len(f.groups) > maxGroups {
		return fail(http.StatusBadRequest, "TooManyTargetGroups", "The maximum number of target groups for an action is '%d'", maxGroups) // text modelled
	}
	for i, w := range f.weights {
		if slices.Contains(f.groups[:i], f.groups[i]) {
			return fail(http.StatusBadRequest, "ValidationError", "Target group '%s' is listed twice in one action", f.groups[i]) // modelled
		}
		if w == "" {
			continue
		}
		if n, err := strconv.Atoi(w); err != nil || n < 0 || n > maxWeight {
			return fail(http.StatusBadRequest, "ValidationError", "The weight of target group '%s' must be between '0' and '%d' inclusive", f.groups[i], maxWeight)
		}
	}
	return nil
}

// route is CreateListener, ModifyListener, CreateRule and ModifyRule: looked at
// first, then moto's.
func (s *Sandbox) route(ctx context.Context, r *request) (*answer, error) {
	if arn := r.form.Get("RuleArn"); arn != "" && s.isDefault(ctx, r.region, arn) {
		return nil, fail(http.StatusBadRequest, "OperationNotPermitted", "Default rule '%s' cannot be modified", arn)
	}
	for _, field := range []string{"Actions", "DefaultActions"} {
		for _, f := range forwards(r, field) {
			if err := f.valid(); err != nil {
				return nil, err
			}
			for _, arn := range f.groups {
				if err := s.assignable(ctx, r, arn, s.balancerOf(r)); err != nil {
					return nil, err
				}
			}
		}
	}
	a, err := s.forward(ctx, r)
	if err == nil && a.status < http.StatusBadRequest {
		err = s.attach(ctx, r.region)
	}
	return a, err
}

// isDefault reports whether a rule is its listener's default one, which only
// ModifyListener changes
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyRule.html).
func (s *Sandbox) isDefault(ctx context.Context, region, arn string) bool {
	listener := strings.Replace(arn[:max(0, strings.LastIndex(arn, "/"))], ":listener-rule/", ":listener/", 1)
	rules, err := s.call(ctx, "elasticloadbalancing", region, url.Values{"Action": {"DescribeRules"}, "ListenerArn": {listener}})
	if err != nil {
		return false // moto says what is wrong with it
	}
	_, own, _ := strings.Cut(rules, "<RuleArn>"+arn+"</RuleArn>")
	own, _, _ = strings.Cut(own, "<RuleArn>")
	return one(own, "IsDefault") == "true"
}

// assignable refuses groups that are not there, and those of another load balancer
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyListener.html#API_ModifyListener_Errors).
func (s *Sandbox) assignable(ctx context.Context, r *request, arn, balancer string) error {
	_, err := s.call(ctx, "elasticloadbalancing", r.region, url.Values{"Action": {"DescribeTargetGroups"}, "TargetGroupArns.member.1": {arn}})
	if err != nil {
		return fail(http.StatusBadRequest, "TargetGroupNotFound", "Target groups '%s' not found", arn)
	}
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	if slices.ContainsFunc(s.balancing.naming(arn), func(b string) bool { return b != balancer }) {
		return fail(http.StatusBadRequest, "TargetGroupAssociationLimit", "The following target groups cannot be associated with more than one load balancer: %s", arn)
	}
	return nil
}

// moved is an action after which groups may be in use, or not, that were not, or were.
func (s *Sandbox) moved(ctx context.Context, r *request) (*answer, error) {
	a, err := s.forward(ctx, r)
	if err == nil && a.status < http.StatusBadRequest {
		err = s.attach(ctx, r.region)
	}
	return a, err
}

// targets reads the targets of a request; a port that is left out is the group's.
func (s *Sandbox) targets(ctx context.Context, r *request) (list [][2]string, interval time.Duration, err error) {
	arn := r.form.Get("TargetGroupArn")
	shown, err := s.call(ctx, "elasticloadbalancing", r.region, url.Values{"Action": {"DescribeTargetGroups"}, "TargetGroupArns.member.1": {arn}})
	if err != nil {
		return nil, 0, fail(http.StatusBadRequest, "TargetGroupNotFound", "Target groups '%s' not found", arn)
	}
	port := one(shown, "Port")
	seconds, err := strconv.Atoi(one(shown, "HealthCheckIntervalSeconds"))
	if err != nil {
		seconds = 30
	}
	for i := 1; r.form.Has(fmt.Sprintf("Targets.member.%d.Id", i)); i++ {
		id, p := r.form.Get(fmt.Sprintf("Targets.member.%d.Id", i)), r.form.Get(fmt.Sprintf("Targets.member.%d.Port", i))
		if p == "" {
			p = port
		}
		list = append(list, [2]string{id, p})
	}
	return list, time.Duration(seconds) * time.Second, nil
}

// one is the first element of a name in an XML document.
func one(doc, name string) string {
	all := between(doc, "<"+name+">", "</"+name+">")
	if len(all) == 0 {
		return ""
	}
	return unescaped(all[0])
}

// checked is how long a new target takes to become healthy.
func (s *Sandbox) checked(interval time.Duration) time.Duration {
	if s.o.HealthChecks > 0 {
		return s.o.HealthChecks
	}
	return interval
}

func (s *Sandbox) registerTargets(ctx context.Context, r *request) (*answer, error) {
	list, interval, err := s.targets(ctx, r)
	if err != nil {
		return nil, err
	}
	a, err := s.forward(ctx, r)
	if err != nil || a.status >= http.StatusBadRequest {
		return a, err
	}
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	g := s.balancing.group(r.form.Get("TargetGroupArn"))
	g.interval = s.checked(interval)
	for _, t := range list {
		key := t[0] + ":" + t[1]
		if old := g.targets[key]; old == nil || !old.left.IsZero() {
			g.targets[key] = &target{id: t[0], port: t[1], registered: s.now()}
		}
	}
	return a, nil
}

func (s *Sandbox) deregisterTargets(ctx context.Context, r *request) (*answer, error) {
	list, _, err := s.targets(ctx, r)
	if err != nil {
		return nil, err
	}
	delay, err := s.delay(ctx, r)
	if err != nil {
		return nil, err
	}
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	g := s.balancing.group(r.form.Get("TargetGroupArn"))
	for _, t := range list {
		if old := g.targets[t[0]+":"+t[1]]; old == nil || !old.left.IsZero() {
			return nil, fail(http.StatusBadRequest, "InvalidTarget", "The following targets are not registered: '%s'", t[0])
		}
	}
	for _, t := range list {
		g.leave(g.targets[t[0]+":"+t[1]], s.now(), delay)
	}
	for _, t := range list { // moto knows a target by its id alone
		if !g.has(t[0]) {
			form := url.Values{"Action": {"DeregisterTargets"}, "TargetGroupArn": {r.form.Get("TargetGroupArn")}, "Targets.member.1.Id": {t[0]}, "Version": {"2015-12-01"}}
			if _, err := s.inner(ctx, "elasticloadbalancing", r.region, http.MethodPost, "/", formHeader, []byte(form.Encode())); err != nil {
				return nil, err
			}
		}
	}
	return inTree(r, map[string]any{}), nil
}

// leave begins the deregistration delay, which lasts its whole time even where
// nothing is in flight; a target of a group that nothing uses is gone at once
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay).
func (g *group) leave(t *target, now time.Time, delay time.Duration) {
	t.left, t.delay, t.used = now, delay, !g.attached.IsZero()
}

// has reports whether a target of this id is registered.
func (g *group) has(id string) bool {
	for _, t := range g.targets {
		if t.id == id && t.left.IsZero() {
			return true
		}
	}
	return false
}

func (s *Sandbox) delay(ctx context.Context, r *request) (time.Duration, error) {
	shown, err := s.call(ctx, "elasticloadbalancing", r.region, url.Values{"Action": {"DescribeTargetGroupAttributes"}, "TargetGroupArn": {r.form.Get("TargetGroupArn")}})
	if err != nil {
		return 0, err
	}
	seconds, err := strconv.Atoi(attribute(shown, "deregistration_delay.timeout_seconds"))
	if err != nil {
		seconds = 300
	}
	return time.Duration(seconds) * time.Second, nil
}

// attribute is the value of one in a list of attributes.
func attribute(doc, key string) string {
	for _, m := range between(doc, "<member>", "</member>") {
		if one(m, "Key") == key {
			return one(m, "Value")
		}
	}
	return ""
}

// reconcile notes what moto has from others, such as Auto Scaling groups, and what
// they took away. It is noticed when somebody looks.
func (s *Sandbox) reconcile(ctx context.Context, r *request) error {
	form := url.Values{"Action": {"DescribeTargetHealth"}, "Version": {"2015-12-01"}, "TargetGroupArn": {r.form.Get("TargetGroupArn")}}
	a, err := s.inner(ctx, "elasticloadbalancing", r.region, http.MethodPost, "/", formHeader, []byte(form.Encode()))
	if err != nil {
		return err
	}
	delay, err := s.delay(ctx, r)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	g := s.balancing.group(r.form.Get("TargetGroupArn"))
	for _, m := range between(string(a.body), "<Target>", "</Target>") {
		id, port := one(m, "Id"), one(m, "Port")
		there[id] = true
		if !g.has(id) {
			g.targets[id+":"+port] = &target{id: id, port: port, registered: s.now(), found: true}
		}
	}
	for _, t := range g.targets {
		if t.found && t.left.IsZero() && !there[t.id] {
			g.leave(t, s.now(), delay)
		}
	}
	return nil
}

// describeTargetHealth computes each target's state at this moment
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html).
func (s *Sandbox) describeTargetHealth(ctx context.Context, r *request) (*answer, error) {
	asked, interval, err := s.targets(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := s.refreshed(ctx, r.region); err != nil {
		return nil, err
	}
	if err := s.reconcile(ctx, r); err != nil {
		return nil, err
	}
	if err := s.register(ctx, r); err != nil {
		return nil, err
	}
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	g := s.balancing.group(r.form.Get("TargetGroupArn"))
	g.interval = s.checked(interval)
	out := []any{}
	if len(asked) == 0 {
		for _, t := range inOrder(g.targets) {
			if h := g.health(t, s.now()); h.Reason != notRegistered {
				out = append(out, h.show(t.id, t.port))
			}
		}
	}
	for _, t := range asked {
		h := health{"unused", notRegistered, "Target is not registered to the target group"}
		if known := g.targets[t[0]+":"+t[1]]; known != nil {
			h = g.health(known, s.now())
		}
		out = append(out, h.show(t[0], t[1]))
	}
	return inTree(r, map[string]any{"TargetHealthDescriptions": out}), nil
}

type health struct{ State, Reason, Description string }

const notRegistered = "Target.NotRegistered"

func (h health) show(id, port string) map[string]any {
	th := map[string]any{"State": h.State}
	if h.Reason != "" {
		th["Reason"], th["Description"] = h.Reason, h.Description
	}
	return map[string]any{"Target": map[string]any{"Id": id, "Port": port}, "HealthCheckPort": port, "TargetHealth": th}
}

// health is a target's state: a group that no listener and no rule names is not
// checked, and one check that passes makes a new target healthy
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html).
func (g *group) health(t *target, now time.Time) health {
	since, check := t.registered, g.interval
	if g.attached.After(since) {
		since = g.attached
	}
	switch {
	case !t.left.IsZero() && t.used && now.Before(t.left.Add(t.delay)):
		return health{"draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"}
	case !t.left.IsZero():
		return health{"unused", notRegistered, "Target is not registered to the target group"}
	case g.attached.IsZero():
		return health{"unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"}
	case now.Before(since.Add(check / 2)):
		return health{"initial", "Elb.RegistrationInProgress", "Target registration is in progress"}
	case now.Before(since.Add(check)):
		return health{"initial", "Elb.InitialHealthChecking", "Initial health checks in progress"}
	case t.bad != "":
		return health{"unhealthy", t.bad, "Health checks failed"}
	}
	return health{"healthy", "", ""}
}

// groupOfXML is one target group in the answer of DescribeTargetGroups, up to its
// load balancers.
var groupOfXML = regexp.MustCompile(`(?s)(<TargetGroupArn>([^<]+)</TargetGroupArn>.*?)<LoadBalancerArns(?:/>|>.*?</LoadBalancerArns>)`)

// describeTargetGroups says which load balancers name a group now; moto remembers
// those that did first
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroup.html).
func (s *Sandbox) describeTargetGroups(ctx context.Context, r *request) (*answer, error) {
	of := r.form.Get("LoadBalancerArn")
	form := maps.Clone(r.form)
	form.Del("LoadBalancerArn")
	a, err := s.inner(ctx, "elasticloadbalancing", r.region, http.MethodPost, "/", formHeader, []byte(form.Encode()))
	if err != nil || a.status != http.StatusOK {
		return a, err
	}
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	a.body = groupOfXML.ReplaceAllFunc(a.body, func(one []byte) []byte {
		m := groupOfXML.FindSubmatch(one)
		var arns strings.Builder
		for _, b := range s.balancing.naming(string(m[2])) {
			arns.WriteString("<member>" + b + "</member>")
		}
		return []byte(string(m[1]) + "<LoadBalancerArns>" + arns.String() + "</LoadBalancerArns>")
	})
	if of != "" {
		a.body = s.balancing.onlyOf(of, a.body)
	}
	a.header.Del("Content-Length")
	return a, nil
}

// onlyOf leaves the groups that a load balancer names. A group begins with its ARN
// and ends where the next one does, or the list.
func (b *balancing) onlyOf(balancer string, doc []byte) []byte {
	head, rest, _ := strings.Cut(string(doc), "<member><TargetGroupArn>")
	list, tail, ok := strings.Cut(rest, "</TargetGroups>")
	if !ok {
		return doc // there is none
	}
	out := head
	for one := range strings.SplitSeq(list, "<member><TargetGroupArn>") {
		if arn, _, _ := strings.Cut(one, "<"); slices.Contains(b.naming(arn), balancer) {
			out += "<member><TargetGroupArn>" + one
		}
	}
	return []byte(out + "</TargetGroups>" + tail)
}

// naming lists the load balancers whose listeners or rules name a group.
func (b *balancing) naming(group string) []string {
	var out []string
	for _, r := range b.routes {
		for _, one := range r.rules {
			if slices.ContainsFunc(one.shares, func(sh Share) bool { return sh.Group == group }) && !slices.Contains(out, r.balancer) {
				out = append(out, r.balancer)
			}
		}
	}
	slices.Sort(out)
	return out
}

// balancerOf is the load balancer that a request is about.
func (s *Sandbox) balancerOf(r *request) string {
	if arn := r.form.Get("LoadBalancerArn"); arn != "" {
		return arn
	}
	listener := r.form.Get("ListenerArn")
	if arn := r.form.Get("RuleArn"); arn != "" {
		listener = strings.Replace(arn[:max(0, strings.LastIndex(arn, "/"))], ":listener-rule/", ":listener/", 1)
	}
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	return s.balancing.routes[listener].balancer
}
