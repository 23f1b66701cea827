package configsync

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/review/configsync"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	getService       = "run.services.get"
	role             = "roles/run.viewer"
	getConfiguration = "lambda:GetFunctionConfiguration"

	describeDefinition = "ecs:DescribeTaskDefinition"
	ofECS              = "ecs_task_definition"
)

// shown is how many lines one finding has. The data source has all.
const shown = 20

// check implements rollout.Check.
type check struct {
	clients   *cloud.Clients
	needs     []string
	needsFrom string
	places    []place
	whole     bool // all places have their names
	allow     []configsync.Allow
}

// place is where settings are declared.
type place struct {
	name, sort, at, target string
	names                  []string
	function, definition   cloud.AWSName
}

// object names the places, as far as they are known.
func (c check) object() string {
	if !c.whole {
		return ""
	}
	var out []string
	for _, p := range c.places {
		out = append(out, p.name)
	}
	return strings.Join(out, ", ")
}

// Run reads every place.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	table, trouble := c.table(ctx)
	if trouble != nil {
		return []rollout.Finding{*trouble}
	}
	f := rollout.Finding{Check: name, Object: c.object()}
	var out []rollout.Finding
	if lines := list(table, wrong); lines != "" {
		f.Status = rollout.Failed
		out = append(out, f.Because(msgMissing, "settings", lines))
	}
	if lines := list(table, func(e configsync.Entry) bool { return e.Status == configsync.Unknown }); lines != "" {
		f.Status = rollout.Skipped
		out = append(out, f.Because(msgUnknown, "settings", lines))
	}
	if len(out) == 0 {
		f.Status, f.Why = rollout.Passed, fmt.Sprintf("all of %d settings are declared", len(table.Needed))
		if lines := list(table, func(e configsync.Entry) bool { return e.Status == configsync.Allowed }); lines != "" {
			f.Why += ", but for what is allowed:" + lines
		}
		out = append(out, f)
	}
	odd := list(table, func(e configsync.Entry) bool {
		return e.Status == configsync.Unused || e.Status == configsync.Declared && e.Why != ""
	})
	for _, a := range table.Idle {
		odd += fmt.Sprintf("\n  - %s: allow is for nothing", a.Name)
	}
	if odd != "" {
		f.Status, f.Advisory = rollout.Failed, true
		out = append(out, f.Because(msgOdd, "settings", odd))
	}
	return out
}

// wrong tells what is needed and not there.
func wrong(e configsync.Entry) bool {
	return e.Status == configsync.Missing || e.Status == configsync.Broken
}

// list is one line for each entry of a sort.
func list(t configsync.Table, of func(configsync.Entry) bool) string {
	var out strings.Builder
	n := 0
	for _, e := range t.Entries {
		if !of(e) {
			continue
		}
		if n++; n > shown {
			continue
		}
		at := e.Place
		if e.Line > 0 {
			at += fmt.Sprintf(", line %d", e.Line)
		}
		fmt.Fprintf(&out, "\n  - %s in %s: %s", e.Name, at, first(e.Why, string(e.Status)))
		switch {
		case e.Status == configsync.Allowed:
			fmt.Fprintf(&out, ", allowed: %s", rollout.OneLine(e.Reason, 200))
		case e.Add != "":
			fmt.Fprintf(&out, "; add %s", strings.TrimSpace(e.Add))
		}
	}
	if n > shown {
		fmt.Fprintf(&out, "\n  - and %d more, which data.rollout_%s lists", n-shown, name)
	}
	return out.String()
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// table reads all places and compares them; or it says why it could not.
func (c check) table(ctx context.Context) (configsync.Table, *rollout.Finding) {
	f := rollout.Finding{Check: name, Object: c.object(), Status: rollout.Failed}
	unread := func(what string, err error) (configsync.Table, *rollout.Finding) {
		f = f.Because(msgUnread, "file", what, "reason", err)
		return configsync.Table{}, &f
	}
	q := configsync.Question{Allow: c.allow}
	for _, n := range c.needs {
		q.Needs = append(q.Needs, configsync.Need{Name: n})
	}
	if c.needsFrom != "" {
		text, err := slurp(c.needsFrom)
		if err != nil {
			return unread(c.needsFrom, err)
		}
		listed, err := configsync.List(c.needsFrom, text)
		if err != nil {
			return unread(c.needsFrom, err)
		}
		q.Needs = append(q.Needs, listed...)
	}
	for _, p := range c.places {
		of := configsync.Place{Name: p.name, Sort: configsync.Sort(p.sort), Target: p.target}
		var trouble *rollout.Finding
		switch p.sort {
		case "cloud_run_service":
			of.Sort, of.Provides = configsync.Names, "cloud_run"
			of.Names, trouble = c.service(ctx, f, p)
		case "lambda_function":
			of.Sort, of.Provides = configsync.Names, "lambda"
			of.Names, trouble = c.lambda(ctx, f, p)
		case ofECS:
			of.Sort, of.Provides, of.Target = configsync.Names, "ecs", ""
			of.Names, trouble = c.task(ctx, f, p)
		case "names":
			of.Names = p.names
		default:
			var err error
			of.File = p.at
			if of.Text, err = slurp(p.at); err != nil {
				return unread(p.at, err)
			}
		}
		if trouble != nil {
			return configsync.Table{}, c.unseen(p, trouble)
		}
		q.Places = append(q.Places, of)
	}
	table, err := configsync.Compare(q)
	if err != nil {
		place, reason, _ := strings.Cut(err.Error(), ": ")
		return unread(place, errors.New(reason))
	}
	if len(table.Needed) == 0 {
		f = f.Because(msgNothing, "file", c.needsFrom)
		return table, &f
	}
	return table, nil
}

// unseen says which of several places it is about.
func (c check) unseen(p place, f *rollout.Finding) *rollout.Finding {
	if len(c.places) > 1 && !strings.Contains(f.Why, p.name) {
		f.Why = p.name + ": " + f.Why
	}
	return f
}

// slurp reads a file.
func slurp(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	var p *os.PathError
	switch {
	case errors.As(err, &p):
		return nil, p.Err // the message has the path
	case err != nil:
		return nil, fmt.Errorf("read it: %w", err)
	}
	return text, nil
}

// service asks Cloud Run for the names in the template of a service.
func (c check) service(ctx context.Context, f rollout.Finding, p place) ([]string, *rollout.Finding) {
	client, err := c.clients.CloudRunServices(ctx)
	var found *runpb.Service
	if err == nil {
		found, err = client.GetService(ctx, &runpb.GetServiceRequest{Name: p.at})
	}
	switch {
	case ctx.Err() == nil && cloud.Gone(err):
		f.Retry = true
		f = f.Because(msgGone, "place", p.name)
		return nil, &f
	case err != nil || ctx.Err() != nil:
		f = google.Skipped(ctx, f, err, getService, role)
		return nil, &f
	case path.Base(found.GetName()) != path.Base(p.at):
		f.Status = rollout.Skipped
		f = f.Because(msgOdder, "place", p.name)
		return nil, &f
	}
	names := []string{}
	for _, container := range found.GetTemplate().GetContainers() {
		for _, e := range container.GetEnv() {
			names = append(names, e.GetName())
		}
	}
	return names, nil
}

// lambda asks for the names of a function's variables.
func (c check) lambda(ctx context.Context, f rollout.Finding, p place) ([]string, *rollout.Finding) {
	region := c.clients.AWSRegion(ctx, p.function.Region)
	client, err := c.clients.Lambda(ctx, region)
	var found *lambda.GetFunctionConfigurationOutput
	if err == nil {
		found, err = client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(p.function.Given)})
	}
	plain, _, _ := strings.Cut(p.function.Name, ":")
	switch {
	case err != nil || ctx.Err() != nil:
		f = amazon.Unread(ctx, f, err, getConfiguration, " in "+region)
		return nil, &f
	case aws.ToString(found.FunctionName) != plain:
		f = amazon.Odd(f)
		return nil, &f
	case found.Environment != nil && found.Environment.Error != nil:
		f.Status = rollout.Skipped
		f = f.Because(msgHidden, "place", p.name)
		return nil, &f
	case found.Environment == nil:
		return nil, nil
	}
	return slices.Sorted(maps.Keys(found.Environment.Variables)), nil
}
