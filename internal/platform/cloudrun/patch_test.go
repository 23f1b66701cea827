package cloudrun

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/proto"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Settings are written here as people say them: "A=1", "KEY from key:3".

func settingsIn(t *testing.T, lines ...string) []*runpb.EnvVar {
	t.Helper()
	var out []*runpb.EnvVar
	for _, line := range lines {
		if name, ref, ok := strings.Cut(line, " from "); ok {
			of, version, _ := strings.Cut(ref, ":")
			out = append(out, secret(name, of, version))
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		out = append(out, plain(name, value))
	}
	return out
}

func settingsSaid(env []*runpb.EnvVar) []string {
	out := []string{}
	for _, e := range env {
		if ref := e.GetValueSource().GetSecretKeyRef(); ref != nil {
			out = append(out, e.GetName()+" from "+ref.GetSecret()+":"+ref.GetVersion())
		} else {
			out = append(out, e.GetName()+"="+e.GetValue())
		}
	}
	return out
}

func TestPatch(t *testing.T) {
	key := func(version string) map[string]secretRef {
		return map[string]secretRef{"KEY": {project, "key", version}}
	}
	for name, c := range map[string]struct {
		live          []string // settings of the template
		remembered    string   // of which are ours
		command, args []string // of the template
		wish          wish
		want          []string
		wantNoted     string
		wantCommand   []string
		wantArgs      []string
	}{
		"nothing but an image": {
			live: []string{"B=2", "A=1"}, command: []string{"/app"}, args: []string{"-v"},
			want: []string{"B=2", "A=1"}, wantCommand: []string{"/app"}, wantArgs: []string{"-v"},
		},
		"ours stand behind, sorted": {
			live: []string{"Z=1"}, wish: wish{env: map[string]string{"C": "3", "A": "1"}, secrets: key("3")},
			want: []string{"Z=1", "A=1", "C=3", "KEY from key:3"}, wantNoted: "env=A,C,KEY",
		},
		"what has our name is replaced where it stands": {
			live: []string{"Z=1", "A=old", "KEY=open", "B=2"}, wish: wish{env: map[string]string{"A": "new"}, secrets: key("3")},
			want: []string{"Z=1", "A=new", "KEY from key:3", "B=2"}, wantNoted: "env=A,KEY",
		},
		"what left the configuration leaves the template, and no more": {
			live: []string{"A=1", "KEY from key:3", "THEIRS from theirs:1", "B=2"}, remembered: "env=A,KEY", wish: wish{env: map[string]string{"C": "3"}},
			want: []string{"THEIRS from theirs:1", "B=2", "C=3"}, wantNoted: "env=C",
		},
		"nothing of ours is left": {
			live: []string{"A=1", "B=2"}, remembered: "env=A", want: []string{"B=2"},
		},
		"another version of a secret": {
			live: []string{"KEY from key:3"}, remembered: "env=KEY", wish: wish{secrets: key("4")},
			want: []string{"KEY from key:4"}, wantNoted: "env=KEY",
		},
		"what is remembered is sorted": {
			wish: wish{env: map[string]string{"Z": "1"}, secrets: key("3")},
			want: []string{"KEY from key:3", "Z=1"}, wantNoted: "env=KEY,Z",
		},
		"a secret of another project has its long name": {
			wish: wish{secrets: map[string]secretRef{"KEY": {"q", "key", "1"}}},
			want: []string{"KEY from projects/q/secrets/key:1"}, wantNoted: "env=KEY",
		},
		"command and arguments": {
			command: []string{"/old"}, wish: wish{command: []string{"/app"}, args: []string{"-v"}},
			want: []string{}, wantNoted: "command;args", wantCommand: []string{"/app"}, wantArgs: []string{"-v"},
		},
		"an empty command is a wish": {
			command: []string{"/old"}, args: []string{"-o"}, wish: wish{command: []string{}},
			want: []string{}, wantNoted: "command", wantArgs: []string{"-o"},
		},
		"command and arguments leave with the configuration": {
			command: []string{"/app"}, args: []string{"-v"}, remembered: "command;args", want: []string{},
		},
		"a command that was not ours stays": {
			command: []string{"/app"}, args: []string{"-v"}, remembered: "args", want: []string{}, wantCommand: []string{"/app"},
		},
		"arguments that were not ours stay": {
			command: []string{"/app"}, args: []string{"-v"}, remembered: "command", want: []string{}, wantArgs: []string{"-v"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			live := template()
			live.Annotations[againKey] = "api-00000-xyz"
			live.Containers[0].Env, live.Containers[0].Command, live.Containers[0].Args = settingsIn(t, c.live...), c.command, c.args
			if c.remembered != "" {
				live.Annotations[settingsKey] = c.remembered
			}
			before := proto.CloneOf(live)
			c.wish.image = "host/app@sha256:new"
			got, err := patch(live, c.wish, project)
			if err != nil {
				t.Fatal(err)
			}
			app := got.GetContainers()[0]
			if said := settingsSaid(app.GetEnv()); !slices.Equal(said, c.want) {
				t.Errorf("its settings are %q, want %q", said, c.want)
			}
			if app.GetImage() != c.wish.image || !slices.Equal(app.GetCommand(), c.wantCommand) || !slices.Equal(app.GetArgs(), c.wantArgs) {
				t.Errorf("it runs %s %q %q, want %q %q", app.GetImage(), app.GetCommand(), app.GetArgs(), c.wantCommand, c.wantArgs)
			}
			noted := map[string]string{"note": "x"} // somebody's, which stays
			if c.wantNoted != "" {
				noted[settingsKey] = c.wantNoted
			}
			if !maps.Equal(got.GetAnnotations(), noted) {
				t.Errorf("its annotations are %v, want %v", got.GetAnnotations(), noted)
			}
			if !proto.Equal(live, before) {
				t.Error("what was read was changed")
			}
			// Everything else stays, but for the name, which is never echoed.
			before.Revision, before.Annotations, before.Containers[0] = "", got.GetAnnotations(), app
			if !proto.Equal(got, before) {
				t.Errorf("something else changed: %v", got)
			}
		})
	}
}

// TestPatchedContainer: the one that requests reach.
func TestPatchedContainer(t *testing.T) {
	port := []*runpb.ContainerPort{{ContainerPort: 8080}}
	for name, c := range map[string]struct {
		containers []*runpb.Container
		want       int
	}{
		"the only one":          {[]*runpb.Container{{Image: "a"}}, 0},
		"the one with a port":   {[]*runpb.Container{{Image: "a"}, {Image: "b", Ports: port}, {Image: "c"}}, 1},
		"the first, if no port": {[]*runpb.Container{{Image: "a"}, {Image: "b"}}, 0},
	} {
		got, err := patch(&runpb.RevisionTemplate{Containers: c.containers}, wish{image: "new", env: map[string]string{"A": "1"}}, project)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, k := range got.GetContainers() {
			if changed := k.GetImage() == "new" && len(k.GetEnv()) == 1; changed != (i == c.want) {
				t.Errorf("%s: number %d is %v", name, i, k)
			}
		}
		if got.GetAnnotations()[settingsKey] != "env=A" {
			t.Errorf("%s: a template without annotations has %v", name, got.GetAnnotations())
		}
	}
	for name, live := range map[string]*runpb.RevisionTemplate{"no container": {}, "no template": nil} {
		if _, err := patch(live, wish{}, project); !errors.Is(err, rollout.ErrInvalid) || err.Error() != "the platform refused the request: the service's template has no container" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOwnedSettingsAreRemembered(t *testing.T) {
	for _, o := range []owned{
		{}, {names: []string{"A"}}, {names: []string{"A", "B"}}, {command: true}, {args: true}, {names: []string{"A"}, command: true, args: true},
	} {
		if got := parseOwned(o.String()); !reflect.DeepEqual(got, o) {
			t.Errorf("%q reads as %+v, want %+v", o, got, o)
		}
	}
	for _, text := range []string{"something;newer=1", ";", "command2"} { // of a later version of this provider
		if got := parseOwned(text); !reflect.DeepEqual(got, owned{}) {
			t.Errorf("%q reads as %+v", text, got)
		}
	}
}

func TestEnvNames(t *testing.T) {
	got := envNames([]*runpb.Container{
		{Env: settingsIn(t, "B=secret", "A from key:1")}, {}, {Env: settingsIn(t, "C=1", "A=1")},
	})
	if want := []string{"A", "B", "C"}; !slices.Equal(got, want) {
		t.Errorf("the settings are %q, want %q", got, want)
	}
}
