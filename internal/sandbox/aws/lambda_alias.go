package aws

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// An alias points at one version, or at two with a weight for the second.
type alias struct {
	name, version, description, revision string
	weights                              map[string]float64
	before                               *alias
	changed                              time.Time // when before was true last
}

// An aliasRequest is what CreateAlias and UpdateAlias may say
// (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html).
type aliasRequest struct {
	Name, Description, FunctionVersion, RevisionId *string
	RoutingConfig                                  *struct{ AdditionalVersionWeights map[string]float64 }
}

func (l *lambdas) shown(f *lambdaFunction, a *alias) map[string]any {
	out := map[string]any{
		"AliasArn": f.arn + ":" + a.name, "Name": a.name, "FunctionVersion": a.version,
		"Description": a.description, "RevisionId": a.revision,
	}
	if len(a.weights) > 0 {
		out["RoutingConfig"] = map[string]any{"AdditionalVersionWeights": a.weights}
	}
	return out
}

func (s *Sandbox) createAlias(_ context.Context, r *request) (*answer, error) {
	var q aliasRequest
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	if q.Name == nil || !isAlias.MatchString(*q.Name) {
		return nil, invalid("name", text(q.Name), `Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)`)
	}
	if q.FunctionVersion == nil {
		return nil, invalid("functionVersion", nil, "Member must not be null")
	}
	l := s.lambda
	l.mu.Lock()
	defer l.mu.Unlock()
	f, _, err := l.find(r)
	if err != nil {
		return nil, err
	}
	if f.aliases[*q.Name] != nil {
		return nil, conflict("Alias already exists: %s:%s", f.arn, *q.Name)
	}
	a := &alias{name: *q.Name, version: *q.FunctionVersion, description: text(q.Description)}
	if q.RoutingConfig != nil {
		a.weights = q.RoutingConfig.AdditionalVersionWeights
	}
	if err := f.routable(a); err != nil {
		return nil, err
	}
	a.revision = l.revision()
	f.aliases[a.name] = a
	return inJSON(http.StatusCreated, l.shown(f, a)), nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// findAlias is the alias that a request names.
func (l *lambdas) findAlias(r *request) (*lambdaFunction, *alias, error) {
	f, _, err := l.find(r)
	if err != nil {
		return nil, nil, err
	}
	a := f.aliases[r.vars["alias"]]
	if a == nil {
		return nil, nil, notFound("Cannot find alias arn: %s:%s", f.arn, r.vars["alias"])
	}
	return f, a, nil
}

func (s *Sandbox) getAlias(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, a, err := s.lambda.findAlias(r)
	if err != nil {
		return nil, err
	}
	return inJSON(http.StatusOK, s.lambda.shown(f, a.seen(r.trouble, s.now()))), nil
}

// seen is a as a stale read shows it.
func (a *alias) seen(t trouble, now time.Time) *alias {
	if t.stale > 0 && a.before != nil && now.Before(a.changed.Add(t.stale)) {
		return a.before
	}
	return a
}

func (s *Sandbox) listAliases(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, _, err := s.lambda.find(r)
	if err != nil {
		return nil, err
	}
	var all []any
	for _, a := range inOrder(f.aliases) {
		a = a.seen(r.trouble, s.now())
		_, extra := a.weights[r.query("FunctionVersion")]
		if want := r.query("FunctionVersion"); want == "" || want == a.version || extra {
			all = append(all, s.lambda.shown(f, a))
		}
	}
	return s.page(r, "Aliases", all)
}

func (s *Sandbox) updateAlias(_ context.Context, r *request) (*answer, error) {
	var q aliasRequest
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	if q.Name != nil {
		return nil, unknownRequest{"UpdateAlias: a Name in the body"}
	}
	l := s.lambda
	l.mu.Lock()
	defer l.mu.Unlock()
	f, a, err := l.findAlias(r)
	if err != nil {
		return nil, err
	}
	if q.RevisionId != nil && *q.RevisionId != a.revision {
		return nil, stale()
	}
	next := *a
	if q.FunctionVersion != nil {
		next.version = *q.FunctionVersion
	}
	if q.Description != nil {
		next.description = *q.Description
	}
	if q.RoutingConfig != nil { // left out, it stays; empty, it goes
		next.weights = maps.Clone(q.RoutingConfig.AdditionalVersionWeights)
	}
	if err := f.routable(&next); err != nil {
		return nil, err
	}
	l.put(f, a, &next, r.trouble)
	return inJSON(http.StatusOK, l.shown(f, &next)), nil
}

// put makes a change of an alias true. Provisioned concurrency that belongs to the
// alias is taken from the old version and allocated anew for the new one
// (https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html).
func (l *lambdas) put(f *lambdaFunction, old, next *alias, t trouble) {
	was := *old
	was.before = nil
	next.before, next.changed, next.revision = &was, l.s.now(), l.revision()
	f.aliases[next.name] = next
	if p := f.provisioned[next.name]; p != nil && next.version != was.version {
		p.had = 0
		p.job, p.changed = l.begin(f, OnProvision, t, l.s.o.Provisions), l.s.now()
	}
}

// routable says what an alias may point at
// (https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html).
// The texts are those that localstack recorded of AWS, that of the roles stands in
// serverless-heaven/serverless-aws-alias#64, that of provisioned concurrency is
// quoted in several public repositories; that of dead-letter queues is modelled.
func (f *lambdaFunction) routable(a *alias) error {
	main, err := f.exact(a.version)
	if err != nil {
		return err
	}
	if len(a.weights) > 1 {
		return badParameter("Number of items in AdditionalVersionWeights cannot be greater than 1")
	}
	for number, w := range a.weights {
		shown := fmt.Sprintf("{%s=%v}", number, w)
		if w < 0 || w > 1 {
			return invalid("routingConfig.additionalVersionWeights", shown, "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]")
		}
		if a.version == latest {
			return badParameter("$LATEST is not supported for an alias pointing to more than 1 version")
		}
		if !isVersion.MatchString(number) {
			return invalid("routingConfig.additionalVersionWeights", shown, "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, Member must not be null]")
		}
		if number == a.version {
			return badParameter("Invalid function version %s. Function version %s is already included in routing configuration.", number, number)
		}
		second, err := f.exact(number)
		if err != nil {
			return err
		}
		if main.settings["Role"] != second.settings["Role"] {
			return badParameter("Specified versions must be associated with the same execution role")
		}
		if deadLetters(main) != deadLetters(second) {
			return badParameter("Specified versions must have the same dead-letter queue configuration")
		}
		if f.provisioned[a.name] != nil {
			return badParameter("Alias with weights can not be used with Provisioned Concurrency")
		}
	}
	if f.provisioned[a.name] != nil && f.provisioned[a.version] != nil {
		return conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version")
	}
	return nil
}

// exact finds a version by its number or $LATEST, not by an alias.
func (f *lambdaFunction) exact(number string) (*version, error) {
	if number != latest && !isVersion.MatchString(number) {
		return nil, invalid("functionVersion", number, `Member must satisfy regular expression pattern: (\$LATEST|[0-9]+)`)
	}
	return f.version(number)
}

func deadLetters(v *version) string {
	m, _ := v.settings["DeadLetterConfig"].(map[string]any)
	arn, _ := m["TargetArn"].(string)
	return arn
}

func (s *Sandbox) deleteAlias(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, _, err := s.lambda.find(r)
	if err != nil {
		return nil, err
	}
	name := r.vars["alias"] // one that is not there is deleted as well
	delete(f.aliases, name)
	delete(f.provisioned, name)
	delete(f.policies, name)
	delete(f.urls, name)
	return none(), nil
}

// provisioned is the concurrency that is kept warm for a version or an alias.
type provisioned struct {
	asked, had int
	changed    time.Time
	job        job
}

// show is the state of it: all is allocated when the job ends
// (https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html).
func (p *provisioned) show() map[string]any {
	out := map[string]any{
		"RequestedProvisionedConcurrentExecutions": p.asked, "AllocatedProvisionedConcurrentExecutions": p.asked,
		"AvailableProvisionedConcurrentExecutions": p.asked, "Status": "READY", "LastModified": stamp(p.changed),
	}
	if p.job.pending() || p.job.failed() {
		out["AllocatedProvisionedConcurrentExecutions"], out["AvailableProvisionedConcurrentExecutions"] = p.had, p.had
		out["Status"] = "IN_PROGRESS"
	}
	if p.job.failed() {
		out["Status"], out["StatusReason"] = "FAILED", p.job.fails.Reason
	}
	return out
}

// provisionable finds what a request for provisioned concurrency is about.
func (l *lambdas) provisionable(r *request, refusal string) (*lambdaFunction, string, error) {
	f, n, err := l.find(r)
	if err != nil {
		return nil, "", err
	}
	if n.qualifier == latest || n.qualifier == "" {
		return nil, "", badParameter("%s", refusal)
	}
	if !isVersion.MatchString(n.qualifier) && f.aliases[n.qualifier] == nil {
		return nil, "", notFound("Cannot find alias arn: %s:%s", f.arn, n.qualifier)
	}
	_, err = f.version(n.qualifier)
	return f, n.qualifier, err
}

const notProvisionable = "The function resource provided must be an alias or a published version."

func (s *Sandbox) putProvisioned(_ context.Context, r *request) (*answer, error) {
	var q struct{ ProvisionedConcurrentExecutions int }
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	if q.ProvisionedConcurrentExecutions < 1 {
		return nil, invalid("provisionedConcurrentExecutions", q.ProvisionedConcurrentExecutions, "Member must have value greater than or equal to 1")
	}
	l := s.lambda
	l.mu.Lock()
	defer l.mu.Unlock()
	f, q2, err := l.provisionable(r, "Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
	if err != nil {
		return nil, err
	}
	if err := f.provisions(q2, q.ProvisionedConcurrentExecutions); err != nil {
		return nil, err
	}
	p := f.provisioned[q2]
	if p == nil {
		p = &provisioned{}
		f.provisioned[q2] = p
	} else if !p.job.pending() {
		p.had = p.asked
	}
	p.asked, p.changed = q.ProvisionedConcurrentExecutions, s.now()
	p.job = l.begin(f, OnProvision, r.trouble, s.o.Provisions)
	out := p.show()
	return inJSON(http.StatusAccepted, out), nil
}

// provisions says where concurrency may be kept: not behind an alias with
// weights, and for one version either by its number or by one alias.
func (f *lambdaFunction) provisions(qualifier string, n int) error {
	if f.reserved != nil && n > *f.reserved {
		return badParameter("Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function")
	}
	a := f.aliases[qualifier]
	if a == nil {
		if slices.ContainsFunc(inOrder(f.aliases), func(a *alias) bool { return a.version == qualifier && f.provisioned[a.name] != nil }) {
			return conflict("Version is pointed by a Provisioned Concurrency alias")
		}
		return nil
	}
	switch {
	case len(a.weights) > 0:
		return badParameter("Alias with weights can not be used with Provisioned Concurrency")
	case a.version == latest:
		return badParameter("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
	case f.provisioned[a.version] != nil:
		return conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version")
	}
	return nil
}

func (s *Sandbox) getProvisioned(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, q, err := s.lambda.provisionable(r, notProvisionable)
	if err != nil {
		return nil, err
	}
	p := f.provisioned[q]
	if p == nil {
		return nil, fail(http.StatusNotFound, "ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function")
	}
	return inJSON(http.StatusOK, p.show()), nil
}

func (s *Sandbox) listProvisioned(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, _, err := s.lambda.find(r)
	if err != nil {
		return nil, err
	}
	var all []any
	for _, q := range slices.Sorted(maps.Keys(f.provisioned)) {
		one := f.provisioned[q].show()
		one["FunctionArn"] = f.arn + ":" + q
		all = append(all, one)
	}
	return s.page(r, "ProvisionedConcurrencyConfigs", all)
}

func (s *Sandbox) deleteProvisioned(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, q, err := s.lambda.provisionable(r, notProvisionable)
	if err != nil {
		return nil, err
	}
	delete(f.provisioned, q) // what is not there is deleted as well
	return none(), nil
}
