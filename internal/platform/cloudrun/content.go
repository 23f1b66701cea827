package cloudrun

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	// settingsKey is the annotation beside a revision that remembers which of
	// its settings are ours, so that what leaves the configuration leaves the
	// template as well.
	settingsKey = "terraform-rollout/settings"
	// againKey makes a template differ from one of the same content that the
	// platform called broken, for an unchanged template makes no revision.
	againKey = "terraform-rollout/again-after"
	// triggersKey makes a template differ from one of the same settings that was
	// made for other triggers. It is the one annotation that counts.
	triggersKey = "terraform-rollout/triggers"
)

// wish is what the configuration wants of a revision, every reference resolved.
type wish struct {
	image         string            // by digest
	env           map[string]string // settings by name
	secrets       map[string]secretRef
	command, args []string // nil: as the template has them
	triggers      string   // what a new revision is wanted for, "" for nothing
}

// ingress returns the container that requests reach: the one with a port, or
// the only one.
func ingress(containers []*runpb.Container) *runpb.Container {
	for _, c := range containers {
		if len(c.GetPorts()) > 0 {
			return c
		}
	}
	if len(containers) > 0 {
		return containers[0]
	}
	return nil
}

// patch returns the live template with the wish in it. It never echoes the
// name of a revision: a template that carries one cannot be changed
// (hashicorp/terraform-provider-google#14569).
func patch(live *runpb.RevisionTemplate, w wish, project string) (*runpb.RevisionTemplate, error) {
	out := proto.CloneOf(live)
	c := ingress(out.GetContainers())
	if c == nil {
		return nil, fmt.Errorf("%w: the service's template has no container", rollout.ErrInvalid)
	}
	out.Revision = ""
	had := parseOwned(out.GetAnnotations()[settingsKey])
	c.Image = w.image
	c.Env = patchEnv(c.GetEnv(), had, w, project)
	if w.command != nil || had.command {
		c.Command = w.command
	}
	if w.args != nil || had.args {
		c.Args = w.args
	}
	if out.Annotations == nil {
		out.Annotations = map[string]string{}
	}
	for _, ours := range []string{againKey, settingsKey, triggersKey} {
		delete(out.Annotations, ours)
	}
	if w.triggers != "" {
		out.Annotations[triggersKey] = w.triggers
	}
	if owned := ownedBy(w).String(); owned != "" {
		out.Annotations[settingsKey] = owned
	}
	return out, nil
}

// patchEnv keeps what others set, in its order, and what the platform made of
// it; drops what was ours and is not wanted any more; and adds the rest sorted.
func patchEnv(live []*runpb.EnvVar, had owned, w wish, project string) []*runpb.EnvVar {
	wanted := map[string]*runpb.EnvVar{}
	for name, value := range w.env {
		wanted[name] = &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_Value{Value: value}}
	}
	for name, s := range w.secrets {
		wanted[name] = &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_ValueSource{ValueSource: &runpb.EnvVarSource{
			SecretKeyRef: &runpb.SecretKeySelector{Secret: s.in(project), Version: s.version},
		}}}
	}
	var out []*runpb.EnvVar
	for _, e := range live {
		if mine, ok := wanted[e.GetName()]; ok {
			out = append(out, mine)
			delete(wanted, e.GetName())
		} else if !had.has(e.GetName()) {
			out = append(out, e)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		out = append(out, wanted[name])
	}
	return out
}

// owned is which settings of a template are ours.
type owned struct {
	names         []string
	command, args bool
}

func ownedBy(w wish) owned {
	o := owned{command: w.command != nil, args: w.args != nil}
	o.names = slices.AppendSeq(slices.Collect(maps.Keys(w.env)), maps.Keys(w.secrets))
	slices.Sort(o.names)
	return o
}

func (o owned) has(name string) bool { return slices.Contains(o.names, name) }

// String renders what parseOwned reads: "env=A,B;command;args".
func (o owned) String() string {
	var parts []string
	if len(o.names) > 0 {
		parts = append(parts, "env="+strings.Join(o.names, ","))
	}
	if o.command {
		parts = append(parts, "command")
	}
	if o.args {
		parts = append(parts, "args")
	}
	return strings.Join(parts, ";")
}

func parseOwned(text string) owned {
	var o owned
	for part := range strings.SplitSeq(text, ";") {
		names, isEnv := strings.CutPrefix(part, "env=")
		switch {
		case isEnv:
			o.names = strings.Split(names, ",")
		case part == "command":
			o.command = true
		case part == "args":
			o.args = true
		}
	}
	return o
}

// asTemplate returns what a revision was made from.
func asTemplate(r *runpb.Revision) *runpb.RevisionTemplate {
	return &runpb.RevisionTemplate{
		Scaling: r.GetScaling(), VpcAccess: r.GetVpcAccess(), Timeout: r.GetTimeout(), ServiceAccount: r.GetServiceAccount(),
		Containers: r.GetContainers(), Volumes: r.GetVolumes(), ExecutionEnvironment: r.GetExecutionEnvironment(),
		EncryptionKey: r.GetEncryptionKey(), MaxInstanceRequestConcurrency: r.GetMaxInstanceRequestConcurrency(),
		ServiceMesh: r.GetServiceMesh(), EncryptionKeyRevocationAction: r.GetEncryptionKeyRevocationAction(),
		EncryptionKeyShutdownDuration: r.GetEncryptionKeyShutdownDuration(), SessionAffinity: r.GetSessionAffinity(),
		NodeSelector: r.GetNodeSelector(), GpuZonalRedundancyDisabled: r.GpuZonalRedundancyDisabled,
		Annotations: r.GetAnnotations(),
	}
}

// content returns the hash of everything in a template that makes a difference
// to what runs. Names, labels, annotations and what a client notes about itself
// make none; neither does the order of the settings. Values go into the hash
// and cannot be read from it. No template has no content.
func content(t *runpb.RevisionTemplate, project string) string {
	if t == nil {
		return ""
	}
	c := normal(t, project)
	sum := sha256.New()
	sum.Write(canonical(c))
	c.ProtoReflect().SetUnknown(nil) // a template and its revision share only the messages below the top
	unknown(sum, "", c.ProtoReflect())
	return "v1:" + hex.EncodeToString(sum.Sum(nil))
}

// identity is the content, and what it was made for: a revision of the same
// settings that was made for other triggers is another one. A template's drift
// goes by the content alone, for other tools may take annotations away.
func identity(t *runpb.RevisionTemplate, project string) string {
	if triggers := t.GetAnnotations()[triggersKey]; triggers != "" {
		return content(t, project) + "+" + triggers
	}
	return content(t, project)
}

// normal returns a template without what makes no difference to what runs, in
// one way of saying it.
func normal(t *runpb.RevisionTemplate, project string) *runpb.RevisionTemplate {
	c, own := proto.CloneOf(t), "projects/"+project+"/secrets/"
	c.Revision, c.Labels, c.Annotations, c.HealthCheckDisabled = "", nil, nil, false
	for _, k := range c.GetContainers() {
		k.Name, k.BuildInfo = "", nil // the platform's own
		slices.SortFunc(k.Env, func(a, b *runpb.EnvVar) int { return strings.Compare(a.GetName(), b.GetName()) })
		for _, e := range k.GetEnv() {
			if e.GetValueSource() == nil && e.GetValue() == "" {
				e.Values = nil // an empty setting, said in another way
			}
			if ref := e.GetValueSource().GetSecretKeyRef(); ref != nil {
				ref.Secret = strings.TrimPrefix(ref.GetSecret(), own)
			}
		}
	}
	for _, v := range c.GetVolumes() {
		if s := v.GetSecret(); s != nil {
			s.Secret = strings.TrimPrefix(s.GetSecret(), own)
		}
	}
	return c
}

// unknown writes what is newer than this provider, and where it stands: JSON
// leaves it out, and yet it makes a difference. Fields are taken in the order of
// their declaration; that of Range differs from one build to the next.
func unknown(w io.Writer, at string, m protoreflect.Message) {
	if newer := m.GetUnknown(); len(newer) > 0 {
		_, _ = fmt.Fprintf(w, "%s=%x;", at, []byte(newer)) // a hash takes everything
	}
	for fields, i := m.Descriptor().Fields(), 0; i < fields.Len(); i++ {
		field := fields.Get(i)
		switch {
		case field.IsMap() || field.Message() == nil || !m.Has(field):
		case field.IsList():
			for n, all := 0, m.Get(field).List(); n < all.Len(); n++ {
				unknown(w, fmt.Sprintf("%s.%s[%d]", at, field.Name(), n), all.Get(n).Message())
			}
		default:
			unknown(w, fmt.Sprintf("%s.%s", at, field.Name()), m.Get(field).Message())
		}
	}
}

// canonical renders a message as JSON with sorted keys, for protojson alone
// promises no stable bytes. What JSON cannot hold is rendered as it is on the
// wire: stable for one version of this provider.
func canonical(m proto.Message) []byte {
	var tree any
	text, err := protojson.Marshal(m)
	if err == nil {
		err = json.Unmarshal(text, &tree)
	}
	if err == nil {
		text, err = json.Marshal(tree)
	}
	if err != nil {
		text, _ = proto.MarshalOptions{Deterministic: true}.Marshal(m) // hashing what could be rendered is all that is left
	}
	return text
}

// envNames lists the settings of all containers, sorted; never their values.
func envNames(containers []*runpb.Container) []string {
	var out []string
	for _, c := range containers {
		for _, e := range c.GetEnv() {
			out = append(out, e.GetName())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
