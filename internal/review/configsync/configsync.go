package configsync

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Sort is what a place is.
type Sort string

// The sorts of places.
const (
	Dotenv     Sort = "dotenv"
	Workflow   Sort = "workflow"
	CloudBuild Sort = "cloud_build"
	Compose    Sort = "compose"
	Names      Sort = "names" // the names themselves, such as those of what runs
)

// Place is where settings are declared.
type Place struct {
	Name string // for people
	Sort Sort
	File string // for people; "" where there is none
	Text []byte
	// Names are those of Names.
	Names []string
	// Target is the service, job or function whose settings count, where a place
	// has several; "" where it has one.
	Target string
	// Provides says what runs it: "cloud_run", "lambda" and "ecs" give settings of
	// their own. "" is to be told from the place.
	Provides string
}

// Allow is an exception: a name that need not be somewhere, or may be.
type Allow struct {
	Name, Place string // Place "" is any
	Reason      string
}

// Question is what is to be compared.
type Question struct {
	// Needs are the names that the app needs, and by whom that is said.
	Needs  []Need
	Places []Place
	Allow  []Allow
}

// Need is a name, and where it is listed.
type Need struct {
	Name, File string
	Line       int
}

// Status is what is known of one name in one place.
type Status string

// The statuses. Declared, Provided and Allowed are good; Unused warns.
const (
	Declared Status = "declared"
	Provided Status = "provided"     // the platform gives it
	Missing  Status = "missing"      // it is needed, and is not there
	Broken   Status = "broken_chain" // it is there, and what it is to come from is not
	Unknown  Status = "unknown"      // nobody knows without running something
	Unused   Status = "unused"       // it is there, and nobody needs it
	Allowed  Status = "allowed"      // an exception is for it
)

// Entry is one name in one place.
type Entry struct {
	Name, Place string
	Status      Status
	File        string
	Line        int    // of the declaration, or of what keeps it from being known; 0 where there is none
	Secret      bool   // it comes from a secret
	Chain       string // where its value comes from: "KEY <- _KEY <- secrets.KEY"
	Why         string // what is wrong
	Add         string // the line to add, exactly as it would stand there
	Reason      string // of the exception
}

// Table is all names in all places, by name and then in the order of places.
type Table struct {
	Needed  []string
	Entries []Entry
	// Idle are exceptions that nothing needs.
	Idle []Allow
}

// Compare fills the table. It reads what it was given, and asks nobody. An error
// says which file is no such file as it was called.
func Compare(q Question) (Table, error) {
	var places []read
	for _, p := range q.Places {
		r, err := p.read()
		if err != nil {
			return Table{}, fmt.Errorf("%s: %w", p.Name, err)
		}
		places = append(places, r)
	}
	needed := map[string]Need{}
	for _, n := range q.Needs {
		if _, twice := needed[n.Name]; !twice {
			needed[n.Name] = n
		}
	}
	t := Table{Needed: slices.Sorted(maps.Keys(needed))}
	handed := passed(places)
	for _, r := range places {
		t.Entries = append(t.Entries, r.entries(t.Needed, handed)...)
	}
	t.plain()
	t.allow(q.Allow)
	slices.SortStableFunc(t.Entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return t, nil
}

// plain marks what is a secret in one place and plain text in another: whoever can
// read the one can read it there.
func (t *Table) plain() {
	secret := map[string]string{}
	for _, e := range t.Entries {
		if e.Secret {
			secret[e.Name] = e.Place
		}
	}
	for i := range t.Entries {
		e := &t.Entries[i]
		if at := secret[e.Name]; at != "" && !e.Secret && e.Status == Declared && e.Chain == literal && e.Place != at {
			e.Why = "it is a secret in " + at + ", and stands here in the clear"
		}
	}
}

func (t *Table) allow(allow []Allow) {
	for _, a := range allow {
		used := false
		for i := range t.Entries {
			e := &t.Entries[i]
			wrong := e.Status == Missing || e.Status == Broken || e.Status == Unknown || e.Status == Unused || e.Why != ""
			if wrong && e.Status != Allowed && e.Name == a.Name && (a.Place == "" || a.Place == e.Place) {
				e.Status, e.Reason, used = Allowed, a.Reason, true
			}
		}
		if !used {
			t.Idle = append(t.Idle, a)
		}
	}
}

// read is what stands in a place.
type read struct {
	Place
	targets  map[string]*target
	unknowns []unknown
	// supplies are substitutions that a workflow hands to a build, by name.
	supplies map[string]value
	hands    bool // it starts a build
	// wants are substitutions that a build uses, and where; has those that it
	// sets itself; loose that it may be handed others.
	wants map[string]int
	has   map[string]int
	loose bool
}

// target is one service, job or function, and what is set for it.
type target struct {
	settings map[string]value
	unknowns []unknown
	// form is how a line is added, with KEY for the name.
	form string
	line int
}

// value is where a setting comes from.
type value struct {
	line   int
	secret bool
	from   string   // literal, secrets.KEY, …
	refs   []string // substitutions that it is made of
	wrong  string   // what it needs and nobody supplies
	opaque string   // why nobody knows
}

// literal stands for a value that stands there.
const literal = "a value"

type unknown struct {
	line int
	why  string
}

func (r *read) target(name string) *target {
	if r.targets == nil {
		r.targets = map[string]*target{}
	}
	t := r.targets[name]
	if t == nil {
		t = &target{settings: map[string]value{}}
		r.targets[name] = t
	}
	return t
}

// largest is how large a file may be that a person writes.
const largest = 1 << 20

var (
	errLarge  = errors.New("it is larger than 1 MB")
	errGaveUp = errors.New("it cannot be read: the parser gave up")
)

func (p Place) read() (r read, err error) {
	defer func() {
		if recover() != nil {
			err = errGaveUp
		}
	}()
	if len(p.Text) > largest {
		return r, errLarge
	}
	r = read{Place: p}
	switch p.Sort {
	case Dotenv:
		err = r.dotenv()
	case Workflow:
		err = r.workflow()
	case CloudBuild:
		err = r.cloudBuild()
	case Compose:
		err = r.compose()
	case Names:
		t := r.target(p.Target)
		for _, n := range p.Names {
			t.settings[n] = value{from: literal}
		}
	default:
		err = fmt.Errorf("%q is no sort of place", p.Sort)
	}
	return r, err
}

// chosen is the target that counts, or why there is none.
func (r *read) chosen() (*target, string) {
	names := slices.Sorted(maps.Keys(r.targets))
	switch {
	case r.Target != "" && r.targets[r.Target] != nil:
		return r.targets[r.Target], ""
	case r.Target != "" && len(r.unknowns) == 0 && len(names) > 0:
		return nil, fmt.Sprintf("it sets up %s, and not %s", strings.Join(names, ", "), r.Target)
	case r.Target == "" && len(names) == 1:
		return r.targets[names[0]], ""
	case r.Target == "" && len(names) > 1:
		return nil, "it sets up " + strings.Join(names, ", ") + ": say in target which one counts"
	case len(r.unknowns) > 0:
		return nil, r.unknowns[0].why
	}
	return nil, "nothing in it is understood as setting up an app"
}

// handing are all substitutions that workflows hand to builds.
type handing struct {
	by     map[string]value
	place  map[string]string
	any    bool
	opaque []unknown
}

// passed gathers them. A build that no workflow here starts is started by a
// trigger, of which nobody knows what it hands over.
func passed(places []read) handing {
	h := handing{by: map[string]value{}, place: map[string]string{}}
	for _, r := range places {
		if !r.hands {
			continue
		}
		h.any = true
		h.opaque = append(h.opaque, r.unknowns...)
		for name, v := range r.supplies {
			h.by[name], h.place[name] = v, r.Name
		}
	}
	return h
}

// entries are the lines of the table for one place.
func (r *read) entries(needed []string, h handing) []Entry {
	var out []Entry
	add := func(e Entry) {
		e.Place, e.File = r.Name, r.File
		out = append(out, e)
	}
	if r.Sort == CloudBuild {
		r.substitutions(h, add)
	}
	if r.Sort == Workflow && r.hands && len(r.targets) == 0 {
		return out // it only starts a build, which sets up the app
	}
	t, why := r.chosen()
	if t == nil {
		for _, n := range needed {
			line := 0
			if len(r.unknowns) > 0 {
				line = r.unknowns[0].line
			}
			add(Entry{Name: n, Status: Unknown, Why: why, Line: line})
		}
		return out
	}
	for _, n := range needed {
		if v, there := t.settings[n]; there {
			add(r.declared(n, v, h))
		} else {
			add(r.undeclared(n, t))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(t.settings)) {
		if !slices.Contains(needed, n) {
			e := r.declared(n, t.settings[n], h)
			if e.Status == Declared {
				e.Status, e.Why = Unused, "nobody needs it"
			}
			add(e)
		}
	}
	return out
}

// undeclared is a setting that is not seen in a place.
func (r *read) undeclared(name string, t *target) Entry {
	unknowns := append(slices.Clone(t.unknowns), r.unknowns...)
	switch {
	case provides(r.Provides, name):
		return Entry{Name: name, Status: Provided}
	case len(unknowns) > 0:
		return Entry{Name: name, Status: Unknown, Line: unknowns[0].line, Why: unknowns[0].why}
	}
	return Entry{Name: name, Status: Missing, Line: t.line, Why: "it is not set here", Add: strings.ReplaceAll(t.form, "KEY", name)}
}

// declared is a setting that is there, and whether what it comes from is.
func (r *read) declared(name string, v value, h handing) Entry {
	e := Entry{Name: name, Status: Declared, Line: v.line, Secret: v.secret, Chain: v.from}
	for _, ref := range v.refs {
		e.Chain = name + " <- " + ref
		if _, own := r.has[ref]; own {
			continue
		}
		from, handed := h.by[ref]
		switch {
		case handed:
			e.Chain += " <- " + from.from
			e.Secret = e.Secret || from.secret
			v.wrong, v.opaque = first(v.wrong, from.wrong), first(v.opaque, from.opaque)
		case !h.any:
			v.opaque = first(v.opaque, "a trigger may hand over "+ref+", and nobody here starts the build")
		case len(h.opaque) > 0:
			v.opaque = first(v.opaque, h.opaque[0].why)
		default:
			v.wrong = first(v.wrong, "nobody hands over "+ref)
		}
	}
	switch {
	case v.wrong != "":
		e.Status, e.Why = Broken, v.wrong
	case v.opaque != "":
		e.Status, e.Why = Unknown, v.opaque
	}
	return e
}

// substitutions are those that somebody hands over and the build does not use:
// Cloud Build refuses the build then.
// https://cloud.google.com/build/docs/build-config-file-schema#substitutions
func (r *read) substitutions(h handing, add func(Entry)) {
	if r.loose {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(h.by)) {
		_, own := r.has[name]
		if _, used := r.wants[name]; used || own || !strings.HasPrefix(name, "_") {
			continue
		}
		add(Entry{Name: name, Status: Broken, Why: h.place[name] + " hands it over, and the build does not use it: Cloud Build refuses such a build"})
	}
	for _, name := range slices.Sorted(maps.Keys(r.wants)) {
		_, own := r.has[name]
		if _, handed := h.by[name]; handed || own || !h.any || len(h.opaque) > 0 {
			continue
		}
		add(Entry{Name: name, Status: Broken, Line: r.wants[name], Why: "the build uses it, and nobody hands it over"})
	}
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// provides tells the settings that a platform gives by itself.
// https://cloud.google.com/run/docs/container-contract#env-vars
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
func provides(platform, name string) bool {
	switch platform {
	case "cloud_run":
		return slices.Contains([]string{
			"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION", "CLOUD_RUN_JOB", "CLOUD_RUN_EXECUTION", "CLOUD_RUN_TASK_INDEX", "CLOUD_RUN_TASK_ATTEMPT", "CLOUD_RUN_TASK_COUNT",
		}, name)
	case "lambda":
		return slices.Contains([]string{
			"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
			"AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
			"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
		}, name)
	case "ecs": // whether there is a region depends on where tasks run
		return slices.Contains([]string{"ECS_CONTAINER_METADATA_URI", "ECS_CONTAINER_METADATA_URI_V4", "AWS_EXECUTION_ENV"}, name)
	}
	return false
}
