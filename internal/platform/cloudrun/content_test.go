package cloudrun

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
)

const project = "demo"

func plain(name, value string) *runpb.EnvVar {
	return &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_Value{Value: value}}
}

func secret(name, secret, version string) *runpb.EnvVar {
	return &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_ValueSource{ValueSource: &runpb.EnvVarSource{
		SecretKeyRef: &runpb.SecretKeySelector{Secret: secret, Version: version},
	}}}
}

// template is one as people have it: an app with a port, a sidecar, a volume.
func template() *runpb.RevisionTemplate {
	return &runpb.RevisionTemplate{
		Revision: "api-00001-abc", Labels: map[string]string{"team": "shop"}, Annotations: map[string]string{"note": "x"},
		Timeout: durationpb.New(time.Minute), ServiceAccount: "api@demo.iam.gserviceaccount.com",
		Scaling: &runpb.RevisionScaling{MaxInstanceCount: 100}, VpcAccess: &runpb.VpcAccess{Connector: "c"},
		Containers: []*runpb.Container{
			{
				Name: "app-1", Image: "host/app@sha256:1", Command: []string{"/app"}, Args: []string{"-v", "-x"},
				Env:          []*runpb.EnvVar{plain("A", "1"), secret("KEY", "key", "3"), plain("B", "2")},
				Ports:        []*runpb.ContainerPort{{Name: "http1", ContainerPort: 8080}},
				Resources:    &runpb.ResourceRequirements{Limits: map[string]string{"cpu": "1000m", "memory": "512Mi"}},
				StartupProbe: &runpb.Probe{ProbeType: &runpb.Probe_TcpSocket{TcpSocket: &runpb.TCPSocketAction{Port: 8080}}},
			},
			{Name: "proxy-1", Image: "host/proxy@sha256:2"},
		},
		Volumes: []*runpb.Volume{{Name: "v", VolumeType: &runpb.Volume_Secret{Secret: &runpb.SecretVolumeSource{Secret: "cert"}}}},
	}
}

func TestContent(t *testing.T) {
	app := func(t *runpb.RevisionTemplate) *runpb.Container { return t.GetContainers()[0] }
	for name, c := range map[string]struct {
		change func(*runpb.RevisionTemplate)
		counts bool
	}{
		"the revision's name":                   {func(t *runpb.RevisionTemplate) { t.Revision = "" }, false},
		"labels":                                {func(t *runpb.RevisionTemplate) { t.Labels = map[string]string{"client": "gcloud"} }, false},
		"annotations":                           {func(t *runpb.RevisionTemplate) { t.Annotations = nil }, false},
		"what we remember beside it":            {func(t *runpb.RevisionTemplate) { t.Annotations[settingsKey] = "env=A" }, false},
		"that it is made again":                 {func(t *runpb.RevisionTemplate) { t.Annotations[againKey] = "api-00001-abc" }, false},
		"names of containers":                   {func(t *runpb.RevisionTemplate) { app(t).Name = "" }, false},
		"what built it":                         {func(t *runpb.RevisionTemplate) { app(t).BuildInfo = &runpb.BuildInfo{FunctionTarget: "f"} }, false},
		"a field that no revision has":          {func(t *runpb.RevisionTemplate) { t.HealthCheckDisabled = true }, false},
		"the order of settings":                 {func(t *runpb.RevisionTemplate) { slices.Reverse(app(t).Env) }, false},
		"a secret by its long name":             {func(t *runpb.RevisionTemplate) { app(t).Env[1] = secret("KEY", "projects/demo/secrets/key", "3") }, false},
		"a volume's secret, long":               {func(t *runpb.RevisionTemplate) { t.Volumes[0].GetSecret().Secret = "projects/demo/secrets/cert" }, false},
		"the image":                             {func(t *runpb.RevisionTemplate) { app(t).Image = "host/app@sha256:3" }, true},
		"the sidecar's image":                   {func(t *runpb.RevisionTemplate) { t.Containers[1].Image = "host/proxy@sha256:3" }, true},
		"another version of a secret":           {func(t *runpb.RevisionTemplate) { app(t).Env[1] = secret("KEY", "key", "4") }, true},
		"the newest version of a secret":        {func(t *runpb.RevisionTemplate) { app(t).Env[1] = secret("KEY", "key", "latest") }, true},
		"another secret":                        {func(t *runpb.RevisionTemplate) { app(t).Env[1] = secret("KEY", "other", "3") }, true},
		"that secret of another project":        {func(t *runpb.RevisionTemplate) { app(t).Env[1] = secret("KEY", "projects/q/secrets/key", "3") }, true},
		"a volume's secret":                     {func(t *runpb.RevisionTemplate) { t.Volumes[0].GetSecret().Secret = "projects/q/secrets/cert" }, true},
		"a value in place of a secret":          {func(t *runpb.RevisionTemplate) { app(t).Env[1] = plain("KEY", "key") }, true},
		"a value":                               {func(t *runpb.RevisionTemplate) { app(t).Env[0] = plain("A", "2") }, true},
		"values of two names changed":           {func(t *runpb.RevisionTemplate) { app(t).Env[0], app(t).Env[2] = plain("A", "2"), plain("B", "1") }, true},
		"a setting more":                        {func(t *runpb.RevisionTemplate) { app(t).Env = append(app(t).Env, plain("C", "")) }, true},
		"a setting less":                        {func(t *runpb.RevisionTemplate) { app(t).Env = app(t).Env[1:] }, true},
		"a setting on the other one":            {func(t *runpb.RevisionTemplate) { t.Containers[1].Env, app(t).Env = app(t).Env[:1], app(t).Env[1:] }, true},
		"the order of arguments":                {func(t *runpb.RevisionTemplate) { slices.Reverse(app(t).Args) }, true},
		"the order of containers":               {func(t *runpb.RevisionTemplate) { slices.Reverse(t.Containers) }, true},
		"memory":                                {func(t *runpb.RevisionTemplate) { app(t).Resources.Limits["memory"] = "1Gi" }, true},
		"a probe":                               {func(t *runpb.RevisionTemplate) { app(t).StartupProbe.FailureThreshold = 3 }, true},
		"the account":                           {func(t *runpb.RevisionTemplate) { t.ServiceAccount = "other@demo.iam.gserviceaccount.com" }, true},
		"a field newer than we, in a container": {func(t *runpb.RevisionTemplate) { newer(app(t), 1) }, true},
		"a field newer than we, in the network": {func(t *runpb.RevisionTemplate) { newer(t.VpcAccess, 1) }, true},
		"a field newer than we, in a volume":    {func(t *runpb.RevisionTemplate) { newer(t.Volumes[0].GetSecret(), 1) }, true},
		"a field newer than we, at the top, which no revision shares": {func(t *runpb.RevisionTemplate) { newer(t, 1) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := template(), template()
			c.change(after)
			changed := proto.CloneOf(after)
			if counted := content(before, project) != content(after, project); counted != c.counts {
				t.Errorf("it counts: %v, want %v", counted, c.counts)
			}
			if !proto.Equal(after, changed) {
				t.Error("taking the hash changed the template")
			}
		})
	}
}

// newer gives a message a field that this provider does not know.
func newer(m proto.Message, value uint64) {
	m.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 9999, protowire.VarintType), value))
}

// TestContentOfWhatIsNewerThanUs: its value counts, and so does where it stands.
func TestContentOfWhatIsNewerThanUs(t *testing.T) {
	seen := map[string]string{}
	for name, change := range map[string]func(*runpb.RevisionTemplate){
		"none":                      func(*runpb.RevisionTemplate) {},
		"first container":           func(t *runpb.RevisionTemplate) { newer(t.Containers[0], 1) },
		"first container, another":  func(t *runpb.RevisionTemplate) { newer(t.Containers[0], 2) },
		"second container":          func(t *runpb.RevisionTemplate) { newer(t.Containers[1], 1) },
		"its probe":                 func(t *runpb.RevisionTemplate) { newer(t.Containers[0].StartupProbe, 1) },
		"its probe's kind":          func(t *runpb.RevisionTemplate) { newer(t.Containers[0].StartupProbe.GetTcpSocket(), 1) },
		"its first setting":         func(t *runpb.RevisionTemplate) { newer(t.Containers[0].Env[0], 1) },
		"its last setting":          func(t *runpb.RevisionTemplate) { newer(t.Containers[0].Env[2], 1) },
		"first container, network":  func(t *runpb.RevisionTemplate) { newer(t.Containers[0], 1); newer(t.VpcAccess, 2) },
		"first container, network'": func(t *runpb.RevisionTemplate) { newer(t.Containers[0], 2); newer(t.VpcAccess, 1) },
	} {
		with := template()
		change(with)
		hash := content(with, project)
		if other, ok := seen[hash]; ok {
			t.Errorf("%q and %q have the same content", name, other)
		}
		seen[hash] = name
	}
	// A setting takes its newer fields along when the order changes.
	a, b := template(), template()
	newer(a.Containers[0].Env[0], 1)
	newer(b.Containers[0].Env[0], 1)
	slices.Reverse(b.Containers[0].Env)
	if content(a, project) != content(b, project) {
		t.Error("the order of settings counts where one has a newer field")
	}
}

// TestContentIsTheSameInEveryBuild: state remembers hashes, so a rule that
// changes needs another prefix.
func TestContentIsTheSameInEveryBuild(t *testing.T) {
	with := template()
	newer(with.VpcAccess, 1)
	newer(with.Containers[0].Resources, 2)
	newer(with.Volumes[0], 3)
	for name, c := range map[string]struct {
		t    *runpb.RevisionTemplate
		want string
	}{
		"a template":           {template(), "v1:024133ec9c70b87760a42366f34414837d4908863b0d76120e31fddefd0f8f85"},
		"newer fields in it":   {with, "v1:7f500cda65693c5933ce0f201e0c977fd4d828b745efeafecd0146eaf22a76d2"},
		"no template whatever": {nil, ""},
	} {
		if got := content(c.t, project); got != c.want {
			t.Errorf("%s: it is %s, want %s", name, got, c.want)
		}
	}
}

// TestContentOfWhatJSONCannotHold: it is compared all the same.
func TestContentOfWhatJSONCannotHold(t *testing.T) {
	for _, seconds := range []int64{math.MaxInt64, math.MaxInt64 - 1} {
		a, b := template(), template()
		a.Timeout, b.Timeout = &durationpb.Duration{Seconds: seconds}, &durationpb.Duration{Seconds: math.MaxInt64}
		if same := content(a, project) == content(b, project); same != (seconds == math.MaxInt64) {
			t.Errorf("a timeout of %d s is the same as one of %d s: %v", seconds, int64(math.MaxInt64), same)
		}
	}
}

// A way leads to one value in a message, through the first element of lists.
type way []protoreflect.FieldDescriptor

func (w way) String() string {
	var names []string
	for _, f := range w {
		names = append(names, string(f.Name()))
	}
	return strings.Join(names, ".")
}

// ways lists every value that a message can hold.
func ways(in protoreflect.MessageDescriptor, before way) []way {
	var out []way
	for i := range in.Fields().Len() {
		w := append(slices.Clone(before), in.Fields().Get(i))
		if f := in.Fields().Get(i); f.Message() != nil && !f.IsMap() {
			out = append(out, ways(f.Message(), w)...)
		} else {
			out = append(out, w)
		}
	}
	return out
}

// set puts one of two values at the end of a way.
func set(m protoreflect.Message, w way, first bool) {
	last := len(w) - 1
	for _, f := range w[:last] {
		if !f.IsList() {
			m = m.Mutable(f).Message()
			continue
		}
		all := m.Mutable(f).List()
		if all.Len() == 0 {
			all.Append(all.NewElement())
		}
		m = all.Get(0).Message()
	}
	switch f := w[last]; {
	case f.IsMap():
		m.Mutable(f).Map().Set(protoreflect.ValueOfString("key").MapKey(), scalar(f.MapValue(), first))
	case f.IsList():
		m.Mutable(f).List().Append(scalar(f, first))
	default:
		m.Set(f, scalar(f, first))
	}
}

func scalar(f protoreflect.FieldDescriptor, first bool) protoreflect.Value {
	n, word := 2, "two"
	if first {
		n, word = 1, "one"
	}
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(first)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(n))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(word)
	default:
		panic(fmt.Sprintf("%s is a %s: say what its values are", f.FullName(), f.Kind()))
	}
}

var idle = regexp.MustCompile(`^(revision|labels|annotations|health_check_disabled|containers\.name|containers\.build_info\..*)$`)

// TestEveryFieldCounts: all that a template can hold makes a difference, but
// for what is known to make none. A field that a new version of the client
// brings is among them at once.
func TestEveryFieldCounts(t *testing.T) {
	all := ways((&runpb.RevisionTemplate{}).ProtoReflect().Descriptor(), nil)
	if len(all) < 90 {
		t.Fatalf("only %d fields were found", len(all))
	}
	for _, w := range all {
		a, b := &runpb.RevisionTemplate{}, &runpb.RevisionTemplate{}
		set(a.ProtoReflect(), w, true)
		set(b.ProtoReflect(), w, false)
		if counts := content(a, project) != content(b, project); counts == idle.MatchString(w.String()) {
			t.Errorf("%s counts: %v", w, counts)
		}
	}
}

// TestRevisionHasTheContentOfItsTemplate: whatever stands in a template, the
// revision made from it is found by it; and what only a revision has, such as
// its conditions, makes no difference.
func TestRevisionHasTheContentOfItsTemplate(t *testing.T) {
	of := (&runpb.RevisionTemplate{}).ProtoReflect().Descriptor()
	for _, first := range []bool{true, false} {
		for _, w := range ways(of, nil) {
			from := template()
			set(from.ProtoReflect(), w, first)
			if content(from, project) != content(asTemplate(revisionOf(from)), project) {
				t.Errorf("with %s the revision's content is not its template's", w)
			}
		}
	}
	bare, full := revisionOf(template()), revisionOf(template())
	for _, w := range ways(full.ProtoReflect().Descriptor(), nil) {
		if of.Fields().ByName(w[0].Name()) == nil {
			set(full.ProtoReflect(), w, true)
		}
	}
	if proto.Equal(bare, full) || content(asTemplate(bare), project) != content(asTemplate(full), project) {
		t.Error("what the platform says of a revision counts as its content")
	}
}

// revisionOf is what the platform makes of a template: the fields of the same
// name.
func revisionOf(t *runpb.RevisionTemplate) *runpb.Revision {
	from, out := proto.CloneOf(t).ProtoReflect(), (&runpb.Revision{}).ProtoReflect()
	from.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if to := out.Descriptor().Fields().ByName(f.Name()); to != nil {
			if f.IsMap() {
				v.Map().Range(func(k protoreflect.MapKey, e protoreflect.Value) bool {
					out.Mutable(to).Map().Set(k, e)
					return true
				})
				return true
			}
			if f.IsList() {
				for i := range v.List().Len() {
					out.Mutable(to).List().Append(v.List().Get(i))
				}
				return true
			}
			out.Set(to, v)
		}
		return true
	})
	r, ok := out.Interface().(*runpb.Revision)
	if !ok {
		panic("a revision is no revision")
	}
	return r
}

// FuzzContent: the order of settings never counts, and each of them does.
func FuzzContent(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, uint8(seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, n uint8) {
		random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // repeatable, not secret
		var env []*runpb.EnvVar
		for i := range int(n%12) + 1 {
			e := plain(fmt.Sprintf("S%d", i), fmt.Sprint(random.IntN(3)))
			if random.IntN(3) == 0 {
				e = secret(e.GetName(), []string{"a", "projects/demo/secrets/a", "projects/q/secrets/a"}[random.IntN(3)], fmt.Sprint(random.IntN(3)))
			}
			env = append(env, e)
		}
		with := func(env []*runpb.EnvVar) string {
			out := template()
			out.Containers[0].Env = env
			return content(out, project)
		}
		want := with(env)
		random.Shuffle(len(env), func(i, j int) { env[i], env[j] = env[j], env[i] })
		if with(env) != want {
			t.Fatalf("in another order it has another content: %v", env)
		}
		i := random.IntN(len(env))
		other := slices.Clone(env)
		other[i] = plain(env[i].GetName(), "something else")
		if with(other) == want {
			t.Fatalf("another %v makes no difference", env[i])
		}
		if with(slices.Delete(other, i, i+1)) == want {
			t.Fatalf("that %v is gone makes no difference", env[i])
		}
	})
}

// TestEmptySetting: the API may hold an empty value as none.
func TestEmptySetting(t *testing.T) {
	a, b, c := template(), template(), template()
	a.Containers[0].Env = []*runpb.EnvVar{plain("A", "")}
	b.Containers[0].Env = []*runpb.EnvVar{{Name: "A"}}
	c.Containers[0].Env = nil
	if content(a, project) != content(b, project) {
		t.Error("an empty value and none are two contents")
	}
	if content(a, project) == content(c, project) {
		t.Error("an empty setting is the same as none")
	}
}
