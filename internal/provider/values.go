package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// source is what values are read from: a configuration, a plan or a state.
type source interface {
	GetAttribute(ctx context.Context, p path.Path, target any) diag.Diagnostics
}

// fault is a problem, and the block or attribute to show it at. It is never
// the path of a sensitive attribute, for Terraform prints the source line.
type fault struct {
	at path.Path
	rollout.Problem
}

// in returns the fault of a problem in a block. A block as a whole is shown at
// the attribute that every such block has.
func in(block path.Path, always string, p rollout.Problem) fault {
	if p.At == "" {
		p.At = always
	}
	if p.At == "" {
		return fault{block, p}
	}
	return fault{block.AtName(p.At), p}
}

func addFaults(d *diag.Diagnostics, faults []fault) {
	for _, f := range faults {
		addError(d, f.at, f.Problem)
	}
}

// addError and addWarning are the only ways to print something: what they take
// comes from the table of messages.
func addError(d *diag.Diagnostics, at path.Path, p rollout.Problem) {
	if at.Equal(path.Empty()) {
		d.AddError(p.What, p.Detail()) // Terraform shows the line of the whole block
		return
	}
	d.AddAttributeError(at, p.What, p.Detail())
}

func addWarning(d *diag.Diagnostics, at path.Path, p rollout.Problem) {
	if at.Equal(path.Empty()) {
		d.AddWarning(p.What, p.Detail())
		return
	}
	d.AddAttributeWarning(at, p.What, p.Detail())
}

// objects returns the blocks of a list that is known.
func objects(list types.List) []types.Object {
	var out []types.Object
	for _, e := range list.Elements() {
		if o, ok := e.(types.Object); ok {
			out = append(out, o)
		}
	}
	return out
}

func stringOf(o types.Object, name string) types.String {
	if v, ok := o.Attributes()[name].(types.String); ok {
		return v
	}
	return types.StringNull()
}

func numberOf(o types.Object, name string) types.Float64 {
	if v, ok := o.Attributes()[name].(types.Float64); ok {
		return v
	}
	return types.Float64Null()
}

func intOf(o types.Object, name string) types.Int64 {
	if v, ok := o.Attributes()[name].(types.Int64); ok {
		return v
	}
	return types.Int64Null()
}

func boolOf(o types.Object, name string) types.Bool {
	if v, ok := o.Attributes()[name].(types.Bool); ok {
		return v
	}
	return types.BoolNull()
}

func listOf(o types.Object, name string) types.List {
	if v, ok := o.Attributes()[name].(types.List); ok {
		return v
	}
	return types.ListNull(types.StringType)
}

// unknownIn reports whether anything in a value is unknown, however deep, but
// for what is write-only: that stands in no plan.
func unknownIn(v attr.Value) bool {
	return anyUnknown(v, func(name string) bool { return !strings.HasSuffix(name, "_wo") })
}

// openEnded is unknownIn with what is write-only.
func openEnded(v attr.Value) bool { return anyUnknown(v, func(string) bool { return true }) }

func anyUnknown(v attr.Value, counts func(name string) bool) bool {
	if v == nil || v.IsNull() {
		return false
	}
	if v.IsUnknown() {
		return true
	}
	switch v := v.(type) {
	case types.Object:
		for name, e := range v.Attributes() {
			if counts(name) && anyUnknown(e, counts) {
				return true
			}
		}
	case types.List:
		for _, e := range v.Elements() {
			if anyUnknown(e, counts) {
				return true
			}
		}
	case types.Map:
		for _, e := range v.Elements() {
			if anyUnknown(e, counts) {
				return true
			}
		}
	}
	return false
}

// duration reads a duration; what is null or unknown is def. what names it in
// the message.
func duration(what string, v types.String, def time.Duration) (time.Duration, *rollout.Problem) {
	if v.IsNull() || v.IsUnknown() {
		return def, nil
	}
	d, err := time.ParseDuration(v.ValueString())
	if err == nil && d >= 0 {
		return d, nil
	}
	return def, msgNoDuration.Found("what", what, "value", v.ValueString())
}

// word reads one of several words; what is null or unknown is the first.
func word(what string, v types.String, words ...string) (string, *rollout.Problem) {
	if v.IsNull() || v.IsUnknown() {
		return words[0], nil
	}
	for _, w := range words {
		if v.ValueString() == w {
			return w, nil
		}
	}
	return words[0], msgUnknownWord.Found("what", what, "value", v.ValueString(), "words", quoted(words))
}

func quoted(words []string) string {
	out := ""
	for i, w := range words {
		switch {
		case i > 0 && i == len(words)-1:
			out += " and "
		case i > 0:
			out += ", "
		}
		out += fmt.Sprintf("%q", w)
	}
	return out
}

// percents renders a split for state: percent by revision.
func percents(s rollout.Split) map[string]float64 {
	out := map[string]float64{}
	for r, w := range s {
		out[string(r)] = w.Float()
	}
	return out
}

// splitOf reads a split back from state; shares of 0 are left out.
func splitOf(m map[string]float64) rollout.Split {
	out := rollout.Split{}
	for r, p := range m {
		if w, err := rollout.Percent(p); err == nil && w > 0 {
			out[rollout.Revision(r)] = w
		}
	}
	return out
}

// objectTypes returns the types of an object's attributes.
func objectTypes(attributes map[string]schema.Attribute) map[string]attr.Type {
	out := map[string]attr.Type{}
	for name, a := range attributes {
		out[name] = a.GetType()
	}
	return out
}
