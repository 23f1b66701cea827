package lambdaalias

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// shape is what $LATEST or a version is made of: its code by hash, and its
// configuration. The values of the environment are sealed where AWS's answers are
// decoded (cloud.Clients.Lambda).
type shape struct {
	types.FunctionConfiguration
}

// hidden reports whether AWS does not show the environment, because it is
// encrypted with a key that may not be used here.
func (s shape) hidden() bool { return s.Environment != nil && s.Environment.Error != nil }

// variables returns the environment, every value sealed.
func (s shape) variables() map[string]string {
	if s.Environment == nil {
		return nil
	}
	return s.Environment.Variables
}

func (s shape) names() []string { return slices.Sorted(maps.Keys(s.variables())) }

// normal returns what makes a difference to what runs, as a tree of JSON without
// anything that is empty: a field that is absent and one that is null say the same.
// Names, descriptions, times and states make none. Neither does the exact runtime
// version: AWS moves it by itself
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html).
func (s shape) normal() map[string]any {
	c := s.FunctionConfiguration
	c.FunctionArn, c.FunctionName, c.Version, c.MasterArn, c.Description = nil, nil, nil, nil, nil
	c.RevisionId, c.ConfigSha256, c.LastModified, c.SigningJobArn, c.RuntimeVersionConfig = nil, nil, nil, nil, nil
	c.LastUpdateStatus, c.LastUpdateStatusReason, c.LastUpdateStatusReasonCode = "", nil, ""
	c.State, c.StateReason, c.StateReasonCode, c.CodeSize = "", nil, "", 0
	c.Environment = nil
	if c.VpcConfig != nil {
		c.VpcConfig = &types.VpcConfigResponse{
			SubnetIds: sorted(c.VpcConfig.SubnetIds), SecurityGroupIds: sorted(c.VpcConfig.SecurityGroupIds),
			Ipv6AllowedForDualStack: c.VpcConfig.Ipv6AllowedForDualStack,
		}
	}
	if c.SnapStart != nil {
		c.SnapStart = &types.SnapStartResponse{ApplyOn: c.SnapStart.ApplyOn}
		if c.SnapStart.ApplyOn == types.SnapStartApplyOnNone {
			c.SnapStart = nil
		}
	}
	if c.LoggingConfig != nil && aws.ToString(c.LoggingConfig.LogGroup) == "/aws/lambda/"+aws.ToString(s.FunctionName) {
		logging := *c.LoggingConfig
		logging.LogGroup = nil // where it logs unless told otherwise
		c.LoggingConfig = &logging
	}
	c.Layers = slices.Clone(c.Layers)
	for i := range c.Layers {
		c.Layers[i] = types.Layer{Arn: c.Layers[i].Arn}
	}
	text, err := json.Marshal(c)
	var tree map[string]any
	if err == nil {
		err = json.Unmarshal(text, &tree)
	}
	if err != nil {
		return map[string]any{"unreadable": err.Error()} // a struct of strings and numbers always is
	}
	out, ok := pruned(tree).(map[string]any)
	if !ok {
		out = map[string]any{} // nothing is set
	}
	if vars := s.variables(); len(vars) > 0 {
		env := map[string]any{}
		for name, v := range vars {
			env[name] = v
		}
		out["Environment"] = env
	}
	return out
}

// pruned leaves out what says nothing.
func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if e = pruned(e); e != nil {
				out[k] = e
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = pruned(v[i])
		}
		return v
	case string:
		if v == "" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	}
	return v
}

func sorted(s []string) []string {
	out := slices.Clone(s)
	slices.Sort(out)
	return out
}

// content returns the hash of everything that makes a difference to what runs.
// Values go into the hash and cannot be read from it. Where the environment is
// hidden there is no hash: "".
func (s shape) content() string {
	if s.hidden() {
		return ""
	}
	text, err := json.Marshal(s.normal()) // keys are sorted
	if err != nil {
		return "" // a tree that came from JSON goes back into it
	}
	sum := sha256.Sum256(text)
	return "v1:" + hex.EncodeToString(sum[:])
}

// alike reports whether two have the same content. Where AWS hides the environment
// of the first, everything else has to be the same: a write that was answered, and
// the RevisionId that came of it, stand for the rest.
func (s shape) alike(want shape) bool {
	if s.hidden() {
		s.Environment = want.Environment
	}
	return s.content() == want.content()
}

// identity is the content, and what it was made for: a version of the same
// settings that was made for other triggers is another one. Where AWS hides the
// environment, it is what was noted when the version was published here.
func (s shape) identity() string {
	_, noted := cutNote(aws.ToString(s.Description))
	own := s.content()
	if own == "" {
		return noted
	}
	if _, triggers, ok := strings.Cut(noted, "+"); ok {
		return own + "+" + triggers
	}
	return own
}

func (s shape) revision() rollout.Revision { return rollout.Revision(aws.ToString(s.Version)) }

var noteText = lazyregexp.New(`\s?\[rollout ([^\]\s]+)\]\s*$`)

// cutNote takes from the description of a version, or of $LATEST, what we noted
// there.
func cutNote(description string) (text, noted string) {
	at := noteText.FindStringSubmatchIndex(description)
	if at == nil {
		return description, ""
	}
	return description[:at[0]], description[at[2]:at[3]]
}

// withNote appends a note to a person's text, as much of which is kept as there
// is place for.
func withNote(text, note string) string {
	note = " [rollout " + note + "]"
	if most := longestDescription - len(note); len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text + note
}
