package aws

import (
	"errors"
	"fmt"
	"maps"
)

// A FunctionSpec is a function that a test makes without asking for a role, S3 or
// a registry. It is Active at once.
type FunctionSpec struct {
	Name        string
	Zip         []byte // an archive; any bytes do
	Image       string // or a container image, with its digest
	Environment map[string]string
	Role        string // "" is a role of the account named "lambda"
	DeadLetters string
	Tags        map[string]string
}

// CreateFunction makes a function in the sandbox's region, with $LATEST alone.
func (s *Sandbox) CreateFunction(spec FunctionSpec) error {
	settings := defaults(spec.Name)
	settings["Role"] = spec.Role
	if spec.Role == "" {
		settings["Role"] = "arn:aws:iam::" + s.account + ":role/lambda"
	}
	c := zipped(spec.Zip)
	settings["PackageType"] = "Zip"
	if spec.Image != "" {
		settings["PackageType"] = "Image"
		_, digest, ok := cutDigest(spec.Image)
		if !ok {
			return fmt.Errorf("the image %s of a seeded function needs its digest", spec.Image)
		}
		c = code{Sha256: digest, image: spec.Image, digest: spec.Image}
	} else {
		settings["Runtime"], settings["Handler"] = "provided.al2023", "bootstrap"
	}
	if len(spec.Environment) > 0 {
		settings["Environment"] = map[string]any{"Variables": anys(spec.Environment)}
	}
	if spec.DeadLetters != "" {
		settings["DeadLetterConfig"] = map[string]any{"TargetArn": spec.DeadLetters}
	}
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.lambda.create(s.o.Region, spec.Name, settings, c, trouble{})
	if err != nil {
		return err
	}
	f.tags = map[string]string{}
	maps.Copy(f.tags, spec.Tags)
	f.latest.made.over = true
	return nil
}

func anys(m map[string]string) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// seeded finds a function for a method of a test. It must be called with mu held.
func (s *Sandbox) seeded(name string) (*lambdaFunction, error) {
	f := s.lambda.region(s.o.Region).functions[name]
	if f == nil {
		return nil, fmt.Errorf("no function %s in %s", name, s.o.Region)
	}
	s.lambda.settle(f)
	return f, nil
}

// Publish makes another version of a function, with this code and environment,
// and returns its number. It is Active, and $LATEST has the same, at once.
func (s *Sandbox) Publish(function string, zip []byte, environment map[string]string) (string, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.seeded(function)
	if err != nil {
		return "", err
	}
	next := *f.latest
	next.settings = maps.Clone(next.settings)
	if f.latest.code.image == "" {
		next.code = zipped(zip)
	}
	next.settings["Environment"] = map[string]any{"Variables": anys(environment)}
	next.revision, next.modified = s.lambda.revision(), s.now()
	f.latest = &next
	v := s.lambda.publish(f, "", trouble{})
	v.made.over = true
	return v.number, nil
}

// SetAlias is a foreign writer: it makes or moves an alias, with weights for
// versions beside the main one, nil for none.
func (s *Sandbox) SetAlias(function, aliasName, version string, weights map[string]float64) error {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.seeded(function)
	if err != nil {
		return err
	}
	next := &alias{name: aliasName, version: version, weights: maps.Clone(weights)}
	old := f.aliases[aliasName]
	if old != nil {
		next.description = old.description
	}
	if err := f.routable(next); err != nil {
		return err
	}
	if old == nil {
		next.revision = s.lambda.revision()
		f.aliases[aliasName] = next
		return nil
	}
	s.lambda.put(f, old, next, trouble{})
	return nil
}

// An AliasView is an alias as it is now.
type AliasView struct {
	Version, Description, RevisionID string
	Weights                          map[string]float64 // empty where one version takes everything
}

// Alias is an alias as it is now, and whether it is there.
func (s *Sandbox) Alias(function, aliasName string) (AliasView, bool) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.seeded(function)
	if err != nil || f.aliases[aliasName] == nil {
		return AliasView{}, false
	}
	a := f.aliases[aliasName]
	return AliasView{Version: a.version, Description: a.description, RevisionID: a.revision, Weights: maps.Clone(a.weights)}, true
}

// Describe sets an alias's description, as a person does by hand.
func (s *Sandbox) Describe(function, aliasName, description string) error {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.seeded(function)
	if err != nil {
		return err
	}
	old := f.aliases[aliasName]
	if old == nil {
		return fmt.Errorf("no alias %s of %s", aliasName, function)
	}
	next := *old
	next.description = description
	s.lambda.put(f, old, &next, trouble{})
	return nil
}

// Versions lists the numbers of a function's published versions.
func (s *Sandbox) Versions(function string) []string {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.seeded(function)
	if err != nil {
		return nil
	}
	var out []string
	for _, v := range f.versions {
		out = append(out, v.number)
	}
	return out
}

// DeleteFunction removes a function with everything that belongs to it.
func (s *Sandbox) DeleteFunction(function string) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	delete(s.lambda.region(s.o.Region).functions, function)
}

// DeleteVersion removes a version, even one that an alias points at: AWS refuses
// that, and yet a version can be gone when an alias is restored.
func (s *Sandbox) DeleteVersion(function, number string) error {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.seeded(function)
	if err != nil {
		return err
	}
	for i, v := range f.versions {
		if v.number == number {
			f.versions = append(f.versions[:i:i], f.versions[i+1:]...)
			return nil
		}
	}
	return fmt.Errorf("no version %s of %s", number, function)
}

// Handle gives a function its code; nil takes it away.
func (s *Sandbox) Handle(function string, run Handler) error {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.seeded(function)
	if err != nil {
		return err
	}
	f.run = run
	return nil
}

// SetBehaviour says how a version answers that has no Handler, from now on.
func (s *Sandbox) SetBehaviour(function, version string, b Behaviour) error {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.seeded(function)
	if err != nil {
		return err
	}
	f.behaviours[version] = b
	return nil
}

// Break makes the next change of its kind fail, when its time has come.
func (s *Sandbox) Break(function string, b Break) error {
	if b.When == 0 || b.Code == "" {
		return errors.New("a Break needs When and a Code")
	}
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.seeded(function)
	if err != nil {
		return err
	}
	f.plans = append(f.plans, b)
	return nil
}

// Provision keeps concurrency warm for a version or an alias, at once.
func (s *Sandbox) Provision(function, qualifier string, n int) error {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.seeded(function)
	if err != nil {
		return err
	}
	if err := f.provisions(qualifier, n); err != nil {
		return err
	}
	f.provisioned[qualifier] = &provisioned{asked: n, had: n, changed: s.now()}
	return nil
}

// SeedShop makes the function shop with versions 1 and 2 and an alias live that
// points at the first. It returns the ARNs of the function and of the alias.
func (s *Sandbox) SeedShop() ([]string, error) {
	if err := s.CreateFunction(FunctionSpec{Name: "shop", Zip: []byte("v1")}); err != nil {
		return nil, err
	}
	for _, v := range []string{"1", "2"} {
		if _, err := s.Publish("shop", []byte("v"+v), map[string]string{"VERSION": v}); err != nil {
			return nil, err
		}
	}
	if err := s.SetAlias("shop", "live", "1", nil); err != nil {
		return nil, err
	}
	arn := s.lambda.arn(s.o.Region, "shop", "")
	return []string{arn, arn + ":live"}, nil
}
