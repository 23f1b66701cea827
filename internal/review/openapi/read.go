package openapi

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/load"
)

// most is how large a file of a description may be. The largest that are
// published, of whole clouds, have 10 MB.
const most = 32 << 20

// Document is one description of an API.
type Document struct {
	// Name is what messages call it: its path, or "live" where it is a text.
	Name string
	// Text is the description itself. nil: it is read from Files.
	Text []byte
	// Files is the folder of the description, in which File is its name.
	// References may lead to files in it, and nowhere else.
	Files fs.FS
	File  string
}

// Trouble is why nothing can be said of a description.
type Trouble int

// The troubles.
const (
	Unread      Trouble = iota + 1 // there is no such file, or it cannot be read
	Unparsed                       // it is no description, or a reference leads nowhere
	Swagger                        // it is in Swagger 2.0
	Version                        // it is in a version of OpenAPI that is not known
	Nothing                        // it describes no operation
	Outside                        // a reference leads out of its folder
	Uncompared                     // it can be read and not be compared
	UnknownRule                    // Severity or Allow name a rule that does not exist
)

// Error says which description it is about, and in what trouble.
type Error struct {
	Document string
	Trouble  Trouble
	Reason   string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Document, e.Reason) }

// errOutside is what a reference gets that leads out of the folder.
var errOutside = errors.New("leads out of the folder of the description")

// read loads a description with everything that it refers to.
func (d Document) read() (spec *load.SpecInfo, err error) {
	defer func() {
		if p := recover(); p != nil {
			spec, err = nil, d.wrong(Unparsed, fmt.Sprint("the parser gave up: ", p))
		}
	}()
	text := d.Text
	if text == nil {
		if text, err = slurp(d.Files, d.File); err != nil {
			return nil, d.wrong(Unread, plain(err))
		}
	}
	loader := openapi3.NewLoader()
	loader.IncludeOrigin = true // lines; only YAML has them
	loader.IsExternalRefsAllowed = d.Files != nil
	loader.ReadFromURIFunc = func(_ *openapi3.Loader, at *url.URL) ([]byte, error) { return d.follow(at) }
	spec, err = load.NewSpecInfoFromData(loader, text, d.at())
	switch {
	case errors.Is(err, errOutside):
		return nil, d.wrong(Outside, err.Error())
	case err != nil:
		return nil, d.wrong(Unparsed, err.Error())
	}
	return spec, d.known(spec.Spec)
}

func (d Document) wrong(t Trouble, reason string) error {
	return &Error{Document: d.Name, Trouble: t, Reason: reason}
}

// at is what the loader takes for the path of the description.
func (d Document) at() string {
	if d.Text != nil {
		return d.Name
	}
	return d.File
}

// follow reads what a reference leads to.
func (d Document) follow(at *url.URL) ([]byte, error) {
	name := path.Clean(at.Path)
	if d.Files == nil || at.Scheme != "" || at.Host != "" || !fs.ValidPath(name) {
		return nil, fmt.Errorf("the reference %q %w", at.String(), errOutside)
	}
	return slurp(d.Files, name)
}

// slurp reads a file that is not too large.
func slurp(from fs.FS, name string) ([]byte, error) {
	f, err := from.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open it: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fmt.Errorf("read it: %w", err)
	}
	if len(text) > most {
		return nil, fmt.Errorf("%s is larger than %d MB", name, most>>20)
	}
	return text, nil
}

// plain is an error of a file system, without the path that messages have
// anyway.
func plain(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// known refuses what would be compared without being understood: a description
// in another language has no operations that oasdiff sees, and so no findings.
func (d Document) known(spec *openapi3.T) error {
	_, swagger := spec.Extensions["swagger"]
	version := spec.OpenAPI
	switch {
	case swagger && version == "":
		return d.wrong(Swagger, "it is in Swagger 2.0")
	case version == "":
		return d.wrong(Unparsed, "it has no member openapi, which says the version")
	case !strings.HasPrefix(version, "3.0.") && !strings.HasPrefix(version, "3.1.") && !strings.HasPrefix(version, "3.2."):
		return d.wrong(Version, fmt.Sprintf("it is in OpenAPI %.20q", version))
	case len(operations(spec)) == 0:
		return d.wrong(Nothing, "it describes no operation")
	}
	return nil
}

// operation is one thing that can be asked of an API.
type operation struct{ method, path string }

// String is how a person writes it: GET /users/{id}.
func (o operation) String() string { return o.method + " " + o.path }

// operations lists those of a description, those that it calls itself included.
func operations(spec *openapi3.T) []operation {
	var out []operation
	for path, item := range spec.Paths.Map() {
		for method := range item.Operations() {
			out = append(out, operation{method, path})
		}
	}
	for name, item := range spec.Webhooks {
		for method := range item.Operations() {
			out = append(out, operation{method, "webhook:" + name})
		}
	}
	return out
}
