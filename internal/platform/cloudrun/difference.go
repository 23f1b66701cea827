package cloudrun

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// maxParts is how much of a difference is told; one line of a plan has to hold it.
const maxParts = 10

// unserved says what the service's template has that the revision with all
// traffic has not. What the configuration sets is left out: whatever stands in
// the template, a rollout sets it again.
func (t *service) unserved(sole rollout.Revision) string {
	r := t.revisions[sole]
	if r == nil {
		return ""
	}
	was, now := proto.CloneOf(asTemplate(r)), proto.CloneOf(t.last.GetTemplate())
	t.settings.disregard(ingress(was.GetContainers()), ingress(now.GetContainers()))
	parts := difference(was, now, t.project)
	if len(parts) == 0 {
		return ""
	}
	if more := len(parts) - maxParts; more > 0 {
		parts = append(parts[:maxParts], fmt.Sprintf("and %d more", more))
	}
	made := ""
	if newest := short(t.last.GetLatestCreatedRevision()); newest != "" && newest != sole {
		made = fmt.Sprintf("made as %s, ", newest)
	}
	return fmt.Sprintf("%s: %sserves nobody", strings.Join(parts, ", "), made)
}

// disregard makes two containers alike in what the settings say.
func (s settings) disregard(was, now *runpb.Container) {
	if was == nil || now == nil {
		return
	}
	if s.image != "" {
		now.Image = was.GetImage()
	}
	if s.command != nil {
		now.Command = was.GetCommand()
	}
	if s.args != nil {
		now.Args = was.GetArgs()
	}
	for _, c := range []*runpb.Container{was, now} {
		c.Env = slices.DeleteFunc(c.GetEnv(), func(e *runpb.EnvVar) bool {
			_, plain := s.env[e.GetName()]
			_, secret := s.secrets[e.GetName()]
			return plain || secret
		})
	}
}

// difference says in words what one template has and another has not, nothing
// where the content is the same. Settings, commands and arguments are named and
// never quoted: a secret may stand in them.
func difference(was, now *runpb.RevisionTemplate, project string) []string {
	was, now = normal(was, project), normal(now, project)
	was.ProtoReflect().SetUnknown(nil) // as for the content
	now.ProtoReflect().SetUnknown(nil)
	if proto.Equal(was, now) {
		return nil
	}
	out := containersDiffer(was.GetContainers(), now.GetContainers())
	out = append(out, volumesDiffer(was.GetVolumes(), now.GetVolumes())...)
	var newer [2]bytes.Buffer
	for i, t := range []*runpb.RevisionTemplate{was, now} {
		unknown(&newer[i], "", t.ProtoReflect())
		t.Containers, t.Volumes = nil, nil
	}
	out = append(out, fieldsDiffer(was.ProtoReflect(), now.ProtoReflect())...)
	if len(out) == 0 || !bytes.Equal(newer[0].Bytes(), newer[1].Bytes()) {
		out = append(out, "other fields")
	}
	return out
}

// containersDiffer tells of the container that requests reach in detail, and of
// the others whether they changed: normal templates have no names of containers.
func containersDiffer(was, now []*runpb.Container) []string {
	var out []string
	if a, b := ingress(was), ingress(now); a != nil && b != nil {
		out = containerDiffers(a, b)
	}
	a, b := others(was), others(now)
	if len(a) != len(b) {
		return append(out, fmt.Sprintf("containers %d → %d", len(was), len(now)))
	}
	for i := range a {
		if !proto.Equal(a[i], b[i]) {
			out = append(out, fmt.Sprintf("sidecar %d changed", i+1))
		}
	}
	return out
}

func others(containers []*runpb.Container) []*runpb.Container {
	first := ingress(containers)
	return slices.DeleteFunc(slices.Clone(containers), func(c *runpb.Container) bool { return c == first })
}

func containerDiffers(was, now *runpb.Container) []string {
	var out []string
	if a, b := was.GetImage(), now.GetImage(); a != b {
		out = append(out, imageDiffers(a, b))
	}
	out = append(out, limitsDiffer(was.GetResources().GetLimits(), now.GetResources().GetLimits())...)
	out = append(out, envDiffers(was.GetEnv(), now.GetEnv())...)
	if a, b := was.GetPorts(), now.GetPorts(); len(a) == 1 && len(b) == 1 && a[0].GetContainerPort() != b[0].GetContainerPort() {
		out = append(out, fmt.Sprintf("port %d → %d", a[0].GetContainerPort(), b[0].GetContainerPort()))
		was.Ports, now.Ports = nil, nil
	}
	for _, c := range []*runpb.Container{was, now} {
		c.Image, c.Env = "", nil
		if c.GetResources() == nil {
			c.Resources = &runpb.ResourceRequirements{}
		}
		c.Resources.Limits = nil
	}
	return append(out, fieldsDiffer(was.ProtoReflect(), now.ProtoReflect())...)
}

// imageDiffers names the repository once where it is the same one.
func imageDiffers(was, now string) string {
	repo, a, _ := strings.Cut(brief(was), "@")
	other, b, ok := strings.Cut(brief(now), "@")
	if ok && repo == other && a != "" {
		return fmt.Sprintf("image %s %s → %s", repo, a, b)
	}
	return fmt.Sprintf("image %s → %s", brief(was), brief(now))
}

func limitsDiffer(was, now map[string]string) []string {
	all := maps.Clone(was)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, now)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if was[name] == now[name] {
			continue
		}
		from, to := cores(was[name]), cores(now[name])
		if from == to { // another word for the same
			from, to = was[name], now[name]
		}
		out = append(out, fmt.Sprintf("%s %s → %s", name, orNone(from), orNone(to)))
	}
	return out
}

// cores is a limit as people write it: 1000m is 1
// (https://docs.cloud.google.com/run/docs/configuring/services/cpu).
func cores(limit string) string {
	if whole, ok := strings.CutSuffix(limit, "000m"); ok && whole != "" {
		return whole
	}
	return limit
}

func envDiffers(was, now []*runpb.EnvVar) []string {
	a, b := settingsOf(was), settingsOf(now)
	all := maps.Clone(a)
	maps.Copy(all, b)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch {
		case a[name] == nil:
			out = append(out, "+"+name)
		case b[name] == nil:
			out = append(out, "-"+name)
		case !proto.Equal(a[name], b[name]):
			out = append(out, settingDiffers(a[name], b[name]))
		}
	}
	return out
}

func settingsOf(env []*runpb.EnvVar) map[string]*runpb.EnvVar {
	out := map[string]*runpb.EnvVar{}
	for _, e := range env {
		out[e.GetName()] = e
	}
	return out
}

// settingDiffers tells which version of a secret a setting has; of a value that
// it is another one.
func settingDiffers(was, now *runpb.EnvVar) string {
	a, b := was.GetValueSource().GetSecretKeyRef(), now.GetValueSource().GetSecretKeyRef()
	switch {
	case a == nil || b == nil:
		return now.GetName() + " changed"
	case a.GetSecret() == b.GetSecret() && a.GetVersion() != b.GetVersion():
		return fmt.Sprintf("%s: %s → %s", a.GetSecret(), a.GetVersion(), b.GetVersion())
	}
	return fmt.Sprintf("%s: %s:%s → %s:%s", now.GetName(), a.GetSecret(), a.GetVersion(), b.GetSecret(), b.GetVersion())
}

func volumesDiffer(was, now []*runpb.Volume) []string {
	a, b := map[string]*runpb.Volume{}, map[string]*runpb.Volume{}
	for _, v := range was {
		a[v.GetName()] = v
	}
	for _, v := range now {
		b[v.GetName()] = v
	}
	all := maps.Clone(a)
	maps.Copy(all, b)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch {
		case a[name] == nil:
			out = append(out, "+volume "+name)
		case b[name] == nil:
			out = append(out, "-volume "+name)
		case !proto.Equal(a[name], b[name]):
			out = append(out, fmt.Sprintf("volume %s changed", name))
		}
	}
	return out
}

// called are the fields whose names are not what people call them.
var called = map[protoreflect.Name]string{
	"max_instance_request_concurrency": "concurrency", "min_instance_count": "min instances", "max_instance_count": "max instances",
}

// opened are the messages that are told field by field.
var opened = map[protoreflect.Name]bool{"scaling": true, "resources": true}

// fieldsDiffer tells of single values what they were and are, of everything
// else that it changed. No value of these messages is a secret; lists may hold one.
func fieldsDiffer(was, now protoreflect.Message) []string {
	var out []string
	for fields, i := was.Descriptor().Fields(), 0; i < fields.Len(); i++ {
		f := fields.Get(i)
		a, b := was.Get(f), now.Get(f)
		if a.Equal(b) {
			continue
		}
		name := called[f.Name()]
		if name == "" {
			name = strings.ReplaceAll(string(f.Name()), "_", " ")
		}
		from, told := value(f, a)
		to, _ := value(f, b)
		switch {
		case opened[f.Name()]:
			out = append(out, fieldsDiffer(a.Message(), b.Message())...)
		case told:
			out = append(out, fmt.Sprintf("%s %s → %s", name, from, to))
		default:
			out = append(out, name+" changed")
		}
	}
	return out
}

// value renders a single value, and reports whether it is one.
func value(f protoreflect.FieldDescriptor, v protoreflect.Value) (string, bool) {
	if f.IsList() || f.IsMap() {
		return "", false
	}
	switch f.Kind() {
	case protoreflect.BoolKind:
		return map[bool]string{true: "on", false: "off"}[v.Bool()], true
	case protoreflect.EnumKind:
		if v.Enum() == 0 {
			return "none", true
		}
		word := f.Enum().Values().ByNumber(v.Enum())
		if word == nil { // newer than this provider
			return fmt.Sprint(v.Enum()), true
		}
		return strings.TrimPrefix(string(word.Name()), strings.ToUpper(string(f.Name()))+"_"), true
	case protoreflect.MessageKind:
		d, ok := v.Message().Interface().(*durationpb.Duration)
		if !ok {
			return "", false
		}
		return rollout.Short(d.AsDuration()), true
	default:
		return orNone(v.String()), true
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
